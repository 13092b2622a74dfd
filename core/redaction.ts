/** Who logs in to a URL: all that stands before its last @, even where a password was not encoded. */
const LOGIN = /\/\/(?:\S*|(?:(?!\/\/).)*)@/gs;

/** The same where the URL lost its scheme. */
const BARE_LOGIN = /[^\s'"/]+:[^\s'"/]*@/g;

/** What follows the question mark of a URL, where tokens travel. */
const QUERY = /(:\/\/[^\s"'?]*\?)[^\s"']+/g;

/** A text in which no URL shows a user, a password or its query: for messages, logs and records. */
export function withoutCredentials(text: string): string {
  return text.replace(LOGIN, "//(hidden)@").replace(BARE_LOGIN, "(hidden)@").replace(QUERY, "$1(hidden)");
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
