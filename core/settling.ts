import type { Ending } from "./account.ts";

/** Where the events stand that a table waits for. */
export interface Balance {
  /** How many are pending or buffered; null where nobody can tell. */
  readonly held: number | null;
  /** Unix ms at which that last fell below all that it had been since the load. */
  readonly movedAt: number;
  /** Unix ms since when nothing has been held in any reading; null while something is. */
  readonly emptySince: number | null;
}

/** How far the wait for the last deliveries has come. All moments are Unix ms, all durations ms. */
export interface Drain {
  readonly now: number;
  /** When the last publisher was done, and when waiting ends in any case. */
  readonly startedAt: number;
  readonly deadline: number;
  /** Give up when nothing has arrived for so long. */
  readonly quiet: number;
  /** So long a worker may keep what it has taken before it stores it. */
  readonly hold: number;
  /** Whether every path has said what it has to say of all that was sent. */
  readonly caughtUp: boolean;
  /** Expected deliveries that have not happened; of these, the ones that were refused and are to be sent again. */
  readonly missing: number;
  readonly refused: number;
  /** When the last event arrived for the first time, and until when a refused one can come again. */
  readonly lastArrivalAt: number;
  readonly openUntil: number;
  /** Of a table that events end up in; null where there is none. */
  readonly balance: Balance | null;
}

/** Three readings of a queue: what is missing in all of them is in no hand that moves it from one place to the next. */
export const EMPTY_MS = 1_500;

/** How the wait for the last deliveries ends; null while it goes on. */
export function endingOf(drain: Drain): Ending | null {
  const { now, startedAt, deadline, quiet, hold, caughtUp, missing, refused, balance } = drain;
  if (caughtUp && missing === 0) return "complete";
  if (now >= deadline) return "timeout";
  if (!caughtUp) return null;
  const since = (...moments: number[]) => now - Math.max(startedAt, drain.lastArrivalAt, ...moments);
  if (balance === null) {
    // What was refused last and comes again later is not quiet: it is waiting for its time.
    return refused === 0 && since(drain.openUntil) >= quiet ? "quiet" : null;
  }
  if (balance.held === null) return since() >= Math.max(quiet, hold) ? "quiet" : null;
  if (balance.held > 0) return since(balance.movedAt) >= hold ? "held" : null;
  return balance.emptySince !== null && since(balance.emptySince) >= EMPTY_MS ? "quiet" : null;
}
