/** Moments as other programs tell them, and whether they are of now. */

/** A moment that a target tells: ISO 8601 with any number of digits behind the seconds, or Unix time in s or ms. */
export interface TimeReading {
  /** Unix ms. */
  readonly at: number;
  /** Ms within which the moment lies after `at`: what was cut off. */
  readonly resolution: number;
}

/** Reads a moment; null when it is none. */
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

/** An answer may be kept for so long by a cache before it is called stale. */
const KEPT_MS = 3_000;

/**
 * Whether answers are made when they are asked for. Two clocks may differ, within bounds; the difference
 * must stay what it is, or the answers are old ones.
 */
export class Freshness {
  private readonly allowed: number;
  private least: number;

  /**
   * @param allowed ms by which a moment may be away from our clock.
   * @param least the smallest age that was seen before, in ms.
   */
  constructor(allowed: number, least = Number.POSITIVE_INFINITY) {
    this.allowed = allowed;
    this.least = least;
  }

  /** The smallest age that was seen, in ms. */
  get leastAge(): number {
    return this.least;
  }

  /** What is wrong with a moment, or null. @param at when it was told, in Unix ms. */
  problemOf(moment: unknown, at: number): string | null {
    const told = typeof moment === "string" || typeof moment === "number" ? readTime(String(moment)) : null;
    if (told === null) return `timestamp ${String(JSON.stringify(moment))} is no time`;
    const age = at - told.at;
    const isOff = age - told.resolution > this.allowed || -age > this.allowed;
    if (isOff) return `timestamp is ${span(age)} ${age > 0 ? "behind" : "ahead of"} this machine's clock`;
    this.least = Math.min(this.least, age);
    // Twice what was cut off: of the least age, and of this one.
    if (age > this.least + KEPT_MS + 2 * told.resolution) return `timestamp stands still: it is ${span(age)} old`;
    return null;
  }
}

/** A time in words, as in `25 years`. */
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
