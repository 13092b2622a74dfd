import { MOST_EVENTS } from "./plan.ts";
import type { Trace } from "./trace.ts";

/** Whether a trace with correct check digits can be ours; damaged ones have correct digits by chance. */
export function isPlausible({ seq }: Pick<Trace, "seq">): boolean {
  return seq <= MOST_EVENTS;
}

/** Largest difference between the clocks of a run, in ms. */
const APART_MS = 30_000;

/**
 * Whether an event was published before its run was opened. It is left over from an earlier run with the same id, for
 * example where RUN_ID is constant and the receiver is new.
 *
 * @param publishedAt, openedAt Unix ms; null where unknown.
 */
export function isLeftOver(publishedAt: number | null, openedAt: number): boolean {
  return publishedAt !== null && publishedAt < openedAt - APART_MS;
}
