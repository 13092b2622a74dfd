/** The translation of a load into a scenario of k6. */
import {
  type ClosedPlan,
  type PacedPlan,
  type Plan,
  ticksIn,
  type UnpacedPlan,
  type VisitorPlan,
} from "../../core/plan.ts";
import { peakOf, type Shape, secondOf } from "../../core/shape.ts";

/** A k6 scenario; the names are those of k6's options. */
export type K6Scenario = Readonly<Record<string, unknown>> & { readonly executor: string; readonly exec: string };

/**
 * Translates a plan into a k6 scenario.
 *
 * @param exec the exported function that runs it.
 */
export function k6Scenario(plan: Plan, exec: string): K6Scenario {
  switch (plan.kind) {
    case "visitors":
      return visitorScenario(plan, exec);
    case "paced":
      return pacedScenario(plan, exec);
    case "unpaced":
      return unpacedScenario(plan, exec);
    case "closed":
      return closedScenario(plan, exec);
  }
}

/** Time for a session to say goodbye and report; interrupted ones are accounted as far as they reported. */
const GOODBYE = "15s";

function visitorScenario({ shape: load, staying }: VisitorPlan, exec: string): K6Scenario {
  const [first, ...rest] = load;
  if (first !== undefined && rest.length === 0) {
    const vus = Math.max(1, Math.round(first.to));
    const length = milliseconds(first.seconds);
    return staying
      ? { executor: "per-vu-iterations", exec, vus, iterations: 1, maxDuration: length, gracefulStop: GOODBYE }
      : { executor: "constant-vus", exec, vus, duration: length, gracefulStop: GOODBYE };
  }
  return {
    executor: "ramping-vus",
    exec,
    startVUs: Math.round(first?.from ?? 0),
    stages: stages(load, Math.round),
    gracefulRampDown: "5s",
    gracefulStop: GOODBYE,
  };
}

/**
 * Seconds of a rate beyond its last event. A tick that k6 cannot start in time is dropped and
 * its number given to the next one, so that all events are sent in the end, late, which the schedule
 * delay tells. Ticks that come after the last event carry none.
 */
const RESERVE_SECONDS = 3;

function pacedScenario(plan: PacedPlan, exec: string): K6Scenario {
  // k6 takes whole rates only: those with a fraction are counted over a thousand times the time.
  const unit = plan.shape.every(({ from, to }) => Number.isInteger(from) && Number.isInteger(to)) ? 1 : 1_000;
  const rate = (level: number) => Math.max(0, Math.ceil(level * unit - 1e-6));
  const pool = {
    exec,
    timeUnit: milliseconds(plan.batch * unit),
    preAllocatedVUs: plan.workers,
    maxVUs: plan.workers * 10,
    gracefulStop: GOODBYE,
  };
  const [first, ...rest] = plan.shape;
  if (first !== undefined && rest.length === 0) {
    const duration = secondOf(plan.shape, Math.ceil(plan.events / plan.batch) * plan.batch) + RESERVE_SECONDS;
    const length = `${Math.ceil(duration * 1000 - 1e-6)}ms`;
    return { executor: "constant-arrival-rate", ...pool, rate: rate(first.to), duration: length };
  }
  // And more than the shape holds, because k6's sum of its stages may end a hair below the last tick, and
  // each stage is rounded to a millisecond.
  const last = plan.shape.at(-1)?.to ?? 0;
  const spare = 2 * plan.batch + peakOf(plan.shape) * plan.shape.length * 0.001;
  const tail = last > 0 ? [{ from: last, to: last, seconds: RESERVE_SECONDS + spare / last }] : [];
  return {
    executor: "ramping-arrival-rate",
    ...pool,
    startRate: rate(first?.from ?? 0),
    stages: stages([...plan.shape, ...tail], rate),
  };
}

function unpacedScenario(plan: UnpacedPlan, exec: string): K6Scenario {
  const iterations = ticksIn(plan);
  const length = milliseconds(plan.seconds);
  if (iterations === null) {
    return { executor: "constant-vus", exec, vus: plan.workers, duration: length, gracefulStop: GOODBYE };
  }
  return {
    executor: "shared-iterations",
    exec,
    vus: Math.min(plan.workers, iterations),
    iterations,
    maxDuration: milliseconds(Math.max(plan.seconds, 60)),
    gracefulStop: GOODBYE,
  };
}

function closedScenario({ workers, seconds }: ClosedPlan, exec: string): K6Scenario {
  const maxDuration = milliseconds(seconds);
  return { executor: "per-vu-iterations", exec, vus: workers, iterations: 1, maxDuration, gracefulStop: GOODBYE };
}

function stages(load: Shape, target: (level: number) => number): { target: number; duration: string }[] {
  const result: { target: number; duration: string }[] = [];
  let level = load[0]?.from ?? 0;
  for (const { from, to, seconds } of load) {
    if (from !== level) result.push({ target: target(from), duration: "0s" });
    result.push({ target: target(to), duration: milliseconds(seconds) });
    level = to;
  }
  return result;
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)}ms`;
}
