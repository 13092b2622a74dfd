/** Whether a run is worse than its baseline. Pure. */

import { several } from "../../core/numbers.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { Result } from "../result.ts";
import { type Baseline, type BaselineRun, clockErrorOf, machineOf, refuseInvalid, refuseUnlike } from "./baseline.ts";
import { enoughSamples, MORE, MOST_ROUGHLY, noiseOf, roughlyEnough, roughlyMore } from "./floor.ts";
import { isCompared, type Measurement, type MeasurementKind, measure, processesOf } from "./measurement.ts";

/** A throughput is worse when it is below this share of the baseline. */
const LESS = 0.9;

/**
 * - same: within the limit. better: outside it on the good side.
 * - worse: outside it on the bad side; fails the comparison.
 * - missing: the baseline has it, but this run did not measure it.
 * - unsure: this run has too few samples for a comparison, and is not worse by far.
 */
export type ComparisonOutcome = "same" | "better" | "worse" | "missing" | "unsure";

/** One measurement with its baseline. */
export interface ComparisonRow {
  readonly kind: MeasurementKind;
  readonly name: string;
  /** The lowest and the highest value of the baseline's runs. */
  readonly low: number;
  readonly high: number;
  readonly observed: number | null;
  /** Values beyond this are worse. */
  readonly limit: number;
  /** Observed over the nearest end of the baseline's range; 1 inside the range, null where a ratio means nothing. */
  readonly ratio: number | null;
  readonly outcome: ComparisonOutcome;
}

/** The result of comparing a run with its baseline. */
export interface Comparison {
  readonly run: string;
  /** The runs of the baseline, in order. */
  readonly against: readonly string[];
  readonly verdict: Verdict;
  /** Why the result is not PASS. */
  readonly reasons: readonly string[];
  /** What makes the comparison less reliable, without changing its result. */
  readonly cautions: readonly string[];
  readonly rows: readonly ComparisonRow[];
}

/**
 * Compares a run with its baseline. The run must not be part of it.
 *
 * @throws an error when they cannot be compared: INVALID, interrupted, or with other parameters.
 */
export function compare(result: Result, baseline: Baseline): Comparison {
  refuseInvalid(result);
  refuseUnlike(result, baseline);
  const { [result.run]: _, ...others } = baseline.runs;
  const against = Object.keys(others);
  if (against.length === 0)
    throw new Error(`run ${result.run} is the only one of its baseline: run it again, then compare`);
  const runs = Object.values(others);
  const measured = new Map(measure(result).map((one) => [one.name, one]));
  const clockError = clockErrorOf(result) + Math.max(...runs.map((run) => run.clockError));
  const pollError = Math.max(0, ...runs.map((run) => run.pollError ?? 0));
  const rows = ranges(runs).map((range) => rowOf(range, measured.get(range.name), { clockError, pollError }));
  const worst = rows.filter(({ name }) => measured.get(name)?.isWorst);
  return {
    run: result.run,
    against,
    ...verdictOn(rows, result),
    cautions: [...cautionsOf(result, others, worst.length), ...unsureOf(rows)],
    rows,
  };
}

/** @param worst how many latencies of the run are the worst of its processes rather than merged values. */
function cautionsOf(result: Result, earlier: Baseline["runs"], worst: number): string[] {
  const processes = several(processesOf(result), "process", "processes");
  const named = (isMeant: (run: BaselineRun) => boolean) =>
    Object.entries(earlier)
      .filter(([, run]) => isMeant(run))
      .map(([name]) => name);
  // If both sides hold the worst of several processes, they compare.
  const unmerged = processesOf(result) > 1 && worst === 0 ? named(({ merged }) => merged !== true) : [];
  const machines = new Set(Object.values(earlier).map(({ machine }) => machine));
  machines.delete(machineOf(result));
  const cautions = named(({ failed }) => failed === true).map((run) => `run ${run} of the baseline is itself FAIL`);
  if (unmerged.length > 0)
    cautions.push(
      `the baseline may hold the worst of ${processes} (${unmerged.join(", ")}), beside which what they have together ` +
        "seems quick: save a newer run with --replace",
    );
  if (worst > 0)
    cautions.push(
      `the worst of ${processes} stands for ${several(worst, "latency", "latencies")}: ` +
        "this record does not say what they have together",
    );
  for (const machine of machines)
    cautions.push(`the baseline was measured on ${machine}, this run on ${machineOf(result)}`);
  return cautions;
}

function unsureOf(rows: readonly ComparisonRow[]): string[] {
  const unsure = rows.filter(({ outcome }) => outcome === "unsure").length;
  if (unsure === 0) return [];
  const many = `${unsure} of ${several(rows.length, "value")}`;
  return [
    `${many} had few samples, and would be worse only at several times as much: the fewer samples, the more times, ` +
      `up to ${MOST_ROUGHLY}`,
  ];
}

