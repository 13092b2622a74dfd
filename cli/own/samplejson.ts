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

const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/;
const FIRST_LINE = /^([A-Z]+ \S+( HTTP\/[\d.]+)?|HTTP\/[\d.]+ \d{3}.*)$/;

/** A request as it went over the wire, or as a program shows it; undefined where a text is none. */
export function requestIn(text: string): { readonly headers: object; readonly body: string } | undefined {
  const [head = "", ...rest] = text.split(/\r?\n\r?\n/);
  const lines = head.split(/\r?\n/);
  const hasFirst = FIRST_LINE.test(lines[0] ?? "");
  const headers = lines.slice(hasFirst ? 1 : 0).map((line) => HEADER.exec(line));
  if (rest.length === 0 || headers.length === 0 || headers.includes(null)) return undefined;
  return {
    headers: Object.fromEntries(headers.map((header) => [header?.[1] ?? "", header?.[2] ?? ""])),
    body: rest.join("\n\n"),
  };
}
