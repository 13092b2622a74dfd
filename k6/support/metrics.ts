import { Counter, Gauge, Rate, Trend } from "k6/metrics";
import { FAMILIES, METRICS, type MetricName } from "../../metrics.ts";
import { sampleCounter } from "../../thresholds.ts";

/** A metric with its samples counted beside it, so that an objective can ask for enough of them. */
export interface Measure {
  /**
   * Enters a value. For counts and tallies it is how many.
   *
   * @param outOf how many things were looked at; 1 unless told.
   */
  add(value: number | boolean, outOf?: number): void;
}

type Family = keyof typeof FAMILIES;
type NamesOf<F extends Family> = F extends Family ? Extract<keyof (typeof FAMILIES)[F], MetricName> : never;

const counters: Counter[] = [];

/** Declares the metrics of the named families; to be called in the init context. */
export function measures<F extends Family>(...families: F[]): Readonly<Record<NamesOf<F>, Measure>> {
  const declared: Partial<Record<string, Measure>> = {};
  for (const family of families) {
    for (const name of Object.keys(FAMILIES[family])) declared[name] = measure(name as MetricName);
  }
  return declared as Record<NamesOf<F>, Measure>;
}

function measure(name: MetricName): Measure {
  const { kind } = METRICS[name];
  if (kind === "tally") {
    const total = counter(name);
    return { add: (value) => total.add(value) };
  }
  const samples = counter(sampleCounter(name));
  const values = kind === "count" ? counter(name) : sampled(name, kind);
  return {
    add(value, outOf = 1) {
      values.add(value);
      samples.add(outOf);
    },
  };
}

function sampled(name: MetricName, kind: "latency" | "share" | "reading"): Trend | Rate | Gauge {
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
