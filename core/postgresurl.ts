/**
 * Rewrites a database URL so that the driver treats `sslmode` as libpq does: `require` encrypts, `verify-ca` also
 * checks the authority, and `verify-full` the host name. By default the driver treats all of them as `verify-full` and
 * prints a warning.
 *
 * @param url `postgres://user:password@host:port/database`, optionally with `?sslmode=...&sslrootcert=...`.
 */
export function asLibpqMeans(url: string): string {
  if (!/[?&]sslmode=/.test(url) || /[?&]uselibpqcompat=/.test(url)) return url;
  return `${url}&uselibpqcompat=true`;
}
