/** One variable: its allowed values and how they are parsed. The kinds of variables. */
import { LONGEST_SECONDS } from "./plan.ts";
import { RUN_ID } from "./runid.ts";
import { isDuration, parseDuration } from "./shape.ts";

/** One variable. */
export interface Variable<T> {
  readonly meaning: string;
  /** Its default; null where it has none. */
  readonly fallback: string | null;
  /** The allowed values, in words after "allowed:". */
  readonly allowed: string;
  /** It is an address of the target. */
  readonly target: boolean;
  /** It is a credential and belongs on no command line. */
  readonly credential: boolean;
  /** It is a secret, whatever its name. */
  readonly hidden?: boolean;
  /** Parses a text; undefined when it is not allowed. */
  parse(text: string): T | undefined;
}

type Optional<T> = Variable<T> & { readonly fallback: null };

/**
 * A kind of variable: given what one of it means, and what it is when it is not given, makes that one.
 *
 * @param allowed what it may hold, to be read after "allowed:".
 * @param parse reads a text; undefined when the text is not allowed.
 */
export function variable<T>(
  allowed: string,
  parse: (text: string) => T | undefined,
  { target = false, credential = false } = {},
) {
  function make(meaning: string, fallback: string): Variable<T> & { readonly fallback: string };
  function make(meaning: string): Optional<T>;
  function make(meaning: string, fallback: string | null = null): Variable<T> {
    return { meaning, fallback, allowed, target, credential, parse };
  }
  return make;
}

/** An address of the target with one of the given schemes. */
export function address(...schemes: string[]) {
  const form = new RegExp(`^(?:${schemes.join("|")})://[^\\s/]+(?:/\\S*)?$`);
  return variable(
    `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    (text) => (form.test(text) ? text.replace(/\/+$/, "") : undefined),
    { target: true },
  );
}

/** Several such addresses, comma-separated. */
export function addresses(...schemes: string[]) {
  const { allowed, parse } = address(...schemes)("");
  return variable(
    `${allowed}; several with commas`,
    (text) => {
      const urls = text.split(",").map((one) => parse(one.trim()));
      return urls.every((url) => url !== undefined) ? (urls as string[]) : undefined;
    },
    { target: true },
  );
}

/** A whole number within inclusive bounds. */
export function integer(least: number, most: number) {
  return variable(`a whole number from ${least} to ${most}`, (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined;
  });
}

export const positive = variable("a number above 0", (text) => {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && value > 0 ? value : undefined;
});

export const duration = variable("a duration above zero such as 30s, 5m or 1m30s, at most 1000h", (text) => {
  const seconds = isDuration(text) ? parseDuration(text) : 0;
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
});

export const flag = variable("1 or 0", (text) => (text === "1" ? true : text === "0" ? false : undefined));

export const word = variable("letters, digits, dots, dashes and underscores, at most 64", (text) =>
  RUN_ID.test(text) ? text : undefined,
);

export const filePath = variable("a file's path", (text) => (text.trim() === "" ? undefined : text));

export const secret = variable("any text that is not empty", (text) => (text === "" ? undefined : text), {
  credential: true,
});

export const rate = variable('a number of events per second above 0, or "max"', aboveZeroOrMax);

export const openingRate = variable('a number of connections per second above 0, or "max"', aboveZeroOrMax);

function aboveZeroOrMax(text: string): number | "max" | undefined {
  if (text === "max") return "max";
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && value > 0 ? value : undefined;
}

export const share = variable("a number from 0 to 1", (text) => {
  const value = Number(text);
  return text.trim() !== "" && value >= 0 && value <= 1 ? value : undefined;
});

/** A key of Redis without spaces and commas. */
export const key = variable("a key without spaces and commas", (text) => (/^[^\s,]+$/.test(text) ? text : undefined));

export const keys = variable("keys with commas, or nothing", (text) => text.split(",").filter((name) => name !== ""));

/** The path of a request, after the server's address. */
export const path = variable("a path that starts with /", (text) => (/^\/[^\s?#]*$/.test(text) ? text : undefined));

/** A field of a JSON object. */
export const field = variable("a name of letters, digits and underscores", (text) =>
  /^[A-Za-z_]\w{0,63}$/.test(text) ? text : undefined,
);
