/** A text however a program writes it down: as it is, percent-encoded, or escaped for JSON, HTML or a log. */

/** Written in one way only. */
const PLAIN = /^[\w-]$/;
/** What means something in a pattern. */
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;
/** Names of HTML beside the numbers. */
const ENTITIES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };
const CONTROLS: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t" };

/** Characters of a long text that are enough to know it by. */
const HEAD = 24;

/**
 * Finds a text in every spelling; those of different characters may be mixed, as escaping differs by program. Of a long
 * one, such as a token in the reason of a close, which holds 123 bytes, the beginning is found too.
 */
export function spellingsOf(text: string): RegExp {
  const characters = [...text].map(spellingsOfCharacter);
  const [head, rest] = [characters.slice(0, HEAD).join(""), characters.slice(HEAD).join("")];
  return new RegExp(rest === "" ? head : `${head}(?:${rest}|[^\\s"'<>&,;]*)`, "g");
}

function spellingsOfCharacter(character: string): string {
  if (PLAIN.test(character)) return character;
  const units = character.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  const encoded = encodeURIComponent(character.replace(/\p{Surrogate}/gu, "\ufffd"));
  const spellings = [
    // A log may escape what was escaped before.
    `\\\\*${character.replace(SYNTAX, "\\$&")}`,
    anyCase(encoded.length > 1 ? encoded : `%${units.join("").slice(-2)}`),
    units.map((unit) => `\\\\+u${anyCase(unit)}`).join(""),
    `&#(?:0*${character.codePointAt(0)}|[xX]0*${anyCase(character.codePointAt(0)?.toString(16) ?? "")});`,
  ];
  if (character === " ") spellings.push("\\+");
  if (character in ENTITIES) spellings.push(`&${ENTITIES[character]};`);
  if (character in CONTROLS) spellings.push(`\\\\+${CONTROLS[character]}`);
  return `(?:${spellings.join("|")})`;
}

/** A pattern of hexadecimal digits, large or small. */
function anyCase(hex: string): string {
  return hex.replace(/[a-f]/gi, (digit) => `[${digit.toLowerCase()}${digit.toUpperCase()}]`);
}
