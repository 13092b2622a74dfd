/**
 * The rows of the fault matrix, and what makes one red. A row plants a defect or disturbs a run, and
 * says which verdict with which reasons must come of it: no other reason may be given.
 */

import type { Account } from "../../core/account.ts";
import type { Evidence as Attribution } from "../../core/evidence.ts";
import type { Verdict } from "../../core/verdict.ts";
import { METRICS } from "../../systems/metrics.ts";
import type { RunnableTest } from "../../systems/variables.ts";

/** What a k6 test of a row left behind. */
export interface TestEvidence {
  readonly test: RunnableTest;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly exitCode: number | null;
  /** Each objective with what was observed, as the summary has it; empty where k6 wrote none. */
  readonly rows: readonly ObservedRow[];
  /** Events per second that it says it offered; absent where it publishes nothing, or k6 wrote no summary. */
  readonly achieved?: number;
  /** By what it was decided who is to blame; absent where k6 wrote no summary. */
  readonly attribution?: Attribution;
}

/** An objective of a summary. */
export interface ObservedRow {
  readonly metric: string;
  /** As in `p(95) < 25`. */
  readonly objective: string;
  readonly observed: number | null;
  readonly samples: number;
  readonly floor: number;
  /** How far the observed value may be off, and why it could not be judged for that; null where it could. */
  readonly uncertainty?: number | null;
  readonly doubt?: string | null;
  /** What the target said, where the objective was not met. */
  readonly evidence?: string | undefined;
}

/** What was seen of a row. */
export interface Evidence {
  readonly verdict: Verdict;
  readonly tests: readonly TestEvidence[];
  /** As the receiver has it; null where it cannot be had. */
  readonly account: Account | null;
  /** The run did not end by itself in its time and was cut off. */
  readonly hung: boolean;
  /** Processes that outlived the row, and with them the ports they listen on. */
  readonly left: readonly string[];
}

/** Something about the numbers that must hold, beside verdict and reasons. */
export type Check = readonly [what: string, holds: (account: Account, tests: readonly TestEvidence[]) => boolean];

/** What must come of a row. */
export interface Expectation {
  readonly verdict: Verdict;
  /** Metrics whose objective must be missed, or a statistic of one, and phrases that reasons or causes must contain. */
  readonly reasons: readonly string[];
  /** Reasons that may be given too. */
  readonly besides?: readonly string[];
  readonly checks?: readonly Check[];
}

/** One row, whatever it is planted in. */
export interface Row<Plant> {
  /** Unique in the matrix. */
  readonly name: string;
  /** What is planted or done, in words. */
  readonly plants: string;
  readonly plant: Plant;
  readonly expect: Expectation;
  /** Among the few that `npm test` runs. */
  readonly fast?: boolean;
}

/** Where rows are planted: one kind of pipeline. */
export interface Subject<Plant> {
  readonly name: string;
  /** A program that its rows cannot do without. */
  readonly needs?: string;
  /** Opens what its rows share. @param folder for logs and results. */
  open(root: string, folder: string): Promise<OpenSubject<Plant>>;
}

export interface OpenSubject<Plant> {
  run(plant: Plant, folder: string): Promise<Omit<Evidence, "left">>;
  close(): Promise<void>;
}

/** A subject with its rows: what plugs into the matrix. */
export interface Table<Plant> {
  readonly subject: Subject<Plant>;
  readonly rows: readonly Row<Plant>[];
}

/** Begins what is wrong with a reason that nothing planted explains. */
export const GROUNDLESS = "named without cause: ";

/** What is wrong with a row: empty when it is green. A pure function of what was expected and seen. */
export function shortcomings({ expect }: Pick<Row<unknown>, "expect">, evidence: Evidence): string[] {
  const { verdict, reasons, besides = [], checks = [] } = expect;
  const { account, hung, left } = evidence;
  const given = [...new Set(evidence.tests.flatMap((test) => test.reasons))];
  const told = [...given, ...(account?.causes ?? [])];
  const allowed = [...reasons, ...besides];
  const groundless = given.filter((text) => !allowed.some((reason) => names(text, reason)));
  return [
    ...(hung ? ["it did not end in its time"] : []),
    ...(verdict === evidence.verdict ? [] : [`the verdict is ${evidence.verdict}, not ${verdict}`]),
    ...evidence.tests.flatMap(saysOtherwise),
    ...reasons.filter((reason) => !told.some((text) => names(text, reason))).map((reason) => `not named: ${reason}`),
    ...groundless.map((text) => `${GROUNDLESS}${text}`),
    ...checks
      .filter(([, holds]) => account === null || !holds(account, evidence.tests))
      .map(([what]) => `does not hold: ${what}`),
    ...left.map((what) => `left behind: ${what}`),
  ];
}

/** A bare `k6 run` has its exit code alone to say what the verdict is. */
function saysOtherwise({ test, verdict, exitCode }: TestEvidence): string[] {
  if ((exitCode === 0) === (verdict === "PASS")) return [];
  return [`k6 ${test} ended with ${exitCode}, and its verdict is ${verdict}`];
}

/** Whether a reason is about a metric, about one statistic of it as in `http_ready_latency_ms p(95)`, or contains a phrase. */
export function names(text: string, reason: string): boolean {
  const [metric = "", statistic, ...rest] = reason.split(" ");
  if (!(metric in METRICS) || rest.length > 0) return text.includes(reason);
  const isOfMetric = text.startsWith(`${metric} (`) || text.startsWith(`${metric}:`);
  const ofStatistic = new RegExp(`(must be|judge) ${(statistic ?? "").replace(/[()]/g, "\\$&")} `);
  return isOfMetric && (statistic === undefined || ofStatistic.test(text));
}
