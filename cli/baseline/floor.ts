import type { Measurement } from "./measurement.ts";

/** A latency or a defect is worse when it is more than this factor above the baseline. */
export const MORE = 1.5;

/**
 * Fewer samples than this make a statistic too noisy to compare two runs: about fifty samples beyond the percentile.
 * Objectives need fewer, because their bounds are far from the values.
 */
const SAMPLES: Readonly<Record<string, number>> = { p50: 100, p95: 1_000, p99: 5_000 };

/** A tenth of that: five samples beyond a percentile show a standstill of seconds, though no small difference. */
const ROUGH_SHARE = 0.1;

/** What few samples may differ by at most, as a factor and as so many times the noise. */
export const MOST_ROUGHLY = 10;

/**
 * Differences in ms that are noise, by statistic: somewhat more than valid runs with the same parameters differed by on
 * a busy machine with two cores (0.3, 2 and 10 ms; see docs/baselines.md).
 */
const NOISE_MS: Readonly<Record<string, number>> = { p50: 0.5, p95: 5, p99: 15 };

/** The statistic that a latency's name ends with. */
function statisticOf(name: string): string {
  return name.slice(name.lastIndexOf(" ") + 1);
}

/** Whether a measurement has enough samples to be compared with another run. */
export function enoughSamples(measurement: Measurement): boolean {
  return measurement.samples >= neededFor(measurement);
}

/** Whether it has enough for a rough comparison. */
export function roughlyEnough(measurement: Measurement): boolean {
  return measurement.samples >= neededFor(measurement) * ROUGH_SHARE;
}

/**
 * What so few samples may differ by: ten times as much with the fewest, and less the more there are. A hiccup of a
 * moment is among many of them, so that it is more than their number alone would let pass.
 */
export function roughlyMore(measurement: Measurement): number {
  const share = measurement.samples / neededFor(measurement);
  return MOST_ROUGHLY - ((MOST_ROUGHLY - MORE) * Math.max(0, share - ROUGH_SHARE)) / (1 - ROUGH_SHARE);
}

function neededFor({ kind, name }: Measurement): number {
  return kind === "latency" ? (SAMPLES[statisticOf(name)] ?? 0) : 0;
}

/** The difference in ms that is noise for this latency. */
export function noiseOf(name: string): number {
  return NOISE_MS[statisticOf(name)] ?? 0;
}
