import type { Histogram } from "hdr-histogram-js";
import { decodeFromCompressedBase64 } from "hdr-histogram-js/dist/encoding.js";
import { milliseconds } from "../../core/numbers.ts";
import { messageOf } from "../../core/problem.ts";
import type { Result } from "../result.ts";
import type { Curves } from "./charts.ts";

/** More lines than this cannot be told apart. */
const DRAWN = 6;

const POINTS_PER_DECADE = 24;

/** The latencies of one path, or of all paths. */
export interface PathLatency {
  readonly path: string;
  readonly samples: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** In microseconds. */
  readonly histogram: Histogram;
}

/** Name of the merged latencies of all paths. */
export const ALL_PATHS = "all paths";

/**
 * Decodes the latencies of all paths, the slowest at p99 first. If there are several, all paths merged come before
 * them: histograms can be merged, percentiles cannot.
 *
 * @throws an error that names the path whose histogram is invalid.
 */
export function latenciesOf({ latencies }: Pick<Result, "latencies">): PathLatency[] {
  const histograms = latencies.map(({ path, histogram }) => ({ path, histogram: decode(path, histogram) }));
  const filled = histograms.filter(({ histogram }) => histogram.totalCount > 0);
  const [first, ...rest] = filled;
  const paths = filled.map(({ path, histogram }) => latencyOf(path, histogram)).sort((a, b) => b.p99 - a.p99);
  if (first === undefined || rest.length === 0) return paths;
  // Decode the first one again, because merging changes it.
  const all = decode(first.path, latencies.find(({ path }) => path === first.path)?.histogram ?? "");
  for (const { histogram } of rest) all.add(histogram);
  return [latencyOf(ALL_PATHS, all), ...paths];
}

function decode(path: string, histogram: string): Histogram {
  try {
    return decodeFromCompressedBase64(histogram);
  } catch (problem) {
    const why = messageOf(problem);
    throw new Error(`the histogram of path "${path}" cannot be read: ${why}`);
  }
}

/** Histograms hold microseconds. */
function latencyOf(path: string, histogram: Histogram): PathLatency {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  const samples = histogram.totalCount;
  return {
    path,
    samples,
    mean: histogram.mean / 1000,
    p50: at(50),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: histogram.maxValue / 1000,
    histogram,
  };
}

/** Latency over 1 / (1 - p), from the smallest sample to the largest: one of so many samples is at least that slow. */
export function pointsOf({ samples, max, histogram }: PathLatency): (readonly [over: number, ms: number])[] {
  const last = Math.ceil(Math.log10(samples) * POINTS_PER_DECADE);
  const spread = Array.from({ length: last + 1 }, (_, step) =>
    Number((10 ** (step / POINTS_PER_DECADE)).toPrecision(6)),
  );
  const inner = spread.filter((over) => over < samples);
  return [
    ...inner.map((over) => [over, histogram.getValueAtPercentile(100 * (1 - 1 / over)) / 1000] as const),
    [samples, max],
  ];
}

/** The curves that are drawn: all paths, and the slowest ones. */
export function curvesOf(latencies: readonly PathLatency[]): Curves | null {
  if (latencies.length === 0) return null;
  return { curves: latencies.slice(0, DRAWN).map((one) => ({ name: one.path, points: pointsOf(one) })) };
}

/** The curves in one sentence, as text alternative. */
export function describeCurves([first, ...rest]: readonly PathLatency[]): string {
  if (first === undefined) return "No latencies were recorded.";
  const { path, p50, p95, p99, max } = first;
  const slowest =
    rest[0] === undefined ? "" : ` The slowest path at p99 is ${rest[0].path}: ${milliseconds(rest[0].p99)}.`;
  return (
    `Latency by percentile. ${path}: p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}, ` +
    `max ${milliseconds(max)}.${slowest}`
  );
}
