/** Who we say we are: how headers, cookies and subprotocols are written in settings. Pure. */
import * as v from "valibot";

/** Header names and the names of subprotocols and cookies, by RFC 9110. */
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** A header's value: no control characters, which could end it early. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/;

export type Headers = Readonly<Record<string, string>>;

/**
 * Reads headers: a JSON object of texts, or `Name: value` on a line each.
 *
 * @returns them by names as `X-Api-Key`; undefined when the text is neither.
 */
export function readHeaders(text: string): Headers | undefined {
  const pairs = text.trimStart().startsWith("{") ? pairsOfJson(text) : pairsOfLines(text);
  if (pairs === undefined || pairs.length === 0) return undefined;
  return pairs.every(([name, value]) => NAME.test(name) && VALUE.test(value)) ? headersOf(pairs) : undefined;
}

/**
 * Names differ by no case, and one may be given several times (RFC 9110): of `x-a` beside `X-A`, k6 would send either.
 */
function headersOf(pairs: readonly [string, string][]): Headers {
  const headers: Record<string, string> = {};
  for (const [given, value] of pairs) {
    const name = canonical(given);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === "Cookie" ? "; " : ", "}${value}`;
  }
  return headers;
}

/** A header's canonical name as in Go: X-Api-Key. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

function pairsOfJson(text: string): [string, string][] | undefined {
  try {
    const parsed = v.safeParse(v.record(v.string(), v.string()), JSON.parse(text));
    return parsed.success ? Object.entries(parsed.output) : undefined;
  } catch {
    return undefined;
  }
}

function pairsOfLines(text: string): [string, string][] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const pairs: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) return undefined;
    pairs.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return pairs;
}

/** Parses cookies as a browser sends them: `a=1; b=2`. */
export function readCookies(text: string): string | undefined {
  const pairs = text.split(";").map((pair) => pair.trim());
  const isPair = (pair: string) => NAME.test(pair.split("=")[0] as string) && pair.includes("=") && VALUE.test(pair);
  return pairs.every(isPair) ? pairs.join("; ") : undefined;
}

/** Parses comma-separated names, such as subprotocols. */
export function readNames(text: string): readonly string[] | undefined {
  const names = text.split(",").map((name) => name.trim());
  return names.every((name) => NAME.test(name)) ? names : undefined;
}
