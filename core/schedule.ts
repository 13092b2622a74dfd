/** The schedule of an open model: which events are due when. Pure. */
import type { PacedPlan, UnpacedPlan } from "./plan.ts";
import { secondOf } from "./shape.ts";

/**
 * Seconds from the start of the scenario to the first event, in which publishers connect, so that the first events do
 * not have to wait for connections.
 */
export const LEAD_SECONDS = 1;

/** Number of iterations with events; null when only time limits the plan. */
export function ticksIn(plan: PacedPlan | UnpacedPlan): number | null {
  return plan.events === null ? null : Math.ceil(plan.events / plan.batch);
}

/** The events that iteration `tick` sends; none once all are sent. */
export function eventsOfTick(plan: PacedPlan | UnpacedPlan, tick: number): { firstSeq: number; count: number } {
  const firstSeq = tick * plan.batch;
  const left = plan.events === null ? plan.batch : plan.events - firstSeq;
  return { firstSeq, count: Math.max(0, Math.min(plan.batch, left)) };
}

/**
 * When iteration `tick` is due, in seconds from the start of the load: with its first event, whatever happened earlier.
 */
export function dueSecond(plan: PacedPlan, tick: number): number {
  return secondOf(plan.shape, tick * plan.batch);
}

/** Batches that one lane may have in flight, so that all lanes together keep to `workers`. */
export function underWayIn({ workers, lanes }: PacedPlan): number {
  return Math.max(1, Math.floor(workers / lanes));
}

/** An event that is less late than this is on time: otherwise one slow moment at the end would decide short runs. */
const ON_TIME_MS = 200;

/**
 * The share of the requested rate that was offered up to an event.
 *
 * @param due in ms from the start of the load.
 * @param delay how late it was sent, in ms.
 * @returns from 0 to 1.
 */
export function offeredShare(due: number, delay: number): number {
  const late = Math.max(0, delay - ON_TIME_MS);
  return late === 0 ? 1 : due / (due + late);
}
