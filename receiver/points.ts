import type { Account } from "../core/account.ts";
import type { Bucket } from "../core/histogram.ts";
import { describeOrder } from "../core/order.ts";
import { faultsOf, figuresOf } from "./figures.ts";

/** One point for InfluxDB. */
export interface Point {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, number | string>>;
  readonly timestamp: Date;
}

/** The measurements that the receiver writes. */
export const ACCOUNT = "throughline_account";
export const BUCKETS = "throughline_delivery_latency_bucket";
export const MARKS = "throughline_mark";

/** The part of a run that is exported. */
export interface RunSnapshot {
  readonly account: Account;
  readonly buckets: readonly Bucket[];
  /** Unix ms; settledAt is null until the run is settled. */
  readonly openedAt: number;
  readonly settledAt: number | null;
}

/** The last exported state of a run. */
export interface WrittenState {
  readonly account: Account | null;
  readonly figures: string;
}

export const NOTHING_WRITTEN: WrittenState = { account: null, figures: "" };

/**
 * The new points of a run: its figures and percentiles, the buckets of its latencies, and marks for its start, its end
 * and its faults. None when nothing has changed since it was settled.
 *
 * @param at Unix ms.
 */
export function pointsOf(
  observed: RunSnapshot,
  written: WrittenState,
  at: number,
): { points: Point[]; written: WrittenState } {
  const { account, buckets } = observed;
  const timestamp = new Date(at);
  const tags = { testid: account.run };
  const { samples, min, mean, p50, p95, p99, max } = account.latency;
  const fields = { ...figuresOf(account), samples, min, mean, p50, p95, p99, max };
  const figures = JSON.stringify(fields);
  if (account.ending !== null && written.account?.ending === account.ending && written.figures === figures) {
    return { points: [], written };
  }
  const points: Point[] = [{ measurement: ACCOUNT, tags, fields, timestamp }];
  for (const { above, through, count } of buckets) {
    const bucket = { ...tags, ms: through === null ? `above ${above}` : String(through) };
    points.push({ measurement: BUCKETS, tags: bucket, fields: { value: count }, timestamp });
  }
  for (const { kind, text, when } of marksOf(observed, written.account, at)) {
    points.push({ measurement: MARKS, tags: { ...tags, kind }, fields: { text }, timestamp: new Date(when) });
  }
  return { points, written: { account, figures } };
}

interface Mark {
  readonly kind: "start" | "end" | "fault";
  readonly text: string;
  /** Unix ms. */
  readonly when: number;
}

/** What happened since the previous account. */
function marksOf({ account, openedAt, settledAt }: RunSnapshot, before: Account | null, at: number): Mark[] {
  const marks: Mark[] = [];
  if (before === null) {
    const text = `run ${account.run} was opened; order: ${describeOrder(account) ?? "unknown"}`;
    marks.push({ kind: "start", text, when: openedAt });
  }
  const known = new Map(before === null ? [] : faultsOf(before).map(({ fault, count }) => [fault, count]));
  const risen = faultsOf(account)
    .map(({ fault, count }) => ({ fault, more: count - (known.get(fault) ?? 0) }))
    .filter(({ more }) => more > 0);
  if (risen.length > 0) {
    marks.push({ kind: "fault", text: risen.map(({ fault, more }) => `${more} ${fault}`).join(", "), when: at });
  }
  if (account.ending !== null && (before?.ending ?? null) === null) {
    marks.push({ kind: "end", text: `run ${account.run} was settled: ${account.ending}`, when: settledAt ?? at });
  }
  return marks;
}
