import { messageOf } from "./problem.ts";
import { spellingsOf } from "./spelling.ts";

// Targets may send any text of any length, so each pattern must scan in linear time.

/**
 * The login in a URL: everything before the last @, even if a password was not encoded. Only the first // of a word
 * scans to its end.
 */
const LOGIN = /\/\/(?:(?<!\/\/\S*?\/\/)\S*|(?:(?!\/\/).)*)@/gs;

/** The same where the URL has lost its scheme. */
const BARE_LOGIN = /(?<![^\s'"/])[^\s'"/][^\s'"/:]*:[^\s'"/]*@/g;

/** The query of a URL, which may contain tokens. */
const QUERY = /(?<=:\/\/[^\s"'?]*\?)[^\s"']+/g;

/** Shorter secrets would match parts of too many words. */
const SHORTEST_SECRET = 6;
/** Renewed tokens accumulate without end; a target that repeats one repeats a recent one. */
const MOST_SECRETS = 200;

interface Secret {
  readonly text: string;
  readonly pattern: RegExp;
}

/** Secrets from settings, which must not be shown even if a target repeats them. */
let secrets: readonly Secret[] = [];
/** Renewed secrets, the latest last. */
let renewed: readonly Secret[] = [];
/** All of them, longest first, because one may be a part of another. */
let longestFirst: readonly Secret[] = [];

/** Hides secrets in all texts of {@link withoutCredentials}, in any spelling. */
export function hide(...values: readonly string[]): void {
  const fresh = newOf(values, secrets);
  if (fresh.length > 0) keep([...secrets, ...fresh], renewed);
}

/** Hides a renewed token; only the latest ones stay hidden. */
export function hideRenewed(token: string): void {
  const fresh = newOf([token], longestFirst);
  if (fresh.length > 0) keep(secrets, [...renewed, ...fresh].slice(-MOST_SECRETS));
}

/** The secrets that {@link hide} was told. */
export function hiddenSecrets(): readonly string[] {
  return secrets.map(({ text }) => text);
}

/** Forgets all secrets, for tests that share a process. */
export function forgetSecrets(): void {
  keep([], []);
}

/** The secrets that are not hidden yet. */
function newOf(values: readonly string[], known: readonly Secret[]): readonly Secret[] {
  const isKnown = (one: string) => known.some(({ text }) => text === one);
  const fresh = new Set(values.filter((one) => one.length >= SHORTEST_SECRET && !isKnown(one)));
  return [...fresh].map((text) => ({ text, pattern: spellingsOf(text) }));
}

function keep(forGood: readonly Secret[], lately: readonly Secret[]): void {
  secrets = forGood;
  renewed = lately;
  longestFirst = [...forGood, ...lately].sort((one, other) => other.text.length - one.text.length);
}

/** A text without logins and queries of URLs and without hidden secrets, for messages, logs and records. */
export function withoutCredentials(text: string): string {
  const concealed = longestFirst.reduce((rest, { pattern }) => rest.replace(pattern, "(hidden)"), text);
  return concealed.replace(LOGIN, "//(hidden)@").replace(BARE_LOGIN, "(hidden)@").replace(QUERY, "(hidden)");
}

/** A secret is found only where it is whole, and as a header it has up to 8 KB. */
const MOST_READ = 10_000;

/** The beginning of a text without credentials, where its whole would take long to look through. */
export function beginningOf(text: string, longest = MOST_READ): string {
  return withoutCredentials(text.slice(0, MOST_READ)).slice(0, longest);
}

/** Of a message; a damage() that quoted a body of 10 MB filled the terminal and every report with it. */
const LONGEST_MESSAGE = 2_000;
const LONGEST_SAID = 500;

/** The message of whatever was thrown, without credentials, control characters and what is too long to be read. */
export function safeMessageOf(problem: unknown): string {
  const lines = beginningOf(messageOf(problem)).split("\n");
  const text = lines.map((line) => onOneLine(line, LONGEST_MESSAGE)).join("\n");
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}...` : text;
}

/** What a target or somebody else's code said, in one line to be shown: without credentials and control characters. */
export function saidIn(text: string): string {
  return onOneLine(beginningOf(text), LONGEST_SAID);
}

/** A text on one line, shortened for a message; control characters are escaped. */
export function onOneLine(text: string, longest = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const written = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return written.length > longest ? `${written.slice(0, longest)}...` : written;
}
