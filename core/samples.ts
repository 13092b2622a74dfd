/** The counters of k6 beside a metric. */

/** Metrics that k6 counts by itself, and k6's own counter of how much it looked at. */
const COUNTED_BY_K6: Readonly<Record<string, string>> = { dropped_iterations: "iterations" };

/** Whether k6 counts a metric by itself; nothing counted is then zero, and not unknown. */
export function isCountedByK6(metric: string): boolean {
  return metric in COUNTED_BY_K6;
}

/** The counter that holds how many samples a metric has. */
export function sampleCounter(metric: string): string {
  return COUNTED_BY_K6[metric] ?? `${metric}_samples`;
}

/** The counter of samples that are not below an objective's bound; several processes can add theirs. */
export function reachingCounter({ metric, bound }: { readonly metric: string; readonly bound: number }): string {
  return `${metric}_from_${String(bound).replace(".", "_")}`;
}
