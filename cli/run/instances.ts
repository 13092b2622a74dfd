/** Several k6 processes of one test, judged as one: what can be added is added, and percentiles never are. */

import { isCountedByK6, type Slo, sampleCounter } from "../../core/slo.ts";
import type { Summary } from "../../core/summary.ts";
import { type Judged, judge, type Observation } from "../../core/verdict.ts";

type Metrics = Summary["metrics"];

/**
 * Judges a test by the summaries of all its processes.
 *
 * A percentile or mean of the whole is not known, but it is bounded: when each part of the samples lies below a
 * bound, so does the whole. So the worst part stands for it.
 *
 * @param slos the objectives of the whole test, with its whole sample floors.
 */
export function judgeInstances(slos: readonly Slo[], instances: readonly Metrics[]): Judged {
  return judge(slos.map((slo) => observe(slo, instances)));
}

function observe(slo: Slo, instances: readonly Metrics[]): Observation {
  const absent = isCountedByK6(slo.metric) ? 0 : null;
  const values = instances.map((metrics) => metrics[slo.metric]?.[slo.statistic] ?? absent);
  const counts = instances.map((metrics) => metrics[sampleCounter(slo.metric)]?.["count"] ?? 0);
  const present = values.filter((value) => value !== null);
  // The account is that of the whole run already.
  const whole = slo.metric.startsWith("account_");
  return {
    slo,
    observed: present.length === 0 ? null : together(slo, present, counts, whole),
    samples: whole ? Math.max(...counts) : sum(counts),
  };
}

function together(slo: Slo, values: readonly number[], counts: readonly number[], whole: boolean): number {
  if (slo.statistic === "count" && !whole) return sum(values);
  if (slo.statistic === "rate" && sum(counts) > 0 && values.length === counts.length) {
    return sum(values.map((value, place) => value * (counts[place] as number))) / sum(counts);
  }
  switch (slo.comparison) {
    case ">=":
      return Math.min(...values);
    case "==":
      return values.find((value) => value !== slo.bound) ?? slo.bound;
    default:
      return Math.max(...values);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
