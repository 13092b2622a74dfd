/** Detects by a timer when a measuring process stood still, so that arrivals in that time were noticed late. */
import { metricOf } from "./metrics.ts";
import type { Slo } from "./slo.ts";
import type { Uncertainty } from "./sloresult.ts";

/** One of them. */
export interface Standstill {
  /** Unix ms when it ended. */
  readonly at: number;
  readonly ms: number;
  /** The sum of all, in ms. */
  readonly total: number;
}

/** Garbage collection and a large report take less. */
const NOTICED_MS = 100;
/** The latest ones are kept: a process that is starved for hours learns nothing from more. */
const REMEMBERED = 1_000;

/** The standstills of this process. */
export class Standstills {
  private readonly every: number;
  private readonly found: Pick<Standstill, "at" | "ms">[] = [];
  private last: number | null = null;
  private without = Number.NEGATIVE_INFINITY;

  /** @param every interval of the timer in ms. */
  constructor(every: number) {
    this.every = every;
  }

  /** A tick of the timer. @param elapsed ms of a monotonic clock. @param at Unix ms. */
  tick(elapsed: number, at: number): void {
    const late = this.last === null ? 0 : elapsed - this.last - this.every;
    this.last = elapsed;
    if (late < NOTICED_MS) return;
    if (this.found.length === REMEMBERED) this.found.shift();
    this.found.push({ at, ms: late });
  }

  /** The process has no free file descriptor and accepts no connection. @param at Unix ms. */
  ranOut(at: number): void {
    this.without = at;
  }

  /** Unix ms when it last had no free descriptor, if that was after `from`; else null. */
  ranOutSince(from: number): number | null {
    return this.without > from ? this.without : null;
  }

  /** The longest standstill that ended after `from`; null without one. @param from Unix ms. */
  longestSince(from: number): Standstill | null {
    const own = this.found.filter(({ at }) => at > from);
    if (own.length === 0) return null;
    const longest = own.reduce((most, one) => (one.ms > most.ms ? one : most));
    return { ...longest, total: own.reduce((sum, { ms }) => sum + ms, 0) };
  }
}

/**
 * The part of an account that matters here: if one of its far ends is not null, the receiver itself stamped arrivals.
 */
interface StampedAccount {
  readonly standstill?: Standstill | null;
  readonly ranOutAt?: number | null;
  readonly span: { readonly from: number; readonly through: number } | null;
  readonly webhooks: unknown;
  readonly storage: unknown;
  readonly farEnd: { readonly kind: string } | null;
}

/** How a doubt begins that is the receiver's own fault. */
export const RECEIVER_STOOD = "the receiver stood still for ";

/** Metrics of arrivals that the receiver reads late when it cannot open anything ... */
const DELAYED = /^account_(late|delivery_\w+|burst_\w+_ms|recovery_ms|latency_growth_ms)$/;
/** ... and of arrivals that it rejects: these come later, or never. */
const TURNED_AWAY = /^account_(lost|open|late|duplicated|delivery_\w+|burst_\w+|recovery_ms|latency_growth_ms)$/;

/** A sender without an answer for this long may send again, rightly. */
const UNANSWERED_MS = 1_000;

/**
 * How much of a miss may be the receiver's own fault: a latency by the length of its standstill, and duplicates that
 * were sent again because nobody answered. Null where the receiver stamps no arrivals, as for subscriptions, which k6
 * stamps.
 */
