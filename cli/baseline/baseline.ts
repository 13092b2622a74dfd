/**
 * Baselines: earlier runs that later runs are compared with. The file has one number a line and sorted names, so that
 * the diff of another run only adds lines.
 */
import * as v from "valibot";
import { parseJson } from "../record.ts";
import type { Result } from "../result.ts";
import { roughlyEnough } from "./floor.ts";
import { describe, differences, fingerprint } from "./likeness.ts";
import { type MeasurementKind, measure, processesOf } from "./measurement.ts";

const Numbers = v.record(v.string(), v.pipe(v.number(), v.finite()));

const Run = v.strictObject({
  startedAt: v.string(),
  /** System and number of cores, because numbers from another machine do not compare. */
  machine: v.string(),
  /** Largest error of a latency between two clocks, in ms. */
  clockError: v.number(),
  /** By how much a latency may be too high, because the far end was polled, in ms. */
  pollError: v.optional(v.number()),
  /** The run missed an objective, and was saved with --failed anyway. */
  failed: v.optional(v.literal(true)),
  /**
   * No number here is the worst of several processes. Baselines of older versions lack this mark and may hold such
   * numbers.
   */
  merged: v.optional(v.literal(true)),
  latency: Numbers,
  defect: Numbers,
  throughput: Numbers,
});

const Schema = v.strictObject({
  version: v.literal(1),
  subject: v.string(),
  /** Hash of the parameters; see likeness.ts. */
  fingerprint: v.string(),
  parameters: v.record(v.string(), v.string()),
  runs: v.record(v.string(), Run),
});

export type Baseline = v.InferOutput<typeof Schema>;
export type BaselineRun = v.InferOutput<typeof Run>;

/**
 * Makes a baseline from a run, or adds the run to an existing baseline. A run that is already in it is replaced.
 *
 * @throws an error when the run measured nothing, or has other parameters than the baseline.
 */
export function withRun(result: Result, earlier: Baseline | null = null): Baseline {
  refuseInvalid(result);
  if (earlier !== null) refuseUnlike(result, earlier);
  return {
    version: 1,
    subject: result.subject,
    fingerprint: fingerprint(result.parameters),
    parameters: result.parameters,
    runs: { ...earlier?.runs, [result.run]: runOf(result) },
  };
}

/** @throws an error when the run is INVALID or was interrupted: its numbers say nothing about the target. */
export function refuseInvalid({ run, verdict, complete, reasons }: Result): void {
  if (verdict === "INVALID") {
    throw new Error(
      `run ${run} is INVALID, and neither saved nor compared: ${reasons[0]?.text ?? "it gives no reason"}`,
    );
  }
  if (!complete) throw new Error(`run ${run} was interrupted, and is neither saved nor compared`);
}

/** @throws an error when the run missed an objective: later runs would be compared with a bad one. */
export function refuseFailed({ run, verdict, reasons }: Result): void {
  if (verdict !== "FAIL") return;
  const why = reasons[0]?.text ?? "it gives no reason";
  throw new Error(`run ${run} is FAIL (${why}); to take it as a baseline all the same: baseline save ${run} --failed`);
}

/** @throws an error that names each parameter in which the run differs from the baseline. */
export function refuseUnlike(result: Result, { subject, parameters }: Baseline): void {
  const ours = { ...result.parameters, subject: result.subject };
  const different = differences(ours, { ...parameters, subject });
  if (different.length > 0) {
    throw new Error(`run ${result.run} is not like the baseline: ${describe(different)}`);
  }
}

function runOf(result: Result): BaselineRun {
  const measurements = measure(result).filter(roughlyEnough);
  const polled = Math.max(0, ...measurements.map((one) => one.polled ?? 0));
  const ofKind = (kind: MeasurementKind) => {
    const own = measurements.filter((one) => one.kind === kind);
    return Object.fromEntries(own.map(({ name, value }) => [name, Number(value.toPrecision(6))]));
  };
  return {
    startedAt: new Date(result.startedAt).toISOString(),
    machine: machineOf(result),
    clockError: clockErrorOf(result),
    ...(polled > 0 ? { pollError: Number(polled.toPrecision(6)) } : {}),
    ...(result.verdict === "FAIL" ? { failed: true as const } : {}),
    ...(processesOf(result) === 1 || measurements.some(({ isWorst }) => isWorst) ? {} : { merged: true as const }),
    latency: ofKind("latency"),
    defect: ofKind("defect"),
    throughput: ofKind("throughput"),
  };
}

/** The machine as one line. */
export function machineOf({ machine }: Result): string {
  return `${machine.system}, ${machine.cores} ${machine.cores === 1 ? "core" : "cores"}`;
}

/** The largest clock error of any test, in ms; 0 where one clock was enough. */
export function clockErrorOf({ tests }: Result): number {
  return Math.max(0, ...tests.map(({ summary }) => summary?.clock?.error ?? 0));
}

/** The text of the file. */
export function writeBaseline(baseline: Baseline): string {
  return `${JSON.stringify(sorted(baseline), null, 2)}\n`;
}

/** Parses a baseline file. @throws an error that names the file and the first invalid field. */
export function parseBaseline(text: string, name: string): Baseline {
  const baseline = parseJson(Schema, text, name, "a baseline");
  if (baseline.fingerprint !== fingerprint(baseline.parameters)) {
    throw new Error(`${name} is not a baseline: its parameters were changed, their fingerprint was not`);
  }
  if (Object.keys(baseline.runs).length === 0) throw new Error(`${name} is not a baseline: it holds no run`);
  return baseline;
}

/** The value with the keys of every object sorted; run ids begin with their date. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}
