/** A text however a program writes it down: as it is, percent-encoded, or escaped for JSON, HTML or a log. */

/** Written in one way only. */
const PLAIN = /^[\w-]$/;
/** What means something in a pattern. */
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;
/** Names of HTML beside the numbers. */
const ENTITIES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };
const CONTROLS: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t" };

/** Backslashes in a row, however many a program makes of them; none can be read in two ways, which would take for ever. */
const BACKSLASHES = String.raw`(?:\\(?:u005[cC])?|%5[cC]|&#(?:0*92|[xX]0*5[cC]);)+`;

/** Characters of a long text that are enough to know it by. */
const HEAD = 24;

/**
 * Finds a text in every spelling; those of different characters may be mixed, as escaping differs by program. Of a long
 * one, such as a token in the reason of a close, which holds 123 bytes, the beginning is found too.
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
  // A log may escape what was escaped before; where a backslash stands before, its spelling has taken the others.
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

/** A pattern of hexadecimal digits, large or small. */
function anyCase(hex: string): string {
  return hex.replace(/[a-f]/gi, (digit) => `[${digit.toLowerCase()}${digit.toUpperCase()}]`);
}
