/** Who logs in to a URL: all that stands before its last @, even where a password was not encoded. */
const LOGIN = /\/\/(?:\S*|(?:(?!\/\/).)*)@/gs;

/** The same where the URL lost its scheme. */
const BARE_LOGIN = /[^\s'"/]+:[^\s'"/]*@/g;

/** What follows the question mark of a URL, where tokens travel. */
const QUERY = /(:\/\/[^\s"'?]*\?)[^\s"']+/g;

/** A shorter one is a part of too many words. */
const SHORTEST_SECRET = 6;
/** Tokens that are renewed go on and on; who repeats an old one repeats one of the last. */
const MOST_SECRETS = 200;

/** What this process was told for good and must not repeat, even where a target does. */
let secrets: readonly string[] = [];
/** What is told anew again and again: the latest last. */
let renewed: readonly string[] = [];
/** All of them, the longest first: one may be a part of another. */
let longestFirst: readonly string[] = [];

/** From now on no text of {@link withoutCredentials} shows these, as they are, in a URL, or in JSON. */
export function hide(...told: readonly string[]): void {
  const fresh = formsOf(told).filter((form) => !secrets.includes(form));
  if (fresh.length > 0) keep([...secrets, ...fresh], renewed);
}

/** The same of what others follow: the last of them stay hidden. */
export function hideRenewed(token: string): void {
  const fresh = formsOf([token]).filter((form) => !secrets.includes(form) && !renewed.includes(form));
  if (fresh.length > 0) keep(secrets, [...renewed, ...fresh].slice(-MOST_SECRETS));
}

/** Forgets what was hidden: a test that shares its process with others begins without their secrets. */
export function forgetSecrets(): void {
  keep([], []);
}

function formsOf(told: readonly string[]): readonly string[] {
  const forms = told.flatMap((secret) => [secret, inUrl(secret), JSON.stringify(secret).slice(1, -1)]);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST_SECRET);
}

function keep(forGood: readonly string[], lately: readonly string[]): void {
  secrets = forGood;
  renewed = lately;
  longestFirst = [...forGood, ...lately].sort((one, other) => other.length - one.length);
}

/** Half a character, which no URL can carry, is written as the replacement character. */
function inUrl(secret: string): string {
  return encodeURIComponent(secret.replace(/\p{Surrogate}/gu, "\ufffd"));
}

/** The password in a URL, as it is written there and as it is meant; none where there is none. */
export function passwordIn(url: string): readonly string[] {
  const [, password] = /^[a-z][a-z0-9+.-]*:\/\/[^:@/]*:(.*)@/s.exec(url) ?? [];
  if (password === undefined) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/**
 * A text in which no URL shows a user, a password or its query, and nothing that was to be hidden: for messages, logs
 * and records.
 */
export function withoutCredentials(text: string): string {
  const concealed = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "(hidden)"), text);
  return concealed.replace(LOGIN, "//(hidden)@").replace(BARE_LOGIN, "(hidden)@").replace(QUERY, "$1(hidden)");
}

/** What an exception says, whatever was thrown, without the credentials in it. */
export function saidBy(problem: unknown): string {
  return withoutCredentials(problem instanceof Error ? problem.message : String(problem));
}

/** What a parser of command lines complains about, on one line and without what may be a secret in it. */
export function withoutArguments(complaint: string): string {
  const nameless = complaint.replace(/(unknown option '-[^=']*=)[^']*'/g, "$1(hidden)'");
  return onOneLine(withoutCredentials(nameless.trimEnd()), 1_000);
}

/** A text on one line, short enough for a message: control characters are written out. */
export function onOneLine(text: string, longest = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const written = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return written.length > longest ? `${written.slice(0, longest)}...` : written;
}
