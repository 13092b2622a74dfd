/** Times as other programs write them, and whether they are current. */

/** A time of a target: ISO 8601 with any number of fractional digits, or Unix time in s or ms. */
interface TimeReading {
  /** Unix ms. */
  readonly at: number;
  /** The time lies less than this after `at`, in ms, because it was truncated. */
  readonly resolution: number;
}

/** Reads a time; null when it is invalid. */
export function readTime(text: string): TimeReading | null {
  const [, head, fraction = "", zone] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(text) ?? [];
  const resolution = 1000 / 10 ** fraction.length;
  if (head !== undefined) {
    const whole = Date.parse(`${head.replace(" ", "T")}${zone ?? "Z"}`);
    return Number.isNaN(whole) ? null : { at: whole + Number(`0.${fraction || "0"}`) * 1000, resolution };
  }
  if (/^\d{13}$/.test(text)) return { at: Number(text), resolution: 1 };
  const [, seconds, part = ""] = /^(\d{9,10})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  return seconds === undefined ? null : { at: Number(text) * 1000, resolution: 1000 / 10 ** part.length };
}

/** An answer may come from a cache for this long before it is called stale. */
const KEPT_MS = 3_000;

/**
 * Detects answers that were not made when they were requested. Two clocks may differ, within bounds, but if the
 * difference grows, the answers are old.
 */
export class Freshness {
  private readonly allowed: number;
  private least: number;

  /** @param allowed highest difference from our clock in ms. @param least the smallest age seen earlier, in ms. */
  constructor(allowed: number, least = Number.POSITIVE_INFINITY) {
    this.allowed = allowed;
    this.least = least;
  }

  /** The smallest age seen, in ms. */
  get leastAge(): number {
    return this.least;
  }

  /** What is wrong with a timestamp, or null. @param at Unix ms when it was received. */
  problemOf(moment: unknown, at: number): string | null {
    const time = typeof moment === "string" || typeof moment === "number" ? readTime(String(moment)) : null;
    if (time === null) return `timestamp ${String(JSON.stringify(moment))} is no time`;
    const age = at - time.at;
    const isOff = age - time.resolution > this.allowed || -age > this.allowed;
    if (isOff) return `timestamp is ${span(age)} ${age > 0 ? "behind" : "ahead of"} this machine's clock`;
    this.least = Math.min(this.least, age);
    // Twice the truncation: of the smallest age, and of this one.
    if (age > this.least + KEPT_MS + 2 * time.resolution) return `timestamp stands still: it is ${span(age)} old`;
    return null;
  }
}

/** A duration in words, such as `25 years`. */
function span(milliseconds: number): string {
  const seconds = Math.abs(milliseconds) / 1000;
  const units: readonly (readonly [number, string])[] = [
    [31_557_600, "years"],
    [86_400, "days"],
    [3_600, "hours"],
    [60, "minutes"],
  ];
  const [size, unit] = units.find(([each]) => seconds >= 2 * each) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}
