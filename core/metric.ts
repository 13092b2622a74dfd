import type { WordKind } from "./words.ts";

/**
 * - latency: a k6 Trend in milliseconds.
 * - share: a k6 Rate, the share of samples that were true.
 * - count: a k6 Counter, of what went wrong or happened among the things that were looked at.
 * - reading: a k6 Gauge, the last value.
 * - tally: a k6 Counter of what happened; it has no samples and takes no objective.
 * - moment: a k6 Trend of Unix milliseconds, whose first and last tell from when to when something happened.
 *
 * All but tallies and moments have a second counter, `<name>_samples`, that says how much was looked at.
 */
export type MetricKind = "latency" | "share" | "count" | "reading" | "tally" | "moment";

/** One metric: what it is and what it means. */
export interface Metric {
  readonly kind: MetricKind;
  readonly meaning: string;
  /** Measured between a publisher's clock and that of a far end: of a subscriber or receiver, or of a table. */
  readonly between?: "arrival" | "table";
  /** Each event gives at most one sample, so that a plan with few events cannot judge it. */
  readonly perEvent?: true;
  /** Ends in one of our processes, so that our own delays and a busy machine make it longer. */
  readonly ours?: true;
  /** Times the answers to what is published: an objective of it bounds them. */
  readonly answers?: true;
  /** The target accepted nothing. */
  readonly refusal?: true;
  /** The target gives reasons for it: words of this kind are its evidence. */
  readonly words?: WordKind;
  /** Setup or teardown enters it once for the run: virtual users but the first do without. */
  readonly whole?: true;
}

export const latency = (meaning: string): Metric => ({ kind: "latency", meaning });
export const share = (meaning: string): Metric => ({ kind: "share", meaning });
export const count = (meaning: string): Metric => ({ kind: "count", meaning });
export const reading = (meaning: string): Metric => ({ kind: "reading", meaning });
export const tally = (meaning: string): Metric => ({ kind: "tally", meaning });
export const refusal = (metric: Metric): Metric => ({ ...metric, refusal: true });
export const perEvent = (metric: Metric): Metric => ({ ...metric, perEvent: true });
export const ours = (metric: Metric): Metric => ({ ...metric, ours: true });
export const answering = (metric: Metric): Metric => ({ ...metric, answers: true });
export const inWords = (words: WordKind, metric: Metric): Metric => ({ ...metric, words });
export const whole = (metric: Metric): Metric => ({ ...metric, whole: true });
export const between = (far: "arrival" | "table", metric: Metric): Metric => ({ ...metric, between: far });
export const moment = (meaning: string): Metric => ({ kind: "moment", meaning });
