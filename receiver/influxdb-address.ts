/** Parses the address of an InfluxDB. Pure. */

interface Place {
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/** InfluxDB 1.x: `http://user:password@host:8086/database`. */
export interface Database extends Place {
  readonly name: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** InfluxDB 2: `http://any:token@host:8086/?org=...&bucket=...`. */
export interface Bucket extends Place {
  readonly org: string;
  readonly bucket: string;
  readonly token: string;
}

/** Parses an address; null when it is invalid. */
export function readInfluxdb(text: string): Database | Bucket | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  const [username, password] = [url.username, url.password].map(decoded);
  if (username == null || password == null) return null;
  const protocol = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? (protocol === "https" ? 443 : 8086) : Number(url.port);
  const place = { protocol, host: url.hostname, port } as const;
  if (url.search !== "") return readBucket(url, place, password);
  const [, path] = /^\/([^/]+)$/.exec(url.pathname) ?? [];
  const name = path === undefined ? null : decoded(path);
  if (name === null) return null;
  const orNothing = (given: string) => (given === "" ? undefined : given);
  return { ...place, name, username: orNothing(username), password: orNothing(password) };
}

function readBucket(url: URL, place: Place, token: string): Bucket | null {
  const { org = "", bucket = "", ...rest } = Object.fromEntries(url.searchParams);
  const isWhole = org !== "" && bucket !== "" && token !== "" && url.pathname === "/" && Object.keys(rest).length === 0;
  return isWhole ? { ...place, org, bucket, token } : null;
}

/** The address without credentials, for messages. */
export function shownAddress(given: Database | Bucket): string {
  const { protocol, host, port } = given;
  const path = "bucket" in given ? `?org=${given.org}&bucket=${given.bucket}` : given.name;
  return `${protocol}://${host}:${port}/${path}`;
}

/** Null for invalid percent-encoding. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
