import type { Ending } from "./account.ts";

/** Where events on their way to a table are. */
export interface Balance {
  /** Number of pending or buffered events; null where unknown. */
  readonly held: number | null;
  /** Unix ms when that number last reached a new minimum since the load. */
  readonly movedAt: number;
  /** Unix ms since when no reading has found held events; null while one does. */
  readonly emptySince: number | null;
}

/** State of the wait for the last deliveries. Times in Unix ms, durations in ms. */
export interface Drain {
  readonly now: number;
  /** When the last publisher was done, and when the wait ends at the latest. */
  readonly startedAt: number;
  readonly deadline: number;
  /** Give up when nothing has arrived for this long. */
  readonly quiet: number;
  /** How long a worker may hold messages before it stores them. */
  readonly hold: number;
  /** Whether every path has reported everything up to the last send. */
  readonly caughtUp: boolean;
  /** Expected deliveries that are missing, and those of them that were refused and will be retried. */
  readonly missing: number;
  readonly refused: number;
  /** The last first arrival of an event, and the end of the time for retries. */
  readonly lastArrivalAt: number;
  readonly openUntil: number;
  /** For runs with a table; null otherwise. */
  readonly balance: Balance | null;
}

/**
 * Three readings of the queue. An event that is missing in all of them is not just moving from one place to the next.
 */
export const EMPTY_MS = 1_500;

/** How the wait for the last deliveries ends; null while it goes on. */
export function endingOf(drain: Drain): Ending | null {
  const { now, startedAt, deadline, quiet, hold, caughtUp, missing, refused, balance } = drain;
  if (caughtUp && missing === 0) return "complete";
  if (now >= deadline) return "timeout";
  if (!caughtUp) return null;
  const since = (...moments: number[]) => now - Math.max(startedAt, drain.lastArrivalAt, ...moments);
  if (balance === null) {
    // While a refused delivery waits for its retry, silence means nothing.
    return refused === 0 && since(drain.openUntil) >= quiet ? "quiet" : null;
  }
  if (balance.held === null) return since() >= Math.max(quiet, hold) ? "quiet" : null;
  if (balance.held > 0) return since(balance.movedAt) >= hold ? "held" : null;
  return balance.emptySince !== null && since(balance.emptySince) >= EMPTY_MS ? "quiet" : null;
}
