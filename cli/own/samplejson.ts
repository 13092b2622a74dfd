/** The JSON of a sample, whose integers may have more digits than JavaScript keeps. */

/** A text, or a number between two of them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = "\u0000integer ";

/** Reads JSON; an integer that a number cannot hold exactly becomes a bigint. @throws SyntaxError for what is no JSON. */
export function parseSample(text: string): unknown {
  const marked = text.replaceAll(TOKENS, (token) =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? JSON.stringify(MARK + token) : token,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/** What a text holds that is an object or a list written as JSON; undefined where it is a text of another kind. */
export function insideOf(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return parseSample(text) as object;
  } catch {
    return undefined;
  }
}
