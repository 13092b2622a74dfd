/** What the requests of a test carry, from the same settings that k6 takes it from. */
import { readFileSync } from "node:fs";
import { readHeaders, readTokenAnswer, readTokens } from "../../core/access.ts";
import { withoutCredentials } from "../../core/redaction.ts";
import { type AccessSettings, givenOf, unfitness } from "../../systems/access.ts";
import { runTokenCommand } from "../token-command.ts";
import { ask, type Credentials } from "./request.ts";

/**
 * Reads files and gets a token, where the settings say so.
 *
 * @param prefix what the test's variables begin with, e.g. `WS`.
 * @throws an error in one line that names the variable.
 */
export async function credentialsOf(settings: object, prefix: string): Promise<Credentials> {
  const given = givenOf(settings, prefix);
  const read = (name: "HEADERS_FILE" | "TOKENS" | "CERT" | "KEY" | "CA") => {
    const file = given[name];
    if (file === undefined) return undefined;
    try {
      return readFileSync(file, "utf8");
    } catch (problem) {
      throw new Error(`${prefix}_${name}=${file}: cannot be read (${(problem as NodeJS.ErrnoException).code})`);
    }
  };
  const [cert, key, ca] = [read("CERT"), read("KEY"), read("CA")];
  const tls = {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
    ...(given.INSECURE === true ? ({ rejectUnauthorized: false } as const) : {}),
  };
  const headers = { ...readHeaders(read("HEADERS_FILE") ?? ""), ...given.HEADERS };
  const unfit = unfitness(given, prefix, headers);
  if (unfit !== null) throw new Error(unfit);
  const token = given.TOKEN ?? readTokens(read("TOKENS") ?? "")[0] ?? (await fetchToken(given, prefix, tls));
  const basic = given.BASIC === undefined ? undefined : Buffer.from(given.BASIC).toString("base64");
  return {
    headers: {
      ...headers,
      ...(given.COOKIES === undefined ? {} : { Cookie: given.COOKIES }),
      ...(basic === undefined ? {} : { Authorization: `Basic ${basic}` }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    tls,
  };
}

async function fetchToken(given: AccessSettings, prefix: string, tls: Credentials["tls"]): Promise<string | undefined> {
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