interface BaselineRange {
  readonly kind: MeasurementKind;
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** The range of each measurement over the runs of a baseline. */
function ranges(runs: readonly Baseline["runs"][string][]): BaselineRange[] {
  return (["latency", "defect", "throughput"] as const).flatMap((kind) => {
    const names = [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].filter(isCompared);
    return names.map((name) => {
      const values = runs.flatMap((run) => run[kind][name] ?? []);
      return { kind, name, low: Math.min(...values), high: Math.max(...values) };
    });
  });
}

/** How wrong latencies may be that are measured between two clocks, or at a far end that is polled. */
interface Errors {
  readonly clockError: number;
  /** Of the baseline's runs; a run's own is in its measurements. */
  readonly pollError: number;
}

function rowOf(range: BaselineRange, measured: Measurement | undefined, errors: Errors): ComparisonRow {
  const polled = measured?.polled === undefined ? 0 : Math.max(measured.polled, errors.pollError);
  const error = (measured?.betweenClocks === true ? errors.clockError : 0) + polled;
  const limit = limitOf(range, error);
  if (measured === undefined) return { ...range, observed: null, limit, ratio: null, outcome: "missing" };
  const observed = measured.value;
  const row = { ...range, observed, ratio: ratioOf(range, observed) };
  if (enoughSamples(measured)) return { ...row, limit, outcome: outcomeOf(range, observed, limit, error) };
  const { high, name } = range;
  const more = roughlyMore(measured);
  const rough = Math.max(limit, high * more, high + noiseOf(name) * more);
  return { ...row, limit: rough, outcome: roughlyEnough(measured) && observed > rough ? "worse" : "unsure" };
}

/** Where worse begins. A difference as large as that between the baseline's own runs means nothing. */
function limitOf({ kind, name, low, high }: BaselineRange, error: number): number {
  const spread = high - low;
  switch (kind) {
    case "latency":
      return Math.max(high * MORE, high + Math.max(noiseOf(name), spread, error));
    case "defect":
      // If the baseline has none, the limit is zero: the first defect is worse.
      return Math.max(high * MORE, high + spread);
    case "throughput":
      return Math.min(low * LESS, low - spread);
  }
}

function outcomeOf(
  { kind, name, low, high }: BaselineRange,
  observed: number,
  limit: number,
  error: number,
): ComparisonOutcome {
  const spread = high - low;
  switch (kind) {
    case "latency":
      if (observed > limit) return "worse";
      return observed < Math.min(low / MORE, low - Math.max(noiseOf(name), spread, error)) ? "better" : "same";
    case "defect":
      return observed > limit ? "worse" : observed < low ? "better" : "same";
    case "throughput":
      return observed < limit ? "worse" : observed > Math.max(high / LESS, high + spread) ? "better" : "same";
  }
}

function ratioOf({ low, high }: BaselineRange, observed: number): number | null {
  const nearest = observed > high ? high : observed < low ? low : observed;
  if (nearest === 0) return observed === 0 ? 1 : null;
  return observed / nearest;
}

/** Never better than the run's own verdict: a failure that is no worse than before is still a failure. */
function verdictOn(
  rows: readonly ComparisonRow[],
  { verdict: own, reasons: why }: Result,
): Pick<Comparison, "verdict" | "reasons"> {
  const worse = rows.filter(({ outcome }) => outcome === "worse");
  const missing = rows.filter(({ outcome }) => outcome === "missing");
  const compared = rows.some(({ outcome }) => outcome !== "missing" && outcome !== "unsure");
  const reasons = [
    ...worse.map(reasonOf),
    ...missing.map(({ name }) => `${name}: the baseline has it, this run measured nothing of it`),
    ...(own === "FAIL" ? [`the run itself is FAIL: ${why[0]?.text ?? "it gives no reason"}`] : []),
    ...(compared ? [] : ["nothing of this run can be compared: too few samples"]),
  ];
  const verdict = worse.length > 0 || own === "FAIL" ? "FAIL" : missing.length > 0 || !compared ? "INVALID" : "PASS";
  return { verdict, reasons };
}

function reasonOf({ kind, name, low, high, observed, limit }: ComparisonRow): string {
  const number = (value: number | null) => String(Number((value ?? 0).toPrecision(4)));
  const range = low === high ? number(high) : `${number(low)} to ${number(high)}`;
  const bound = { latency: "at most", defect: "at most", throughput: "at least" }[kind];
  const unit = kind === "latency" ? " ms" : "";
  return `${name}: ${number(observed)}${unit}, the baseline has ${range}${unit}, ${bound} ${number(limit)}${unit} is allowed`;
}
