/** Latencies that were measured and not judged, because no objective bounds them. Pure. */
import { isOnlyCounted } from "./counts.ts";
import { milliseconds, number } from "./numbers.ts";
import { DELIVERY_LATENCIES } from "./objectives.ts";
import { toShow } from "./percentiles.ts";

/** The part of an account that matters here. */
interface Timed {
  readonly latency: {
    readonly samples: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly standstill?: { readonly ms: number } | null;
  readonly farEnd?: unknown;
  readonly webhooks?: unknown;
  readonly storage?: unknown;
}

/** What stands behind the verdict of a run that passed without a bound on latency. */
export const LATENCY_UNJUDGED = "latency not judged";

/** A tail is told where it is at least so long, and so many times the median. */
const LONG_MS = 1_000;
const LONG_TIMES = 10;

/**
 * Whether no objective bounds the time from publishing to arrival in a run of a user's pipeline; in the systems of the
 * suite that is so only where it is meant. A run without any objective judged nothing at all.
 */
export function isUnbounded(account: Timed | null, rows: readonly { readonly metric: string }[]): boolean {
  if (account === null || rows.length === 0) return false;
  if (account.webhooks != null || account.storage != null) return false;
  // Of arrivals that are only counted, and of identities without a time, the account says that no latency is known.
  if (isOnlyCounted(account) || account.latency.samples === 0) return false;
  return !rows.some(({ metric }) => DELIVERY_LATENCIES.test(metric));
}

/** That latency was not judged, what was measured, and what sets a bound; null where one was set. */
export function describeUnbounded(account: Timed | null, rows: readonly { readonly metric: string }[]): string | null {
  if (account === null || !isUnbounded(account, rows)) return null;
  const { p95, p99 } = toShow(account.latency);
  return (
    'not judged, for want of a bound: objectives: { account_delivery_p95_ms: "value < 500" } in the pipeline sets one; ' +
    `measured: p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}${tailOf(account)}`
  );
}

/** A tail far above the median: something stood still, or some deliveries took another way. */
function tailOf({ latency: { p50, max }, standstill }: Timed): string {
  if (max < LONG_MS || max < LONG_TIMES * p50) return "";
  const times = p50 > 0 ? `, ${number(Math.floor(max / p50))} times the median` : "";
  const own =
    standstill == null ? "" : `; the receiver itself stood still for ${(standstill.ms / 1000).toFixed(1)} s meanwhile`;
  return `, and the slowest took ${milliseconds(max)}${times}: some deliveries were held up${own}`;
}
