import { encode } from "js-base64";
import { spellingsOf } from "./spelling.ts";

// A target may say whatever it likes, at any length: none of these looks at a part of a text again and again.

/**
 * Who logs in to a URL: all that stands before its last @, even where a password was not encoded. Only the first // of a
 * word looks as far as the end of the word.
 */
const LOGIN = /\/\/(?:(?<!\/\/\S*?\/\/)\S*|(?:(?!\/\/).)*)@/gs;

/** The same where the URL lost its scheme. */
const BARE_LOGIN = /(?<![^\s'"/])[^\s'"/][^\s'"/:]*:[^\s'"/]*@/g;

/** What follows the question mark of a URL, where tokens travel. */
const QUERY = /(?<=:\/\/[^\s"'?]*\?)[^\s"']+/g;

/** A shorter one is a part of too many words. */
const SHORTEST_SECRET = 6;
/** Tokens that are renewed go on and on; who repeats an old one repeats one of the last. */
const MOST_SECRETS = 200;

interface Secret {
  readonly text: string;
  readonly pattern: RegExp;
}

/** What this process was told for good and must not repeat, even where a target does. */
let secrets: readonly Secret[] = [];
/** What is told anew again and again: the latest last. */
let renewed: readonly Secret[] = [];
/** All of them, the longest first: one may be a part of another. */
let longestFirst: readonly Secret[] = [];

/** From now on no text of {@link withoutCredentials} shows these, however they are spelled. */
export function hide(...told: readonly string[]): void {
  const fresh = newOf(told, secrets);
  if (fresh.length > 0) keep([...secrets, ...fresh], renewed);
}

/** The same of what others follow: the last of them stay hidden. */
export function hideRenewed(token: string): void {
  const fresh = newOf([token], longestFirst);
  if (fresh.length > 0) keep(secrets, [...renewed, ...fresh].slice(-MOST_SECRETS));
}

/** Forgets what was hidden: a test that shares its process with others begins without their secrets. */
export function forgetSecrets(): void {
  keep([], []);
}

/** Those that are not hidden yet. */
function newOf(told: readonly string[], known: readonly Secret[]): readonly Secret[] {
  const isKnown = (one: string) => known.some(({ text }) => text === one);
  const fresh = new Set(told.filter((one) => one.length >= SHORTEST_SECRET && !isKnown(one)));
  return [...fresh].map((text) => ({ text, pattern: spellingsOf(text) }));
}

function keep(forGood: readonly Secret[], lately: readonly Secret[]): void {
  secrets = forGood;
  renewed = lately;
  longestFirst = [...forGood, ...lately].sort((one, other) => other.text.length - one.text.length);
}

/** What a header, a field of a query or one of a form is called that says who we are. */
const SECRET_NAME = /auth|key|token|secret|pass|pwd|cred|sig|cookie|session|jwt|assertion/i;

/** The values of headers, or of fields, whose names say that they are secrets. */
export function secretValues(pairs: Iterable<readonly [string, string]>): readonly string[] {
  return [...pairs].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
}

/** The secrets in a query or a form, as they are meant. */
export function secretsInQuery(query: string): readonly string[] {
  const pairs = query.split("&").map((pair): [string, string] => {
    const sign = pair.indexOf("=");
    return sign < 0 ? [pair, ""] : [pair.slice(0, sign), meant(pair.slice(sign + 1).replaceAll("+", " "))];
  });
  return secretValues(pairs);
}

/**
 * The secrets in a URL: its password as it is written and as it is meant, the login as HTTP sends it, a token
 * instead of a login, and what its query says of who we are.
 */
export function secretsInUrl(url: string): readonly string[] {
  const [, user = "", password] = /^[a-z][a-z0-9+.-]*:\/\/([^:@/]*):(.*)@/is.exec(url) ?? [];
  const [, token] = /^(?:https?|wss?|nats|tls):\/\/([^:@/?#]+)@/i.exec(url) ?? [];
  const [, query = ""] = /:\/\/[^?#]*\?([^#]*)/.exec(url) ?? [];
  const login = password === undefined ? [] : [password, meant(password), encode(`${meant(user)}:${meant(password)}`)];
  return [...new Set([...login, ...(token === undefined ? [] : [token, meant(token)]), ...secretsInQuery(query)])];
}

/** What is written in percent signs; a text as it is where that is none. */
function meant(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/**
 * A text in which no URL shows a user, a password or its query, and nothing that was to be hidden: for messages, logs
 * and records.
 */
export function withoutCredentials(text: string): string {
  const concealed = longestFirst.reduce((rest, { pattern }) => rest.replace(pattern, "(hidden)"), text);
  return concealed.replace(LOGIN, "//(hidden)@").replace(BARE_LOGIN, "(hidden)@").replace(QUERY, "(hidden)");
}

/** What an exception says, whatever was thrown, without the credentials in it. */
export function saidBy(problem: unknown): string {
  return withoutCredentials(problem instanceof Error ? problem.message : String(problem));
}

/** A text on one line, short enough for a message: control characters are written out. */
export function onOneLine(text: string, longest = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const written = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return written.length > longest ? `${written.slice(0, longest)}...` : written;
}
