import { beginningOf } from "./redaction.ts";

/** Whether a status means that the target rejects our credentials. */
export function refusesCredentials(status: number): boolean {
  return status === 401 || status === 403 || status === 407;
}

/**
 * The message for rejected credentials, with the names of the settings that change them.
 *
 * @param said the target's own words, where it gave any: a 403 may be about something else.
 */
export function describeRefusedCredentials(
  status: number,
  what: string,
  prefix: string,
  {
    challenge = "",
    others = [],
    said = "",
  }: { readonly challenge?: string; readonly others?: readonly string[]; readonly said?: string } = {},
): string {
  const word = { 401: "Unauthorized", 403: "Forbidden", 407: "Proxy Authentication Required" }[status] ?? "";
  const asked = challenge === "" ? "" : `, asks for ${challenge.split(/[\s,]/)[0]}`;
  const own = others.map((name) => `${name}, `).join("");
  return (
    `${what} is answered ${said === "" ? `${status} ${word}` : beginningOf(said)}${asked}: nothing was sent on; ` +
    `${said === "" || asked !== "" ? "" : "unless its words name another cause, "}give its credentials in ${own}${prefix}_TOKEN, ${prefix}_TOKEN_URL, ${prefix}_TOKEN_COMMAND, ${prefix}_BASIC, ${prefix}_HEADERS, ${prefix}_COOKIES or ${prefix}_CERT`
  );
}

/** Which variables to look at where the far end refused signatures, as its user's words have it; null where it did not. */
export function signatureHint(causes: readonly string[], secrets: readonly string[]): string | null {
  if (secrets.length === 0 || !causes.some((cause) => /\bsign(?:ature|ed)/i.test(cause))) return null;
  // A file with a key for its API and one for its webhooks has both.
  const ofSignatures = secrets.filter((name) => /SECRET|SIGN|HMAC|HOOK/i.test(name));
  const named = ofSignatures.length === 0 ? secrets : ofSignatures;
  return `look at ${named.join(", ")}: the sender must sign with the same, in the header that receive() reads`;
}
