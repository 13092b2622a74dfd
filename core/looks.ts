/**
 * How much later than it came an event may have been seen, at a far end that is looked at again and again. An arrival is
 * dated by the look that found it; it came after the look before, which did not. Pure.
 */
import type { Percentiles } from "./histogram.ts";
import { metricOf } from "./metrics.ts";
import { milliseconds } from "./numbers.ts";
import type { Slo } from "./slo.ts";
import type { Uncertainty } from "./sloresult.ts";

/** The looks of a run. */
export interface LookAccount {
  /** The longest time, in ms, between a look that found an event and the one before. */
  readonly longest: number;
  /** The latencies if each event came right after the look that did not find it; those of the account are the other end. */
  readonly earliest: Percentiles;
}

/** The part of an account that matters here. */
interface Looked {
  readonly latency: Percentiles;
  readonly looks?: LookAccount | null;
  readonly storage?: {
    readonly insertion: Percentiles;
    readonly earliest?: Percentiles;
    readonly untimed?: number;
  } | null;
}

/**
 * By how much a missed latency may be too high, because arrivals are dated by looks; null where that is nothing. A met one
 * is met all the more.
 *
 * @param clocks how wrong it may be besides, by the clocks.
 */
export function lookDelay(
  { metric, comparison, bound }: Slo,
  observed: number | null,
  account: Looked | null,
  clocks: Uncertainty | null,
): Uncertainty | null {
  const looks = account?.looks ?? null;
  if (account === null || looks === null || observed === null || comparison !== "<" || observed < bound) return null;
  if (!isDatedByLooks(metric, account) || clocks?.by === Number.POSITIVE_INFINITY) return null;
  const late = latenessOf(metric, account, looks);
  if (late <= 0) return null;
  return {
    by: late + (clocks?.by ?? 0),
    cause: `${POLLED}${milliseconds(looks.longest)} or less: a latency is known to within ${milliseconds(looks.longest)}`,
  };
}

/** By how much a statistic is lower if each event came right after the look that did not find it. */
function latenessOf(metric: string, { latency, storage = null }: Looked, looks: LookAccount): number {
  const [, of, name] = /^account_(delivery|insert)_(mean|p95|p99|p995)_ms$/.exec(metric) ?? [];
  if (name === undefined) return looks.longest;
  const statistic = name as "mean" | "p95" | "p99" | "p995";
  // Older records have no such end of rows; that of their deliveries is no later.
  const isOwn = of === "insert" && storage?.earliest !== undefined;
  return isOwn
    ? storage.insertion[statistic] - storage.earliest[statistic]
    : latency[statistic] - looks.earliest[statistic];
}

/** Where rows have no time of their own, that of their insertion is that of the look too. */
function isDatedByLooks(metric: string, { storage = null }: Looked): boolean {
  const between = metricOf(metric)?.between;
  return between === "arrival" || (between === "table" && (storage?.untimed ?? 0) > 0);
}

/** How such a cause begins. */
export const POLLED = "the far end was polled every ";
