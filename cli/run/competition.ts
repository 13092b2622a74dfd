/** Whether other programs took the cores that a reference target on this machine needed. Pure. */
import { plainReason } from "../../core/reason.ts";
import type { Condition } from "../../core/verdict.ts";
import { TIMES } from "../../thresholds.ts";

/** What the cores did in one second. */
export interface CoreUse {
  /** Cores that programs beside the run took. */
  readonly others: number;
  /** Cores that did nothing. */
  readonly idle: number;
}

/** Less is what a desktop does by itself, and the database of a reference target, which is no process of ours. */
const TAKEN = 0.5;
/** A machine with less than this share of its cores free is full: a thread that wakes up waits for one. */
const FREE_SHARE = 0.1;
/** One full second may be the start of a program. */
const FEWEST_SECONDS = 2;
/** The load of a smoke test is two seconds of eight. */
const SHARE_OF_RUN = 0.25;

/**
 * Why what a target on this machine took too long for is not its fault.
 *
 * @param seconds of the run.
 * @returns null where the cores were not wanted by others.
 */
export function competition(seconds: readonly CoreUse[], cores: number): Condition | null {
  const full = seconds.filter(({ others, idle }) => others >= TAKEN && idle <= FREE_SHARE * cores);
  if (full.length < Math.max(FEWEST_SECONDS, SHARE_OF_RUN * seconds.length)) return null;
  const taken = full.reduce((sum, { others }) => sum + others, 0) / full.length;
  const text =
    `other programs took ${taken.toFixed(1)} of ${cores} cores in ${full.length} of ${seconds.length} seconds, ` +
    "and none was free: the target ran on the same machine";
  return { reason: plainReason(text, { next: "end them, or run the target on another machine" }), spoils: TIMES };
}
