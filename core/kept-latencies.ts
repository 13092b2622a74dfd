import type { PacedPlan, UnpacedPlan } from "./plan.ts";

/** Number of latencies that k6 keeps one by one: it holds every sample of a Trend in memory. */
const KEPT_LATENCIES = 500_000;
/** Where acknowledgements set the pace, entering latencies slows it down: no more than judging needs. */
const UNPACED_LATENCIES = 10_000;
const UNPACED_STEP = 50;

/** One of how many acknowledged events is kept with its latency. */
export function latencyStep(plan: PacedPlan | UnpacedPlan): number {
  if (plan.kind === "paced") return Math.ceil(plan.events / KEPT_LATENCIES);
  if (plan.events === null) return UNPACED_STEP;
  return Math.min(UNPACED_STEP, Math.max(1, Math.floor(plan.events / UNPACED_LATENCIES)));
}
