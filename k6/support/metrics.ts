import { Counter, Gauge, Rate, Trend } from "k6/metrics";
import type { Metric } from "../../core/metric.ts";
import { reachingCounter, sampleCounter } from "../../core/samples.ts";
import type { Slo } from "../../core/slo.ts";
import { handed } from "./handed.ts";
import { lead } from "./lead.ts";
import type { Family, Measure, Measures } from "./measure.ts";

export type { Measure } from "./measure.ts";

const counters: Counter[] = [];

/** A bound of a percentile that several processes share, and the counter of what reaches it. */
interface Shared {
  readonly bound: number;
  readonly reaching: string;
}

/** Such bounds by metric. */
let bounds: Readonly<Record<string, readonly Shared[]>> = {};

/**
 * Counts what reaches a bound where several processes share the load: their percentiles cannot be merged, but
 * their counts can. To be called before {@link measures}.
 */
export function countBounds({ slos, INSTANCES }: { readonly slos: readonly Slo[]; readonly INSTANCES: number }): void {
  if (INSTANCES > 1) bounds = handed("bounds", () => sharedBounds(slos));
}

function sharedBounds(slos: readonly Slo[]): Record<string, readonly Shared[]> {
  const found: Record<string, readonly Shared[]> = {};
  for (const row of slos) {
    if (row.comparison !== "<" || !row.statistic.startsWith("p(")) continue;
    const { metric, bound } = row;
    found[metric] = [...(found[metric] ?? []), { bound, reaching: reachingCounter(row) }];
  }
  return found;
}

/** What teardown enters of the run as a whole: virtual users but the first do without. */
const OF_THE_WHOLE: Family = "account";

/** Declares the metrics of the named families; to be called in the init context. */
export function measures<F extends Family>(...families: F[]): Measures<F> {
  const kinds = handed(
    `metrics of ${families.join(", ")}`,
    () => kindsOf(families),
    () => kindsOf(families.filter((family) => family !== OF_THE_WHOLE)),
  );
  const declared: Partial<Record<string, Measure>> = {};
  for (const [name, kind] of Object.entries(kinds)) declared[name] = measure(name, kind);
  return declared as Measures<F>;
}

function kindsOf(families: readonly Family[]): Record<string, Metric["kind"]> {
  const metrics = families.flatMap((family) => Object.entries<Metric>(lead?.FAMILIES[family] ?? {}));
  return Object.fromEntries(metrics.map(([name, { kind }]) => [name, kind]));
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
  const held = (bounds[name] ?? []).map(({ bound, reaching }) => ({ bound, reaching: counter(reaching) }));
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
