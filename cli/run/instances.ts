/** Several k6 processes of one test, judged as one: what can be added is added, and percentiles never are. */

import { isBelow, type Part, percentileOf } from "../../core/mixture.ts";
import { isCountedByK6, reachingCounter, type Slo, sampleCounter } from "../../core/slo.ts";
import type { Summary } from "../../core/summary.ts";
import {
  greater,
  type Judgement,
  judge,
  type Observation,
  objectiveOf,
  type SloResult,
  type Uncertainty,
} from "../../core/verdict.ts";

type Metrics = Summary["metrics"];

/**
 * Judges a test by the summaries of all its processes, as if one had seen all their samples: counts are added,
 * shares and means weighted, and a percentile is held to its bound by the number of samples that reach it.
 *
 * @param slos the objectives of the whole test, with its whole sample floors.
 * @param uncertainty how far what was observed of an objective may be off; see clocks.ts and standstill.ts.
 * @param rows of all processes, each judged by itself: what the target said to any of them is evidence, and a number that
 *   one of them could not trust is trusted by nobody.
 */
export function judgeInstances(
  slos: readonly Slo[],
  instances: readonly Metrics[],
  uncertainty: (slo: Slo, observed: number | null) => Uncertainty | null = () => null,
  rows: readonly SloResult[] = [],
): Judgement {
  const observations = slos.map((slo): Observation => {
    const one = observe(slo, instances);
    const own = rows.filter(({ metric, objective }) => metric === slo.metric && objective === objectiveOf(slo));
    const doubt = own.map(doubtOf).reduce(greater, uncertainty(slo, one.observed));
    return { ...one, uncertainty: doubt, evidence: own.find(({ evidence }) => evidence !== undefined)?.evidence };
  });
  return judge(observations);
}

function doubtOf({ uncertainty, doubt }: SloResult): Uncertainty | null {
  return uncertainty === null || doubt === null ? null : { by: uncertainty, cause: doubt };
}

function observe(slo: Slo, instances: readonly Metrics[]): Observation {
  const absent = isCountedByK6(slo.metric) ? 0 : null;
  const seen = instances.map((metrics) => ({
    metrics,
    value: metrics[slo.metric]?.[slo.statistic] ?? absent,
    samples: metrics[sampleCounter(slo.metric)]?.["count"] ?? 0,
    // One value of a Trend may stand for several things that were looked at.
    values: metrics[slo.metric]?.["count"] ?? 0,
  }));
  const present = seen.filter((one): one is InstanceValue => one.value !== null);
  // The account is that of the whole run already.
  const whole = slo.metric.startsWith("account_");
  return {
    slo,
    observed: present.length === 0 ? null : together(slo, present, whole),
    samples: whole ? Math.max(...seen.map(({ samples }) => samples)) : sum(seen.map(({ samples }) => samples)),
  };
}

interface InstanceValue {
  readonly metrics: Metrics;
  readonly value: number;
  readonly samples: number;
  readonly values: number;
}

function together(slo: Slo, seen: readonly InstanceValue[], whole: boolean): number {
  const values = seen.map(({ value }) => value);
  const weights = seen.map((one) => (slo.statistic === "rate" ? one.samples : one.values));
  const all = sum(weights);
  if (slo.statistic === "count" && !whole) return sum(values);
  if (whole || all === 0) return worstOf(slo, values);
  switch (slo.statistic) {
    case "rate":
    case "avg":
      return sum(values.map((value, place) => value * (weights[place] as number))) / all;
    case "p(95)":
    case "p(99)":
      return percentile(slo, seen, all) ?? worstOf(slo, values);
    default:
      return worstOf(slo, values);
  }
}

/** When each part of the samples lies below a bound, so does the whole: the worst part stands for it. */
function worstOf({ comparison, bound }: Slo, values: readonly number[]): number {
  switch (comparison) {
    case ">=":
      return Math.min(...values);
    case "==":
      return values.find((value) => value !== bound) ?? bound;
    default:
      return Math.max(...values);
  }
}

/** Null where a process did not count what reaches the bound. */
function percentile(slo: Slo, seen: readonly InstanceValue[], all: number): number | null {
  const counts = seen.map(({ metrics }) => metrics[reachingCounter(slo)]?.["count"]);
  if (slo.comparison !== "<" || counts.some((count) => count === undefined)) return null;
  const wanted = Number(slo.statistic.slice(2, -1));
  const shown = percentileOf(
    wanted,
    seen.map(({ metrics, values }) => ({ samples: values, percentiles: percentilesOf(metrics[slo.metric] ?? {}) })),
  );
  // The shown value is good to 1 % of the samples and the judged one is exact: the two must not contradict each other.
  if (!isBelow(wanted, all, sum(counts as number[]))) return Math.max(shown, slo.bound);
  return Math.min(shown, slo.bound * (1 - Number.EPSILON));
}

function percentilesOf(values: Readonly<Record<string, number>>): Part["percentiles"] {
  const names = { min: 0, med: 50, max: 100 };
  const entries = Object.entries(values).flatMap(([name, value]): [number, number][] => {
    const given = /^p\(([\d.]+)\)$/.exec(name)?.[1];
    const place = given === undefined ? names[name as keyof typeof names] : Number(given);
    return place === undefined ? [] : [[place, value]];
  });
  return new Map(entries);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
