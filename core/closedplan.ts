/** The plan of a closed model of single events. */
import type { ClosedPlan, Overrides } from "./plan.ts";

/** Events that one virtual user may have in flight; with more, it cannot handle each answer at once. */
const UNDER_WAY_AT_ONCE = 25;
const LONGEST_CLOSED_SECONDS = 3_600;

/**
 * Plans a closed model.
 *
 * @param standard the profile's numbers: events, events in flight, and rounds with a pause between them.
 */
export function closedPlan(
  standard: Pick<ClosedPlan, "events" | "concurrency" | "rounds" | "pause">,
  { events, concurrency, duration, timeScale = 1 }: Overrides,
): ClosedPlan {
  const count = typeof concurrency === "number" ? concurrency : standard.concurrency;
  return {
    kind: "closed",
    events: events ?? standard.events,
    concurrency: count,
    workers: Math.ceil(count / UNDER_WAY_AT_ONCE),
    rounds: standard.rounds,
    pause: standard.pause * timeScale,
    seconds: duration ?? LONGEST_CLOSED_SECONDS,
  };
}

/** The part of a round that one worker of a closed model sends. */
export interface Share {
  readonly firstSeq: number;
  readonly count: number;
  /** How many of them are in flight at any time. */
  readonly concurrency: number;
}

/** A worker's share of a round: consecutive events, in proportion to its events in flight. */
export function shareOf(plan: ClosedPlan, round: number, worker: number): Share {
  const { events, concurrency, workers, rounds } = plan;
  const upTo = (part: number, parts: number, whole: number) => Math.floor((part * whole) / parts);
  const slotsFrom = upTo(worker, workers, concurrency);
  const slotsTo = upTo(worker + 1, workers, concurrency);
  const roundFrom = upTo(round, rounds, events);
  const inRound = upTo(round + 1, rounds, events) - roundFrom;
  const from = upTo(slotsFrom, concurrency, inRound);
  const to = upTo(slotsTo, concurrency, inRound);
  return { firstSeq: roundFrom + from, count: to - from, concurrency: slotsTo - slotsFrom };
}
