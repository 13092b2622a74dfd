/**
 * One answer about a run, with its reasons. A pure function of the objectives and what was observed.
 */
import { METRICS, type MetricName } from "./metrics.ts";
import type { Slo } from "./slo.ts";

export type Verdict = "PASS" | "FAIL" | "INVALID";

/** The exit code of each verdict, for tools that stand round k6; k6 itself exits 99 for both of the last. */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 1, INVALID: 3 };

/** The verdict over several tests of one run: what could not be measured leaves the whole in doubt. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0 || verdicts.includes("INVALID")) return "INVALID";
  return verdicts.includes("FAIL") ? "FAIL" : "PASS";
}

/** An objective beside what was observed. */
export interface Observation {
  readonly slo: Slo;
  /** Null when the metric has no value at all. */
  readonly observed: number | null;
  readonly samples: number;
  /** What the target said that explains a miss. */
  readonly evidence?: string | undefined;
}

/** One row of the answer. */
export interface SloResult {
  readonly metric: string;
  /** As in `p(95) < 25`. */
  readonly objective: string;
  readonly observed: number | null;
  readonly samples: number;
  readonly floor: number;
  /** Distance to the bound as a share of it, negative when missed; null where the bound is 0, exact, or asks for any at all. */
  readonly margin: number | null;
  readonly result: "met" | "missed" | "unmeasured";
  /** What the target said, where the objective is not met. */
  readonly evidence?: string;
}

/** The answer. */
export interface Judged {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly rows: readonly SloResult[];
}

/**
 * Judges a run. A condition of the measurement that is missed makes it INVALID, whatever the
 * objectives say: a saturated generator must not blame the target. Then a missed objective makes it
 * FAIL, and one that could not be measured makes it INVALID. So does a run without any objective:
 * nothing was judged.
 */
export function judge(observations: readonly Observation[]): Judged {
  if (observations.length === 0) {
    return { verdict: "INVALID", reasons: ["no objective was set, so that nothing was judged"], rows: [] };
  }
  const judged = observations.map((observation) => ({ ...observation, row: rowOf(observation) }));
  const missed = judged.filter(({ row }) => row.result === "missed");
  const unmeasured = judged.filter(({ row }) => row.result === "unmeasured");
  const spoilt = missed.filter(({ slo }) => slo.miss === "INVALID" && slo.yields !== true);
  const failed = missed.filter(({ slo }) => slo.miss === "FAIL");
  const tooLittle = [...missed.filter(({ slo }) => slo.yields === true), ...unmeasured];
  const invalid = spoilt.length > 0 || (failed.length === 0 && tooLittle.length > 0);
  const verdict = invalid ? "INVALID" : failed.length > 0 ? "FAIL" : "PASS";
  const reasons = [...spoilt, ...failed, ...tooLittle];
  return { verdict, reasons: reasons.map(({ row }) => reasonOf(row)), rows: judged.map(({ row }) => row) };
}

function rowOf({ slo, observed, samples, evidence }: Observation): SloResult {
  const { metric, statistic, comparison, bound, floor } = slo;
  const enough = observed !== null && samples >= floor;
  // A count of defects above zero is certain however few samples there are.
  const limited = statistic === "count" && (comparison === "==" || comparison === "<=");
  const certain = observed !== null && samples > 0 && limited && observed > bound;
  const holds = observed !== null && compare(observed, comparison, bound);
  const result = !enough && !certain ? "unmeasured" : holds ? "met" : "missed";
  return {
    metric,
    objective: `${statistic} ${comparison} ${bound}`,
    observed,
    samples,
    floor,
    margin: observed === null ? null : marginOf(observed, slo),
    result,
    ...(result === "met" || evidence === undefined ? {} : { evidence }),
  };
}

function compare(observed: number, comparison: Slo["comparison"], bound: number): boolean {
  switch (comparison) {
    case "<":
      return observed < bound;
    case "<=":
      return observed <= bound;
    case ">=":
      return observed >= bound;
    case "==":
      return observed === bound;
  }
}

/** The share of the bound that is left; null where there is no distance to tell. */
function marginOf(observed: number, { statistic, comparison, bound }: Slo): number | null {
  if (bound === 0 || comparison === "==") return null;
  if (comparison !== ">=") return (bound - observed) / bound;
  // Whether there was anything at all: how much more there was is no reserve.
  if (statistic === "count" && bound === 1) return null;
  return (observed - bound) / bound;
}

/** An objective that is not met, as a reason. */
export function reasonOf({ evidence, ...row }: SloResult): string {
  return evidence === undefined ? missOf(row) : `${missOf(row)}: ${evidence}`;
}

function missOf({ metric, objective, observed, samples, floor, result }: SloResult): string {
  const meaning = metric in METRICS ? ` (${METRICS[metric as MetricName].meaning})` : "";
  if (result === "unmeasured") {
    return `${metric}${meaning}: ${samples} samples, ${floor} are needed to judge ${objective}`;
  }
  return `${metric}${meaning}: ${number(observed)}, must be ${objective}`;
}

function number(value: number | null): string {
  return value === null ? "nothing" : String(Number(value.toPrecision(6)));
}
