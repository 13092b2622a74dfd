import { parse } from "@humanwhocodes/momoa";

/** What its errors have. */
interface Misplaced {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * Why a text is no JSON, with the place: `line 3, column 12: unexpected comma`. JSON.parse of Node 20 names no line, and
 * its excerpt of the text may hold a token.
 */
export function whyNoJson(text: string): string {
  if (text.trim() === "") return "it is empty";
  try {
    parse(text, { mode: "json" });
    return "it holds what JSON does not allow";
  } catch (problem) {
    const { line, column, message } = problem as Misplaced;
    return `line ${line}, column ${column}: ${wordsOf(message)}`;
  }
}

/** Its names of tokens that are none in English. */
const SIGNS: Readonly<Record<string, string>> = { LBrace: "{", RBrace: "}", LBracket: "[", RBracket: "]" };

/** Its words without what stands there. */
function wordsOf(message: string): string {
  const [, what = "text", token = ""] =
    /^Unexpected (end of input|character|identifier|token (\w+))/.exec(message) ?? [];
  return `unexpected ${token === "" ? what : (SIGNS[token] ?? token.toLowerCase())}`;
}
