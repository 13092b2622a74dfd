/** An objective: a statistic of a metric, its bound, its sample floor, and its thresholds for k6. */
import { samplesToProve } from "./confidence.ts";
import { sampleCounter } from "./samples.ts";

/** A statistic of a metric, spelled as k6's thresholds spell it. */
export type Statistic = "p(95)" | "p(99)" | "avg" | "max" | "rate" | "count" | "value";

/** A service level objective, or a condition of the measurement. */
export interface Slo {
  readonly metric: string;
  readonly statistic: Statistic;
  readonly comparison: "<" | "<=" | ">=" | "==";
  readonly bound: number;
  /** With fewer samples the objective cannot be judged. */
  readonly floor: number;
  /** The meaning of a miss: the target failed, or the run could not measure it. */
  readonly miss: "FAIL" | "INVALID";
  /** For conditions: the metrics that a miss invalidates, so that their misses are not the target's fault. */
  readonly spoils?: RegExp;
  /** Metrics whose misses or missing samples have the same cause when this objective is missed. */
  readonly explains?: RegExp;
}

/** Five samples beyond the percentile. */
export const P95_FLOOR = 100;
export const P99_FLOOR = 500;
const MEAN_FLOOR = 30;

export const SHARE_FLOOR = 100;

/** A small share needs enough samples that a run without any miss proves it; see confidence.ts. */
function shareFloor(comparison: Slo["comparison"], bound: number): number {
  const rare = comparison === ">=" ? 1 - bound : bound;
  return Math.max(SHARE_FLOOR, samplesToProve(rare));
}

/** A statistic of a metric. A class, because it is created in every virtual user of k6, where methods are shared. */
class Comparable {
  private readonly metric: string;
  private readonly statistic: Statistic;
  private readonly miss: Slo["miss"];
  private readonly floor: number;

  constructor(metric: string, statistic: Statistic, miss: Slo["miss"], floor: number) {
    this.metric = metric;
    this.statistic = statistic;
    this.miss = miss;
    this.floor = floor;
  }

  below(bound: number): Slo {
    return this.row("<", bound);
  }

  atLeast(bound: number): Slo {
    return this.row(">=", bound);
  }

  atMost(bound: number): Slo {
    return this.row("<=", bound);
  }

  is(bound: number): Slo {
    return this.row("==", bound);
  }

  private row(comparison: Slo["comparison"], bound: number): Slo {
    const { metric, statistic, miss } = this;
    const floor = statistic === "rate" ? shareFloor(comparison, bound) : this.floor;
    return { metric, statistic, comparison, bound, floor, miss };
  }
}

/** The statistics of a metric, created on demand, because every virtual user of k6 creates its own rows. */
class Objectives {
  private readonly metric: string;
  private readonly miss: Slo["miss"];

  constructor(metric: string, miss: Slo["miss"]) {
    this.metric = metric;
    this.miss = miss;
  }

  get p95() {
    return this.of("p(95)", P95_FLOOR);
  }

  get p99() {
    return this.of("p(99)", P99_FLOOR);
  }

  get average() {
    return this.of("avg", MEAN_FLOOR);
  }

  get max() {
    return this.of("max", 1);
  }

  get rate() {
    return this.of("rate", SHARE_FLOOR);
  }

  get count() {
    return this.of("count", 1);
  }

  /** A count of defects. @param floor number of tries that it needs. */
  countOf(floor: number) {
    return this.of("count", floor);
  }

  /** A value computed elsewhere. @param floor number of samples that it needs. */
  value(floor: number) {
    return this.of("value", floor);
  }

  private of(statistic: Statistic, floor: number): Comparable {
    return new Comparable(this.metric, statistic, this.miss, floor);
  }
}

/** An objective of the target: missing it is a FAIL. */
export const slo = (metric: string) => new Objectives(metric, "FAIL");

/** A condition of the measurement: missing it makes the run INVALID. */
export const valid = (metric: string) => new Objectives(metric, "INVALID");

/** Conditions whose miss invalidates some metrics. */
export const spoiling = (spoils: RegExp, ...rows: readonly Slo[]): Slo[] => rows.map((row) => ({ ...row, spoils }));

/** Objectives whose miss is the cause of other misses. */
export const explaining = (explains: RegExp, ...rows: readonly Slo[]): Slo[] =>
  rows.map((row) => ({ ...row, explains }));

/** An objective with another bound: "== 0" becomes "<= n", and a smaller share needs more samples. */
export function withBound(row: Slo, bound = row.bound): Slo {
  if (bound === row.bound) return row;
  const none = row.comparison === "==" && (row.statistic === "count" || row.statistic === "rate");
  const comparison = none ? "<=" : row.comparison;
  const floor = row.statistic === "rate" ? shareFloor(comparison, bound) : row.floor;
  return { ...row, bound, comparison, floor };
}

/** Prefix of the variables for bounds. */
export const SLO_PREFIX = "SLO_";

/** The variable that sets an objective's bound: `SLO_WS_EVENT_LATENCY_MS_P95`. */
export function sloVariable({ metric, statistic }: Pick<Slo, "metric" | "statistic">): string {
  return `${SLO_PREFIX}${metric}_${statistic.replace(/[()]/g, "")}`.toUpperCase();
}

/** The k6 threshold expression of an objective. */
export function expression({ statistic, comparison, bound }: Slo): string {
  return `${statistic}${comparison}${bound}`;
}

/** The k6 threshold expression of an objective's sample floor. */
export function floorExpression({ floor }: Slo): string {
  return `count>=${floor}`;
}

/** An entry of a k6 `thresholds` list. */
export type K6Threshold = string | { threshold: string; abortOnFail: boolean; delayAbortEval: string };

/**
 * Translates objectives into k6 thresholds, each with its sample floor.
 *
 * @param abort end the run when an objective of the target breaks, as a breakpoint profile does.
 */
export function k6Thresholds(rows: readonly Slo[], abort = false): Record<string, K6Threshold[]> {
  const thresholds: Record<string, K6Threshold[]> = {};
  const add = (metric: string, threshold: K6Threshold) => {
    const list = thresholds[metric] ?? [];
    thresholds[metric] = list.includes(threshold) ? list : [...list, threshold];
  };
  for (const row of rows) {
    const threshold = expression(row);
    const stops = abort && row.miss === "FAIL";
    add(row.metric, stops ? { threshold, abortOnFail: true, delayAbortEval: "10s" } : threshold);
    add(sampleCounter(row.metric), floorExpression(row));
  }
  return thresholds;
}
