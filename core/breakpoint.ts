/** What a profile that raises its rate step by step has found, from its shape and the run second by second. */
import { number } from "./numbers.ts";
import type { Shape } from "./shape.ts";
import type { Second } from "./timeline.ts";

/** One step of the rate, as it was measured. */
export interface Step {
  /** Events per second that were asked for. */
  readonly rate: number;
  /** Events per second that were published. */
  readonly published: number;
  /** By how much the backlog grew, as a share of the deliveries that were due meanwhile. */
  readonly growth: number;
}

/** Of a rate that is held, the share that must be published ... */
const PUBLISHED_SHARE = 0.95;
/** ... and the share of what is due that may stay behind: a backlog comes and goes. */
const TOLERATED_GROWTH = 0.05;
/** Seconds within a step; with fewer it says nothing about growth. */
const LEAST_SECONDS = 3;

/** Whether a rate was published, and its deliveries kept up with it. */
export function isSustained({ rate, published, growth }: Step): boolean {
  return published >= PUBLISHED_SHARE * rate && growth <= TOLERATED_GROWTH;
}

/**
 * Measures the steps of a rate; those that are too short to be judged, or came after the end, are left out.
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
    const published = within.reduce((sum, second) => sum + second.published, 0);
    if (within.length < LEAST_SECONDS || published === 0) continue;
    const delivered = within.reduce((sum, second) => sum + second.delivered, 0);
    const behind = Math.max(0, (within.at(-1)?.backlog ?? 0) - (within[0]?.backlog ?? 0));
    steps.push({ rate, published: published / within.length, growth: behind / Math.max(1, delivered + behind) });
  }
  return steps;
}

/** Says in words which rate held, and what became of the one above it. */
export function describeSteps(steps: readonly Step[]): string {
  const broken = steps.findIndex((step) => !isSustained(step));
  const highest = broken === -1 ? steps.at(-1) : steps[broken - 1];
  const held = highest === undefined ? "no rate held" : `the highest rate that held is ${number(highest.rate)}/s`;
  const next = steps[broken];
  if (next !== undefined) {
    const grew = `the backlog grew by ${number(next.growth * 100)} % of what was due`;
    return `${held}: at ${number(next.rate)}/s ${number(next.published)}/s were published, and ${grew}`;
  }
  return highest === undefined
    ? "no step was long enough to tell whether its rate held"
    : `${held}; no higher one was measured`;
}