export function receiverDelay(slo: Slo, value: number | null, account: StampedAccount | null): Uncertainty | null {
  if (account === null || value === null) return null;
  const { webhooks, farEnd } = account;
  if (!stamps(account)) return null;
  const answers = webhooks !== null || farEnd?.kind === "request";
  const missedBy = slo.comparison === ">=" ? slo.bound - value : value >= slo.bound ? value : 0;
  if (account.ranOutAt != null && missedBy > 0 && (answers ? TURNED_AWAY : DELAYED).test(slo.metric)) {
    const until = new Date(account.ranOutAt).toISOString().slice(11, 19);
    return {
      by: missedBy,
      cause: `the receiver had no file descriptor left at ${until}Z: raise its limit of open files (ulimit -n)`,
    };
  }
  if (account.standstill == null) return null;
  const { ms } = account.standstill;
  const delay = delayOf(slo.metric, account.standstill, account.span);
  const isLate =
    delay > 0 && slo.comparison === "<" && value >= slo.bound && metricOf(slo.metric)?.between === "arrival";
  const isRepeated = answers && slo.metric === "account_duplicated" && value > slo.bound && ms >= UNANSWERED_MS;
  if (!isLate && !isRepeated) return null;
  const cause = `${stoodOf(account.standstill)}: it was stopped or had no CPU`;
  return { by: isLate ? delay : value, cause };
}

function stoodOf({ at, ms }: Pick<Standstill, "at" | "ms">): string {
  const until = new Date(at).toISOString().slice(11, 19);
  return `${RECEIVER_STOOD}${(ms / 1000).toFixed(1)} s, until ${until}Z`;
}

/** Whether the receiver stamps arrivals itself: an external observer has its own clock. */
function stamps({ webhooks, storage, farEnd }: FarEnds): boolean {
  return webhooks != null || storage != null || (farEnd != null && farEnd.kind !== "reported");
}

/** An account that may have a standstill; records of older versions lack some of it. */
interface StalledAccount extends FarEnds {
  readonly standstill?: Pick<Standstill, "at" | "ms"> | null;
  readonly latency: { readonly samples: number };
  readonly looks?: unknown;
}

interface FarEnds {
  readonly webhooks?: unknown;
  readonly storage?: unknown;
  readonly farEnd?: { readonly kind: string; readonly undated?: number } | null;
}

/**
 * What a standstill of the receiver did to the latencies, whether or not any of them has a bound; null without one.
 *
 * @param clocks how wrong latencies may be by the clocks.
 */
export function describeStandstill(account: StalledAccount, clocks: Uncertainty | null): string | null {
  const { standstill, latency } = account;
  if (standstill == null || !stamps(account)) return null;
  const unbounded = unboundedBy(account, clocks);
  const effect =
    latency.samples === 0
      ? "no latency was measured"
      : unbounded === null
        ? `latencies of that time may be up to ${(standstill.ms / 1000).toFixed(1)} s too high`
        : `how much that added to latencies cannot be bounded: ${unbounded}`;
  return `${stoodOf(standstill)}; ${effect}`;
}

/** Kinds of far ends that are polled: without the times of the polls nobody knows when an arrival came. */
const IS_POLLED = /^(rows|list|count)$/;

function unboundedBy({ farEnd, storage, looks }: StalledAccount, clocks: Uncertainty | null): string | null {
  if (clocks?.by === Number.POSITIVE_INFINITY) return clocks.cause;
  const undated = farEnd?.undated ?? 0;
  if (undated > 0) return `the time of ${undated === 1 ? "1 arrival" : `${undated} arrivals`} is not known`;
  const isPolled = storage != null || IS_POLLED.test(farEnd?.kind ?? "");
  return isPolled && looks == null ? "the far end was polled, and nobody recorded how often" : null;
}

/** Queued work is caught up with while more arrives, which takes about as long again. */
const AFTERMATH = 2;

/**
 * How much standstills may add to a metric, in ms. To a mean: their share of the load's time. To a percentile: the
 * longest one, or nothing if all of them together affect less than half of the samples above it. To latency growth:
 * nothing, because it compares the quickest deliveries of each quarter.
 */
function delayOf(metric: string, { ms, total }: Standstill, span: StampedAccount["span"]): number {
  if (metric === "account_latency_growth_ms") return 0;
  const touched = span === null ? 1 : Math.min(1, (AFTERMATH * total) / Math.max(1, span.through - span.from));
  if (metric.includes("_mean_")) return ms * touched;
  const digits = /_p(\d+)_/.exec(metric)?.[1];
  return digits !== undefined && touched < (1 - Number(`0.${digits}`)) / 2 ? 0 : ms;
}
