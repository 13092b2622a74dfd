/** The result of a profile that raises the rate step by step. */
import { number } from "./numbers.ts";
import type { Shape } from "./shape.ts";
import type { Second } from "./timeline.ts";

/** One step with its measurements. */
export interface Step {
  /** Requested events per second. */
  readonly rate: number;
  /** Acknowledged events per second: a target that refuses events does not hold their rate. */
  readonly acknowledged: number;
  /** Growth of the backlog, as a share of the deliveries due in this step. */
  readonly growth: number;
}

/** A rate is sustained if at least this share of it is acknowledged ... */
const ACKNOWLEDGED_SHARE = 0.95;
/** ... and at most this share of the due deliveries stays behind, because a backlog fluctuates. */
const TOLERATED_GROWTH = 0.05;
/** A step with fewer seconds says nothing about growth. */
const LEAST_SECONDS = 3;

/** Whether a rate was acknowledged and its deliveries kept up. */
export function isSustained({ rate, acknowledged, growth }: Step): boolean {
  return acknowledged >= ACKNOWLEDGED_SHARE * rate && growth <= TOLERATED_GROWTH;
}

/**
 * Measures the steps of a rate, without those that are too short or came after the end.
 *
 * @param seconds the run, second by second.
 * @param startedAt Unix ms of the first event.
 */
export function stepsOf(shape: Shape, seconds: readonly Second[], startedAt: number): Step[] {
  const steps: Step[] = [];
  let from = startedAt;
  for (const { to: rate, seconds: length } of shape) {
    const through = from + length * 1000;
    const within = seconds.filter(({ at }) => at >= from && at + 1000 <= through);
    from = through;
    if (within.length < LEAST_SECONDS || within.every(({ published }) => published === 0)) continue;
    const acknowledged = within.reduce((sum, second) => sum + (second.acknowledged ?? second.published), 0);
    const delivered = within.reduce((sum, second) => sum + second.delivered, 0);
    const behind = Math.max(0, (within.at(-1)?.backlog ?? 0) - (within[0]?.backlog ?? 0));
    steps.push({ rate, acknowledged: acknowledged / within.length, growth: behind / Math.max(1, delivered + behind) });
  }
  return steps;
}

/** Describes which rate was sustained, and what happened at the next one. */
export function describeSteps(steps: readonly Step[]): string {
  const broken = steps.findIndex((step) => !isSustained(step));
  const highest = broken === -1 ? steps.at(-1) : steps[broken - 1];
  const held = highest === undefined ? "no rate held" : `the highest rate that held is ${number(highest.rate)}/s`;
  const next = steps[broken];
  if (next !== undefined) {
    const grew = `the backlog grew by ${number(next.growth * 100)} % of what was due`;
    return `${held}: at ${number(next.rate)}/s ${number(next.acknowledged)}/s were acknowledged, and ${grew}`;
  }
  return highest === undefined
    ? "no step was long enough to tell whether its rate held"
    : `${held}; no higher one was measured`;
}
