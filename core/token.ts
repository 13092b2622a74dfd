/**
 * How tokens are written in settings and in the answer of their address. Pure. Schemas are made when they are asked for:
 * thousands of virtual users need none.
 */
import * as v from "valibot";
import { once } from "./once.ts";

/** A token with its lifetime in seconds; null where unknown. */
export interface Token {
  readonly token: string;
  readonly lasts: number | null;
}

/** Parses a bearer token: one word. */
export function readToken(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text.trim()) ? text.trim() : undefined;
}

/** The tokens of a file, one per line; empty lines and comments are ignored. */
export function readTokens(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => line.trim());
}

const claimsSchema = once(() => v.looseObject({ exp: v.pipe(v.number(), v.finite()) }));

/**
 * When a token ends by what it says itself, in Unix seconds: the claim `exp` of a JSON Web Token (RFC 7519). Nothing
 * is verified, that is the target's part.
 *
 * @param decoded reads base64url (RFC 4648) as UTF-8: k6 and Node do so each in their way, and a library would be 49 KB
 * in each virtual user.
 * @returns null for any other token.
 */
export function endOf(token: string, decoded: (base64url: string) => string): number | null {
  const [, claims] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  if (claims === undefined) return null;
  try {
    const parsed = v.safeParse(claimsSchema(), JSON.parse(decoded(claims)));
    return parsed.success ? parsed.output.exp : null;
  } catch {
    return null;
  }
}

const tokenSchema = once(() =>
  v.pipe(
    v.looseObject({
      access_token: v.optional(v.string()),
      token: v.optional(v.string()),
      expires_in: v.nullish(v.pipe(v.union([v.number(), v.string()]), v.transform(Number))),
    }),
    v.transform(({ access_token, token, expires_in }) => ({ token: access_token ?? token, lasts: expires_in ?? null })),
  ),
);

/** The error codes of OAuth 2 (RFC 6749), and short words like them: never a value. */
const failureSchema = once(() =>
  v.looseObject({ error: v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9_ .:-]{0,199}$/)) }),
);

/** Why no token was issued, in the words of its address. */
function failureIn(body: string): string {
  try {
    const parsed = v.safeParse(failureSchema(), JSON.parse(body));
    return parsed.success ? `, ${parsed.output.error}` : "";
  } catch {
    return "";
  }
}

/**
 * Reads what a token's address answers: JSON with `access_token` or `token` and perhaps `expires_in`, as OAuth 2
 * has it, or the bare token.
 *
 * @returns what is wrong as a text, which never repeats the answer but for the code of its error.
 */
export function readTokenAnswer(status: number, body: string): Token | string {
  if (status < 200 || status > 299) return `status ${status}${failureIn(body)}`;
  if (!body.trimStart().startsWith("{")) {
    const token = readToken(body);
    return token === undefined
      ? "the answer is not a token: it is empty or has several words or lines"
      : { token, lasts: null };
  }
  let json: unknown = null;
  try {
    json = JSON.parse(body);
  } catch {
    return "the answer is not JSON";
  }
  const parsed = v.safeParse(tokenSchema(), json);
  const token = parsed.success ? readToken(parsed.output.token ?? "") : undefined;
  if (!parsed.success || token === undefined) return "the answer has no access_token or token";
  const { lasts } = parsed.output;
  if (lasts !== null && !(lasts > 0 && lasts < Number.POSITIVE_INFINITY))
    return "its expires_in is not a number above 0";
  return { token, lasts };
}
