import { Counter, Gauge, Rate, Trend } from "k6/metrics";
import type { Metric, MetricKind } from "../../core/metric.ts";
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

/** Declares the metrics of the named families; to be called in the init context. */
export function measures<F extends Family>(...families: F[]): Measures<F> {
  const names = handed(
    `metrics of ${families.join(", ")}`,
    () => namesOf(families),
    () => namesOf(families, ({ whole }) => whole !== true),
  ).split(" ");
  const declared: Partial<Record<string, Measure>> = {};
  // Not `for of`: each step of an iterator is an object, which cost a tenth of the metrics.
  for (let kind = 1; kind < names.length; kind += 2) {
    const name = names[kind - 1] as string;
    declared[name] = measureOf(name, names[kind] as MetricKind);
  }
  return declared as Measures<F>;
}

/** Each name, and its kind behind it, in one text: as JSON, they took each virtual user 35 KB to read. */
function namesOf(families: readonly Family[], needs = (_: Metric) => true): string {
  const metrics = families.flatMap((family) => Object.entries<Metric>(lead?.FAMILIES[family] ?? {}));
  const kinds = new Map(metrics.flatMap(([name, metric]) => (needs(metric) ? [[name, metric.kind]] : [])));
  return [...kinds].flat().join(" ");
}

/** Declares the metric of one answer time beside those of the families. */
export function latencyMeasure(name: string): Measure {
  return measureOf(name, "latency");
}

function measureOf(name: string, kind: MetricKind): Measure {
  if (kind === "tally") return new Tally(counter(name));
  if (kind === "moment") return new Moments(new Trend(name));
  const samples = counter(sampleCounter(name));
  return kind === "count"
    ? new Count(counter(name), samples)
    : new Sampled(sampled(name, kind), samples, bounds[name]?.map(heldTo) ?? NONE);
}

// Classes, because two functions for each metric of each virtual user would be 1.5 KB.

class Tally implements Measure {
  private readonly total: Counter;

  constructor(total: Counter) {
    this.total = total;
  }

  add(value: number | boolean): void {
    addTo(this.total, Number(value));
  }

  looked(): void {}
}

class Moments implements Measure {
  private readonly moments: Trend;

  constructor(moments: Trend) {
    this.moments = moments;
  }

  add(value: number | boolean): void {
    this.moments.add(Number(value));
  }

  looked(): void {}
}

class Count implements Measure {
  private readonly total: Counter;
  private readonly samples: Counter;

  constructor(total: Counter, samples: Counter) {
    this.total = total;
    this.samples = samples;
  }

  add(value: number | boolean, outOf = 1): void {
    addTo(this.total, Number(value));
    addTo(this.samples, outOf);
  }

  looked(outOf: number): void {
    addTo(this.samples, outOf);
  }
}

/** A bound, and the counter of what reaches it. */
interface Held {
  readonly bound: number;
  readonly reaching: Counter;
}

const NONE: readonly Held[] = [];

function heldTo({ bound, reaching }: Shared): Held {
  return { bound, reaching: counter(reaching) };
}

class Sampled implements Measure {
  private readonly values: Trend | Rate | Gauge;
  private readonly samples: Counter;
  private readonly held: readonly Held[];

  constructor(values: Trend | Rate | Gauge, samples: Counter, held: readonly Held[]) {
    this.values = values;
    this.samples = samples;
    this.held = held;
  }

  add(value: number | boolean, outOf = 1): void {
    this.values.add(value);
    for (const { bound, reaching } of this.held) if (Number(value) >= bound) reaching.add(1);
    addTo(this.samples, outOf);
  }

  looked(outOf: number): void {
    addTo(this.samples, outOf);
  }
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
