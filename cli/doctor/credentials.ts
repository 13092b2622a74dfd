/** The credentials of a test's requests, from the same settings as in k6. */

import type { TlsOptions } from "../../core/ownaccess.ts";
import { withoutCredentials } from "../../core/redaction.ts";
import { readTokenAnswer } from "../../core/token.ts";
import { type Credentials, readCredentials } from "../../receiver/credentials.ts";
import { type AccessSettings, givenOf } from "../../systems/access.ts";
import { runTokenCommand } from "../token-command.ts";
import { ask } from "./request.ts";

/**
 * Reads credential files, and fetches a token if the settings name an address for it.
 *
 * @param prefix prefix of the test's variables, e.g. `WS`.
 * @throws an error in one line that names the variable.
 */
export async function credentialsOf(settings: object, prefix: string): Promise<Credentials> {
  const given = givenOf(settings, prefix);
  const credentials = readCredentials(given, prefix);
  const token = await fetchToken(given, prefix, credentials.tls);
  if (token === undefined) return credentials;
  return { ...credentials, headers: { ...credentials.headers, Authorization: `Bearer ${token}` } };
}

async function fetchToken(given: AccessSettings, prefix: string, tls: TlsOptions): Promise<string | undefined> {
  const { TOKEN_URL: url, TOKEN_FORM: form, TOKEN_COMMAND: command } = given;
  if (command !== undefined) {
    const printed = await runTokenCommand(command);
    if (typeof printed !== "string") return printed.token;
    throw new Error(`${prefix}_TOKEN_COMMAND: no token comes: ${printed}`);
  }
  if (url === undefined) return undefined;
  const question =
    form === undefined ? {} : { method: "POST", body: form, contentType: "application/x-www-form-urlencoded" };
  const answer = await ask(url, { headers: {}, tls }, question);
  const token = typeof answer === "string" ? answer : readTokenAnswer(answer.status, answer.body);
  if (typeof token !== "string") return token.token;
  throw new Error(`${prefix}_TOKEN_URL=${withoutCredentials(url)}: no token comes: ${token}`);
}
