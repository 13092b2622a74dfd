/** Parses the JSON of samples, whose integers may be too large for JavaScript. */

/** A string, or a number outside strings. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = "\u0000integer ";

/** Parses JSON; integers that a number cannot hold exactly become bigints. @throws SyntaxError for invalid JSON. */
export function parseSample(text: string): unknown {
  const marked = text.replaceAll(TOKENS, (token) =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? JSON.stringify(MARK + token) : token,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/** The object or list in a string that contains JSON; undefined for other strings. */
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

/** Parses a request as it is on the wire or as programs show it; undefined for other text. */
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
