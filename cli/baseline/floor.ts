import type { Measurement } from "./measurement.ts";

/**
 * Samples below which a statistic moves too much between two runs of the same to be compared: fifty
 * beyond the percentile. One run is judged by fewer, because its objectives are far from its numbers.
 */
const SAMPLES: Readonly<Record<string, number>> = { p50: 100, p95: 1_000, p99: 5_000 };

/**
 * Differences in ms that mean nothing between two runs, by statistic: somewhat more than valid runs of
 * the same differed by on a busy machine of two cores (0.3, 2 and 10 ms; see docs/baselines.md).
 */
const NOISE_MS: Readonly<Record<string, number>> = { p50: 0.5, p95: 5, p99: 15 };

/** The statistic that a latency's name ends with. */
function statisticOf(name: string): string {
  return name.slice(name.lastIndexOf(" ") + 1);
}

/** Whether so many samples are enough to compare this with another run. */
export function enoughSamples({ kind, name, samples }: Measurement): boolean {
  return kind !== "latency" || samples >= (SAMPLES[statisticOf(name)] ?? 0);
}

/** The difference in ms that means nothing for a latency of this name. */
export function noiseOf(name: string): number {
  return NOISE_MS[statisticOf(name)] ?? 0;
}
