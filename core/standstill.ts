/** Times for which a process that measures stood still, by a timer of its own: what came then was noticed later. */
import { metricOf } from "./metrics.ts";
import type { Slo } from "./slo.ts";
import type { Uncertainty } from "./verdict.ts";

/** One of them. */
export interface Standstill {
  /** Unix ms at which it ended. */
  readonly at: number;
  readonly ms: number;
  /** With all others, in ms. */
  readonly total: number;
}

/** Garbage collection and a large report take less. */
const NOTICED_MS = 100;
/** Those that are remembered, the latest: a process that is starved for hours has no more to tell. */
const REMEMBERED = 1_000;

/** The standstills of this process. */
export class Standstills {
  private readonly every: number;
  private readonly found: Pick<Standstill, "at" | "ms">[] = [];
  private last: number | null = null;
  private without = Number.NEGATIVE_INFINITY;

  /** @param every ms between two ticks of the timer. */
  constructor(every: number) {
    this.every = every;
  }

  /** The timer goes off. @param elapsed ms by a clock that nobody sets. @param at Unix ms. */
  tick(elapsed: number, at: number): void {
    const late = this.last === null ? 0 : elapsed - this.last - this.every;
    this.last = elapsed;
    if (late < NOTICED_MS) return;
    if (this.found.length === REMEMBERED) this.found.shift();
    this.found.push({ at, ms: late });
  }

  /** The process has no file descriptor left: it takes no connection. @param at Unix ms. */
  ranOut(at: number): void {
    this.without = at;
  }

  /** Unix ms at which it last had none left, where that was after a moment; null where it was not. */
  ranOutSince(from: number): number | null {
    return this.without > from ? this.without : null;
  }

  /** The longest that ended after a moment, in Unix ms; null where there was none. */
  longestSince(from: number): Standstill | null {
    const own = this.found.filter(({ at }) => at > from);
    if (own.length === 0) return null;
    const longest = own.reduce((most, one) => (one.ms > most.ms ? one : most));
    return { ...longest, total: own.reduce((sum, { ms }) => sum + ms, 0) };
  }
}

/** What is looked at of an account: whatever the receiver stamped arrivals for is not null. */
interface StampedAccount {
  readonly standstill?: Standstill | null;
  readonly ranOutAt?: number | null;
  readonly span: { readonly from: number; readonly through: number } | null;
  readonly webhooks: unknown;
  readonly storage: unknown;
  readonly farEnd: { readonly kind: string } | null;
}

/** How a doubt begins that is the receiver's own doing. */
export const RECEIVER_STOOD = "the receiver stood still for ";

/** What the receiver reads by itself comes late where it cannot open anything ... */
const DELAYED = /^account_(late|delivery_\w+|burst_\w+_ms|recovery_ms|latency_growth_ms)$/;
/** ... and what a sender brings is turned away: it comes again later, or never. */
const TURNED_AWAY = /^account_(lost|open|late|duplicated|delivery_\w+|burst_\w+|recovery_ms|latency_growth_ms)$/;

/** A sender that gets no answer for so long may send again, and is right to. */
const UNANSWERED_MS = 1_000;

/**
 * How much of what is missed may be the receiver's own doing: a latency by as much as it stood still, and deliveries that
 * came again because nobody answered. Null where it stamps no arrivals, as in a run of subscriptions, which k6 stamps.
 */
export function receiverDelay(slo: Slo, value: number | null, account: StampedAccount | null): Uncertainty | null {
  if (account === null || value === null) return null;
  const { webhooks, storage, farEnd } = account;
  // An observer elsewhere has a clock of its own.
  const stamps = webhooks !== null || storage !== null || (farEnd !== null && farEnd.kind !== "reported");
  if (!stamps) return null;
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
  const { at, ms } = account.standstill;
  const delay = delayOf(slo.metric, account.standstill, account.span);
  const isLate =
    delay > 0 && slo.comparison === "<" && value >= slo.bound && metricOf(slo.metric)?.between === "arrival";
  const isRepeated = answers && slo.metric === "account_duplicated" && value > slo.bound && ms >= UNANSWERED_MS;
  if (!isLate && !isRepeated) return null;
  const until = new Date(at).toISOString().slice(11, 19);
  const cause = `${RECEIVER_STOOD}${(ms / 1000).toFixed(1)} s, until ${until}Z: it was stopped or had no CPU`;
  return { by: isLate ? delay : value, cause };
}

/** What waited is caught up with while more comes: about as long again. */
const AFTERMATH = 2;

/**
 * How much standstills may add to a number, in ms: to a mean their share of the load's time, to a percentile the longest
 * of them, or nothing where all of them touch less than half of what it leaves out, and nothing to the quickest deliveries
 * of each quarter, which growth compares.
 */
function delayOf(metric: string, { ms, total }: Standstill, span: StampedAccount["span"]): number {
  if (metric === "account_latency_growth_ms") return 0;
  const touched = span === null ? 1 : Math.min(1, (AFTERMATH * total) / Math.max(1, span.through - span.from));
  if (metric.includes("_mean_")) return ms * touched;
  const digits = /_p(\d+)_/.exec(metric)?.[1];
  return digits !== undefined && touched < (1 - Number(`0.${digits}`)) / 2 ? 0 : ms;
}
