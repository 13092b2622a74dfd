/**
 * Matches a text in all forms in which programs write it: plain, percent-encoded, or escaped for JSON, HTML or a log.
 */

/** Characters that are never escaped. */
const PLAIN = /^[\w-]$/;
/** Special characters of regular expressions. */
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;
/** Named HTML entities. */
const ENTITIES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };
const CONTROLS: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t" };

/**
 * A series of backslashes, as repeated escaping makes them. The alternatives exclude each other, so that matching takes
 * linear time.
 */
const BACKSLASHES = String.raw`(?:\\(?:u005[cC])?|%5[cC]|&#(?:0*92|[xX]0*5[cC]);)+`;

/** This many characters identify a long text. */
const HEAD = 24;

/**
 * A pattern for a text in every spelling, character by character, because programs escape differently. For long texts
 * it also matches the beginning alone: the reason of a close frame holds only 123 bytes of a token.
 */
export function spellingsOf(text: string): RegExp {
  const pieces = text.match(/\\+|[^\\]/gu) ?? [];
  const characters = pieces.map((piece, place) => {
    return piece.startsWith("\\") ? BACKSLASHES : spellingsOfCharacter(piece, pieces[place - 1]?.startsWith("\\"));
  });
  const [head, rest] = [characters.slice(0, HEAD).join(""), characters.slice(HEAD).join("")];
  return new RegExp(rest === "" ? head : `${head}(?:${rest}|[^\\s"'<>&,;]*)`, "g");
}

function spellingsOfCharacter(character: string, isAfterBackslash = false): string {
  if (PLAIN.test(character)) return character;
  const units = character.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  const encoded = encodeURIComponent(character.replace(/\p{Surrogate}/gu, "\ufffd"));
  // A log may escape a text that is already escaped. After a backslash in the text, its own pattern has matched those.
  const [any, some] = isAfterBackslash ? ["", "\\\\"] : ["\\\\*", "\\\\+"];
  const spellings = [
    `${any}${character.replace(SYNTAX, "\\$&")}`,
    anyCase(encoded.length > 1 ? encoded : `%${units.join("").slice(-2)}`),
    `${some}u${units.map(anyCase).join("\\\\+u")}`,
    `&#(?:0*${character.codePointAt(0)}|[xX]0*${anyCase(character.codePointAt(0)?.toString(16) ?? "")});`,
  ];
  if (character === " ") spellings.push("\\+");
  if (character in ENTITIES) spellings.push(`&${ENTITIES[character]};`);
  if (character in CONTROLS) spellings.push(`${some}${CONTROLS[character]}`);
  return `(?:${spellings.join("|")})`;
}

/** A pattern for hexadecimal digits in either case. */
function anyCase(hex: string): string {
  return hex.replace(/[a-f]/gi, (digit) => `[${digit.toLowerCase()}${digit.toUpperCase()}]`);
}
