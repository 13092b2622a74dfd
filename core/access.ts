/**
 * Who we say we are: how headers, cookies and tokens are written in settings, and when a token is to be renewed. Pure.
 * Schemas are made when they are asked for: thousands of virtual users need none.
 */

import { decode } from "js-base64";
import * as v from "valibot";
import { once } from "./once.ts";

/** Header names and the names of subprotocols and cookies, by RFC 9110. */
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** A header's value: no control characters, which could end it early. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/;

export type Headers = Readonly<Record<string, string>>;

/**
 * Reads headers: a JSON object of texts, or `Name: value` on a line each.
 *
 * @returns them by names as `X-Api-Key`; undefined when the text is neither.
 */
export function readHeaders(text: string): Headers | undefined {
  const pairs = text.trimStart().startsWith("{") ? pairsOfJson(text) : pairsOfLines(text);
  if (pairs === undefined || pairs.length === 0) return undefined;
  return pairs.every(([name, value]) => NAME.test(name) && VALUE.test(value)) ? headersOf(pairs) : undefined;
}

/**
 * Names differ by no case, and one may be given several times (RFC 9110): of `x-a` beside `X-A`, k6 would send either.
 */
function headersOf(pairs: readonly [string, string][]): Headers {
  const headers: Record<string, string> = {};
  for (const [given, value] of pairs) {
    const name = canonical(given);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === "Cookie" ? "; " : ", "}${value}`;
  }
  return headers;
}

/** A header's canonical name as in Go: X-Api-Key. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

function pairsOfJson(text: string): [string, string][] | undefined {
  try {
    const parsed = v.safeParse(v.record(v.string(), v.string()), JSON.parse(text));
    return parsed.success ? Object.entries(parsed.output) : undefined;
  } catch {
    return undefined;
  }
}

function pairsOfLines(text: string): [string, string][] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const pairs: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) return undefined;
    pairs.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return pairs;
}

/** Parses cookies as a browser sends them: `a=1; b=2`. */
export function readCookies(text: string): string | undefined {
  const pairs = text.split(";").map((pair) => pair.trim());
  const isPair = (pair: string) => NAME.test(pair.split("=")[0] as string) && pair.includes("=") && VALUE.test(pair);
  return pairs.every(isPair) ? pairs.join("; ") : undefined;
}

/** Parses comma-separated names, such as subprotocols. */
export function readNames(text: string): readonly string[] | undefined {
  const names = text.split(",").map((name) => name.trim());
  return names.every((name) => NAME.test(name)) ? names : undefined;
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

/** A token with its lifetime in seconds; null where unknown. */
export interface Token {
  readonly token: string;
  readonly lasts: number | null;
}

const claimsSchema = once(() => v.looseObject({ exp: v.pipe(v.number(), v.finite()) }));

/**
 * When a token ends by what it says itself, in Unix seconds: the claim `exp` of a JSON Web Token (RFC 7519). Nothing
 * is verified, that is the target's part.
 *
 * @returns null for any other token.
 */
export function endOf(token: string): number | null {
  const [, claims] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  if (claims === undefined) return null;
  try {
    const parsed = v.safeParse(claimsSchema(), JSON.parse(decode(claims)));
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

/** A token is renewed after this share of its life; the rest is for requests in flight. */
const RENEWED_AT = 0.8;
/** A connection that was opened with it is closed after this share, so that the target never has to close it. */
const LEFT_AT = 0.9;
/** Pause in ms before the next token after a failure, or after a new token was refused. */
const PAUSE_MS = 1_000;

/** The lifetime of a renewable token: when it must not be used any more. Times are Unix ms. */
export class Renewal {
  private readonly lasts: number | null;
  private current: string | null = null;
  private dueAt = Number.NEGATIVE_INFINITY;
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private leftAt = Number.POSITIVE_INFINITY;

  /** @param lasts lifetime in seconds if the answer does not say it; null where unknown. */
  constructor(lasts: number | null) {
    this.lasts = lasts;
  }

  get token(): string | null {
    return this.current;
  }

  /** When a connection with this token should close; infinite where unknown or past. */
  endsAt(now: number): number {
    return this.leftAt > now ? this.leftAt : Number.POSITIVE_INFINITY;
  }

  /** Whether to get the next token before anything else is sent. */
  isDue(now: number): boolean {
    return now >= this.dueAt;
  }

  /**
   * A token was requested at `askedAt` and received. Without a lifetime in the answer, the token itself may contain
   * one.
   */
  renewed({ token, lasts }: Token, askedAt: number): void {
    const seconds = lasts ?? this.lasts ?? secondsUntil(endOf(token), askedAt);
    this.current = token;
    this.fetchedAt = askedAt;
    const at = (share: number) => (seconds === null ? Number.POSITIVE_INFINITY : askedAt + seconds * 1000 * share);
    this.dueAt = at(RENEWED_AT);
    this.leftAt = at(LEFT_AT);
  }

  /** A token was requested and not received: the old one is used until the next attempt. */
  failed(now: number): void {
    this.dueAt = now + PAUSE_MS;
  }

  /** The target refused a token; ignored if it has been renewed since. */
  refused(token: string, now: number): void {
    if (token === this.current) this.dueAt = Math.min(this.dueAt, Math.max(now, this.fetchedAt + PAUSE_MS));
  }
}

/** Seconds until a time in Unix seconds; null for none, and for one that is past by our clock. */
function secondsUntil(end: number | null, now: number): number | null {
  const seconds = end === null ? 0 : end - now / 1000;
  return seconds > 0 ? seconds : null;
}

/** Whether a status means that the target rejects our credentials. */
export function isRefusedProof(status: number): boolean {
  return status === 401 || status === 403 || status === 407;
}

/** The message for rejected credentials, with the names of the settings that change them. */
export function refusedProof(
  status: number,
  what: string,
  prefix: string,
  { challenge = "", others = [] }: { readonly challenge?: string; readonly others?: readonly string[] } = {},
): string {
  const word = { 401: "Unauthorized", 403: "Forbidden", 407: "Proxy Authentication Required" }[status] ?? "";
  const asked = challenge === "" ? "" : `, asks for ${challenge.split(/[\s,]/)[0]}`;
  const own = others.map((name) => `${name}, `).join("");
  return (
    `${what} is answered ${status} ${word}${asked}: nothing was sent on; ` +
    `give its credentials in ${own}${prefix}_TOKEN, ${prefix}_TOKEN_URL, ${prefix}_TOKEN_COMMAND, ${prefix}_BASIC, ${prefix}_HEADERS, ${prefix}_COOKIES or ${prefix}_CERT`
  );
}
