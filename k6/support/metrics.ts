import { Counter, Gauge, Rate, Trend } from "k6/metrics";
import type { Metric } from "../../core/metrics.ts";
import { reachingCounter, type Slo, sampleCounter } from "../../core/slo.ts";
import { FAMILIES, type MetricName } from "../../systems/metrics.ts";
import { IS_FIRST } from "./first.ts";

/** A metric with its samples counted beside it, so that an objective can ask for enough of them. */
export interface Measure {
  /**
   * Enters a value. For counts and tallies it is how many.
   *
   * @param outOf how many things were looked at; 1 unless told, 0 when that was told before.
   */
  add(value: number | boolean, outOf?: number): void;
  /** Says how many things were looked at, for values that were added with 0. */
  looked(outOf: number): void;
}

type Family = keyof typeof FAMILIES;
type NamesOf<F extends Family> = F extends Family ? Extract<keyof (typeof FAMILIES)[F], MetricName> : never;

const counters: Counter[] = [];

/** The bounds of percentiles that several processes share, by metric. */
const bounds = new Map<string, readonly Slo[]>();

/**
 * Counts what reaches a bound where several processes share the load: their percentiles cannot be merged, but
 * their counts can. To be called before {@link measures}.
 */
export function countBounds({ slos, INSTANCES }: { readonly slos: readonly Slo[]; readonly INSTANCES: number }): void {
  if (INSTANCES === 1) return;
  for (const row of slos) {
    if (row.comparison !== "<" || !row.statistic.startsWith("p(")) continue;
    bounds.set(row.metric, [...(bounds.get(row.metric) ?? []), row]);
  }
}

/** What teardown enters of the run as a whole: virtual users but the first do without. */
const OF_THE_WHOLE: Family = "account";

/** Declares the metrics of the named families; to be called in the init context. */
export function measures<F extends Family>(...families: F[]): Readonly<Record<NamesOf<F>, Measure>> {
  const declared: Partial<Record<string, Measure>> = {};
  for (const family of families) {
    if (!IS_FIRST && family === OF_THE_WHOLE) continue;
    for (const [name, { kind }] of Object.entries<Metric>(FAMILIES[family])) declared[name] = measure(name, kind);
  }
  return declared as Record<NamesOf<F>, Measure>;
}

/** Declares the metric of one answer time beside those of the families. */
export function latencyMeasure(name: string): Measure {
  return measure(name, "latency");
}

function measure(name: string, kind: Metric["kind"]): Measure {
  if (kind === "tally") {
    const total = counter(name);
    return { add: (value) => addTo(total, Number(value)), looked: () => undefined };
  }
  if (kind === "moment") {
    const moments = new Trend(name);
    return { add: (value) => moments.add(Number(value)), looked: () => undefined };
  }
  const samples = counter(sampleCounter(name));
  const looked = (outOf: number) => addTo(samples, outOf);
  if (kind === "count") {
    const total = counter(name);
    return {
      add(value, outOf = 1) {
        addTo(total, Number(value));
        looked(outOf);
      },
      looked,
    };
  }
  const values = sampled(name, kind);
  const held = (bounds.get(name) ?? []).map((row) => ({ bound: row.bound, reaching: counter(reachingCounter(row)) }));
  return {
    add(value, outOf = 1) {
      values.add(value);
      for (const { bound, reaching } of held) if (Number(value) >= bound) reaching.add(1);
      looked(outOf);
    },
    looked,
  };
}

/** Nothing to add is not told: an output sends every sample away, and most counts of faults are zero. */
function addTo(counter: Counter, value: number): void {
  if (value !== 0) counter.add(value);
}

function sampled(name: string, kind: "latency" | "share" | "reading"): Trend | Rate | Gauge {
  switch (kind) {
    case "latency":
      return new Trend(name, true);
    case "share":
      return new Rate(name);
    case "reading":
      return new Gauge(name);
  }
}

function counter(name: string): Counter {
  const made = new Counter(name);
  counters.push(made);
  return made;
}

/** Makes every counter known to k6 at zero: a counter that was never added to passes any threshold. */
export function declareCounters(): void {
  for (const each of counters) each.add(0);
}
