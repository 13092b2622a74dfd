/** What makes a run INVALID besides its tests' objectives: the load generator and services were not fit to measure. */
import { plainReason } from "../../core/reason.ts";
import type { Condition } from "../../core/verdict.ts";
import { TIMES } from "../../thresholds.ts";
import type { Health } from "../result.ts";

/** Above this share of all cores, a generator measures its own waiting. */
const SATURATED_SHARE = 0.9;
/** Seconds at that level that count as saturation. */
const FEWEST_SAMPLES = 5;

/** The health of a run's processes, and the cores of their machine. */
export interface RunHealth {
  readonly health: readonly Health[];
  readonly cores: number;
}

/** @returns one condition for each reason, with the metrics that it invalidates. */
export function invalidities(run: RunHealth): Condition[] {
  return saturation(run).map((text) => ({
    reason: plainReason(text, { next: "less load, or the target on another machine" }),
    spoils: TIMES,
  }));
}

function saturation({ health, cores }: RunHealth): string[] {
  const shares = busyShares(health.filter(({ role }) => role === "generator")).map((cpu) => cpu / (cores * 100));
  if (shares.length < FEWEST_SAMPLES) return [];
  const median = [...shares].sort((a, b) => a - b)[Math.floor(shares.length / 2)] as number;
  if (median < SATURATED_SHARE) return [];
  const percent = Math.round(median * 100);
  return [`the load generators were saturated: k6 used ${percent} % of ${cores} cores in half of all seconds`];
}

/** CPU of all processes together, second by second. */
function busyShares(processes: readonly Health[]): number[] {
  const seconds = new Map<number, number>();
  for (const { samples } of processes) {
    for (const { at, cpu } of samples) {
      const second = Math.round(at / 1000);
      if (cpu !== null) seconds.set(second, (seconds.get(second) ?? 0) + cpu);
    }
  }
  return [...seconds.values()];
}
