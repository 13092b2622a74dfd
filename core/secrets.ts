/** Finds the secrets in what is given. Apart from redaction.ts, which each virtual user needs: this is for settings. */
import { encode } from "js-base64";

/** Names of headers, query fields and form fields with credentials. */
const SECRET_NAME = /auth|key|token|secret|pass|pwd|cred|sig|cookie|session|jwt|assertion/i;

/** The values of headers or fields whose names say that they are secrets. */
export function secretValues(pairs: Iterable<readonly [string, string]>): readonly string[] {
  return [...pairs].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
}

/** The decoded secrets in a query or a form. */
export function secretsInQuery(query: string): readonly string[] {
  const pairs = query.split("&").map((pair): [string, string] => {
    const sign = pair.indexOf("=");
    return sign < 0 ? [pair, ""] : [pair.slice(0, sign), decoded(pair.slice(sign + 1).replaceAll("+", " "))];
  });
  return secretValues(pairs);
}

/**
 * The secrets in a URL: its password, encoded and decoded, the login as HTTP sends it, a token instead of a login, and
 * credentials in its query.
 */
export function secretsInUrl(url: string): readonly string[] {
  const [, user = "", password] = /^[a-z][a-z0-9+.-]*:\/\/([^:@/]*):(.*)@/is.exec(url) ?? [];
  const [, token] = /^(?:https?|wss?|nats|tls):\/\/([^:@/?#]+)@/i.exec(url) ?? [];
  const [, query = ""] = /:\/\/[^?#]*\?([^#]*)/.exec(url) ?? [];
  const login =
    password === undefined ? [] : [password, decoded(password), encode(`${decoded(user)}:${decoded(password)}`)];
  return [...new Set([...login, ...(token === undefined ? [] : [token, decoded(token)]), ...secretsInQuery(query)])];
}

/** Decodes percent-encoding; invalid encodings stay unchanged. */
function decoded(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
