/** Judges several k6 processes of one test as one: counts are added, percentiles are never merged. */

import { attribute, weighed, withCauses } from "../../core/attribution.ts";
import { type Evidence, evidenceOf } from "../../core/evidence.ts";
import { worseLag } from "../../core/lag.ts";
import { metricOf } from "../../core/metrics.ts";
import { isBelow, percentileOf, percentilesOf } from "../../core/mixture.ts";
import { isCountedByK6, reachingCounter, sampleCounter } from "../../core/samples.ts";
import type { Slo } from "../../core/slo.ts";
import { greater, type Observation, objectiveOf, type SloResult, type Uncertainty } from "../../core/sloresult.ts";
import type { Summary } from "../../core/summary.ts";
import { type Judgement, judge } from "../../core/verdict.ts";

type Metrics = Summary["metrics"];

/**
 * Judges a test by the summaries of all its processes, as if one process had seen all samples: counts are added, shares
 * and means are weighted, and a percentile is judged by the number of samples that reach its bound.
 *
 * @param slos the objectives of the whole test, with its whole sample floors.
 * @param uncertainty of an objective's value; see clocks.ts and standstill.ts.
 * @param rows each process's own judgement: they add what the target said as evidence, and what one process doubts is
 * doubted for all.
 */
export function judgeInstances(
  slos: readonly Slo[],
  instances: readonly Metrics[],
  uncertainty: (slo: Slo, observed: number | null) => Uncertainty | null = () => null,
  rows: readonly SloResult[] = [],
): Judgement {
  const evidence = evidenceOfAll(instances);
  const weighted = weighed(slos, (slo) => observe(slo, instances).observed, evidence);
  const observations = weighted.map((slo): Observation => {
    const one = observe(slo, instances);
    const own = rows.filter(({ metric, objective }) => metric === slo.metric && objective === objectiveOf(slo));
    const doubt = own.map(doubtOf).reduce(greater, uncertainty(slo, one.observed));
    return { ...one, uncertainty: doubt, evidence: own.find(({ evidence }) => evidence !== undefined)?.evidence };
  });
  return withCauses(judge(observations), attribute(evidence));
}

/** Evidence over all processes: unsent events are added; of delays and waits the longest counts. */
function evidenceOfAll(instances: readonly Metrics[]): Evidence {
  return instances.map(evidenceOf).reduce((one, other) => ({
    shortages: merged(one.shortages, other.shortages, (many, more) => many + more),
    pause: (one.pause?.longest ?? 0) >= (other.pause?.longest ?? 0) ? (one.pause ?? other.pause) : other.pause,
    lateness: merged(one.lateness, other.lateness, Math.max),
    answers: merged(one.answers, other.answers, Math.max),
    unsent: {
      unreachable: one.unsent.unreachable + other.unsent.unreachable,
      waiting: one.unsent.waiting + other.unsent.waiting,
      from: either(one.unsent.from, other.unsent.from, Math.min),
      to: either(one.unsent.to, other.unsent.to, Math.max),
      again: either(one.unsent.again ?? null, other.unsent.again ?? null, Math.max),
    },
    offered: one.offered + other.offered,
    waited: either(one.waited, other.waited, (here, there) => ({
      least: Math.min(here.least, there.least),
      most: Math.max(here.most, there.most),
    })),
    lag: either(one.lag, other.lag, worseLag),
  }));
}

function either<Value>(
  one: Value | null,
  other: Value | null,
  both: (one: Value, other: Value) => Value,
): Value | null {
  return one === null || other === null ? (one ?? other) : both(one, other);
}

function merged<Values extends Partial<Readonly<Record<string, number>>>>(
  one: Values,
  other: Values,
  both: (one: number, other: number) => number,
): Values {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(
    names.map((name) => [name, either(one[name] ?? null, other[name] ?? null, both)]),
  ) as unknown as Values;
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
    // One value of a Trend may stand for several observations.
    values: metrics[slo.metric]?.["count"] ?? 0,
  }));
  const present = seen.filter((one): one is InstanceValue => one.value !== null);
  // The account already covers the whole run.
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

/** If every part lies within the bound, so does the whole: the worst part stands for it. */
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

/** Null where a process did not count the samples that reach the bound. */
function percentile(slo: Slo, seen: readonly InstanceValue[], all: number): number | null {
  const counts = seen.map(({ metrics }) => metrics[reachingCounter(slo)]?.["count"]);
  if (slo.comparison !== "<" || counts.some((count) => count === undefined)) return null;
  const wanted = Number(slo.statistic.slice(2, -1));
  const shown = percentileOf(
    wanted,
    seen.map(({ metrics, values }) => ({ samples: values, percentiles: percentilesOf(metrics[slo.metric] ?? {}) })),
  );
  // The shown value is accurate to 1 % of the samples, the judgement is exact: they must not contradict each other.
  if (!isBelow(wanted, all, sum(counts as number[]))) return Math.max(shown, slo.bound);
  return Math.min(shown, slo.bound * (1 - Number.EPSILON));
}

/** The merged statistics of latencies; baselines use them. */
const MERGED: Readonly<Record<string, number>> = { med: 50, "p(95)": 95, "p(99)": 99 };

/** Latencies over all processes, accurate to 1 % of the samples, from each process's percentiles. */
export function mergedLatencies(instances: readonly Metrics[]): Metrics {
  const names = [...new Set(instances.flatMap((metrics) => Object.keys(metrics)))];
  const latencies = names.filter((name) => metricOf(name)?.kind === "latency");
  return Object.fromEntries(
    latencies.flatMap((name) => {
      const parts = instances.flatMap((metrics) => {
        const samples = metrics[name]?.["count"] ?? 0;
        return samples === 0 ? [] : [{ samples, percentiles: percentilesOf(metrics[name] ?? {}) }];
      });
      if (parts.length === 0) return [];
      const percentiles = Object.entries(MERGED).map(([statistic, place]) => [statistic, percentileOf(place, parts)]);
      return [[name, { count: sum(parts.map(({ samples }) => samples)), ...Object.fromEntries(percentiles) }]];
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
