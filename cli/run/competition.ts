/** Whether other programs took cores that a reference target on this machine needed. Pure. */
import { plainReason } from "../../core/reason.ts";
import type { Condition } from "../../core/verdict.ts";
import { TIMES } from "../../thresholds.ts";

/** Use of the cores in one second. */
export interface CoreUse {
  /** Cores that other programs used. */
  readonly others: number;
  /** Idle cores. */
  readonly idle: number;
}

/** A desktop uses less by itself, and so does the reference target's database, which is not one of our processes. */
const TAKEN = 0.5;
/** A machine with a smaller share of idle cores is full: a thread that wakes up has to wait. */
const FREE_SHARE = 0.1;
/** A single full second may be a program that starts. */
const FEWEST_SECONDS = 2;
/** A smoke test has load in two of its eight seconds. */
const SHARE_OF_RUN = 0.25;

/**
 * Why a local target's slowness is not its fault. How long k6 and the receiver waited for a core bounds nothing: they need
 * little of one, and a target that needs much of it waits far longer.
 *
 * @param seconds of the run.
 * @param own whether the target is the user's: then nobody knows where it runs, and it may be one of the others.
 * @returns null when other programs left enough cores.
 */
export function competition(seconds: readonly CoreUse[], cores: number, own = false): Condition | null {
  const full = seconds.filter(({ others, idle }) => others >= TAKEN && idle <= FREE_SHARE * cores);
  if (full.length < Math.max(FEWEST_SECONDS, SHARE_OF_RUN * seconds.length)) return null;
  const taken = full.reduce((sum, { others }) => sum + others, 0) / full.length;
  const text =
    `other programs took ${taken.toFixed(1)} of ${cores} cores in ${full.length} of ${seconds.length} seconds, ` +
    `and none was free: ${own ? "a target on this machine lacked them, or is one of these" : "the target ran on the same machine"}`;
  const next = own
    ? "end the others, or run k6 and the target on two machines"
    : "end them, or run the target on another machine";
  return { reason: plainReason(text, { next }), spoils: TIMES };
}
