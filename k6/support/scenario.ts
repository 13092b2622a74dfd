/** The translation of a load into a scenario of k6. */
import type { ClosedPlan, PacedPlan, Plan, UnpacedPlan, VisitorPlan } from "../../core/plan.ts";
import { LEAD_SECONDS, ticksIn } from "../../core/schedule.ts";
import { lengthOf, type Shape } from "../../core/shape.ts";

/** A k6 scenario; the names are those of k6's options. */
export type K6Scenario = Readonly<Record<string, unknown>> & { readonly executor: string; readonly exec: string };

/**
 * Translates a plan into a k6 scenario.
 *
 * @param exec the exported function that runs it.
 * @param patience seconds that the answer to an event may take.
 */
export function k6Scenario(plan: Plan, exec: string, patience = 0): K6Scenario {
  switch (plan.kind) {
    case "visitors":
      return visitorScenario(plan, exec);
    case "paced":
      return pacedScenario(plan, exec, patience);
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

/** Room for the answers to the last events, and for their reports, beside the time that an answer may take. */
const ANSWERS_SECONDS = 15;

/** Each lane has one iteration, which keeps the schedule by itself: k6's own arrival rates drop what a slow target delays. */
function pacedScenario(plan: PacedPlan, exec: string, patience: number): K6Scenario {
  const maxDuration = milliseconds(LEAD_SECONDS + lengthOf(plan.shape) + patience + ANSWERS_SECONDS);
  return { executor: "per-vu-iterations", exec, vus: plan.lanes, iterations: 1, maxDuration, gracefulStop: GOODBYE };
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
