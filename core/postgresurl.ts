/**
 * The URL of a database with `sslmode` as PostgreSQL's own clients mean it: `require` encrypts, `verify-ca` looks at the
 * authority as well, `verify-full` at the name too. The driver takes all of them for `verify-full`, and warns of that on
 * the screen, unless it is told so.
 *
 * @param url `postgres://user:password@host:port/database`, which may end in `?sslmode=...&sslrootcert=...`.
 */
export function asLibpqMeans(url: string): string {
  if (!/[?&]sslmode=/.test(url) || /[?&]uselibpqcompat=/.test(url)) return url;
  return `${url}&uselibpqcompat=true`;
}
