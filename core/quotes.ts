/** What a target said, with counts. Virtual users store quotes as k6 checks, whose names are read from k6's summary. */

import { onOneLine } from "./redaction.ts";

/** One quote. */
export interface Quote {
  /** Its subject, such as `/ready`. */
  readonly about: string;
  readonly text: string;
  readonly times: number;
}

/** A group in k6's summary, with its checks and how often each passed. */
export interface Checks {
  readonly checks?: readonly { readonly name: string; readonly passes: number }[];
  /** Checks in `setup()` are in a group of that name. */
  readonly groups?: readonly Checks[];
}

const MARK = "said by ";
const BETWEEN = " > ";

const LONGEST = 320;

/** The name of the check for a quote, without parts that differ between answers. */
export function quoteName(about: string, words: string): string {
  const text = onOneLine(words.replace(/\s+/g, " "), 10 * LONGEST)
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d)?/g, "(time)")
    .replace(/\b(?:0x)?[0-9a-f]*\d[0-9a-f]{11,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "(id)")
    // k6 uses it as separator of groups.
    .replace(/::/g, ":");
  return `${MARK}${about}${BETWEEN}${text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`}`;
}

/** The subject of exceptions in the script, which are not the target's words. */
export const EXCEPTION = "exception";

/** The target's quotes, most frequent first. */
export function quotesIn(root: Checks | undefined): Quote[] {
  return allIn(root).filter(({ about }) => about !== EXCEPTION);
}

/** Exceptions in the script, most frequent first. */
export function exceptionsIn(root: Checks | undefined): Quote[] {
  return allIn(root).filter(({ about }) => about === EXCEPTION);
}

function allIn(root: Checks | undefined): Quote[] {
  const quotes = checksIn(root).flatMap(({ name, passes }) => {
    const place = name.indexOf(BETWEEN);
    if (!name.startsWith(MARK) || place < 0) return [];
    return [{ about: name.slice(MARK.length, place), text: name.slice(place + BETWEEN.length), times: passes }];
  });
  return quotes.sort((one, other) => other.times - one.times);
}

function checksIn(part: Checks | undefined): NonNullable<Checks["checks"]> {
  return [...(part?.checks ?? []), ...(part?.groups ?? []).flatMap(checksIn)];
}

const SHOWN = 3;

/** Quotes in one line; null without any. */
export function describeQuotes(quotes: readonly Quote[]): string | null {
  if (quotes.length === 0) return null;
  const shown = quotes
    .slice(0, SHOWN)
    .map(({ about, text, times }) => `${about} ${text} (${times === 1 ? "once" : `${times} times`})`);
  const more = quotes.length - shown.length;
  return `${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
