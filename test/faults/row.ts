/**
 * The rows of the fault matrix, and the rules that make one red. A row plants a fault or disturbs a run, and names the
 * verdict and the reasons that must follow: any other reason makes it red.
 */

import type { Account } from "../../core/account.ts";
import type { Evidence as Attribution } from "../../core/evidence.ts";
import type { Verdict } from "../../core/verdict.ts";
import { METRICS } from "../../systems/metrics.ts";
import type { RunnableTest } from "../../systems/variables.ts";

/** The results of a row's k6 test. */
export interface TestEvidence {
  readonly test: RunnableTest;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly exitCode: number | null;
  /** Each objective with its observed value, as in the summary; empty without a summary. */
  readonly rows: readonly ObservedRow[];
  /** Events per second that it offered; absent for tests that do not publish, or without a summary. */
  readonly achieved?: number;
  /** The evidence for who is to blame; absent without a summary. */
  readonly attribution?: Attribution;
}

/** An objective of a summary. */
export interface ObservedRow {
  readonly metric: string;
  /** Such as `p(95) < 25`. */
  readonly objective: string;
  readonly observed: number | null;
  readonly samples: number;
  readonly floor: number;
  /** The error of the observed value, and why it prevented a judgement; null where it did not. */
  readonly uncertainty?: number | null;
  readonly doubt?: string | null;
  /** The target's words, if the objective was not met. */
  readonly evidence?: string | undefined;
}

/** The observations of a row. */
export interface Evidence {
  readonly verdict: Verdict;
  readonly tests: readonly TestEvidence[];
  /** The receiver's account; null when it cannot be fetched. */
  readonly account: Account | null;
  /** The run did not end in time and was stopped. */
  readonly hung: boolean;
  /** Processes that outlived the row, with their ports. */
  readonly left: readonly string[];
}

/** A check of numbers, besides verdict and reasons. */
export type Check = readonly [what: string, holds: (account: Account, tests: readonly TestEvidence[]) => boolean];

/** The expectations of a row. */
export interface Expectation {
  readonly verdict: Verdict;
  /** Metrics whose objective must be missed, or a statistic of one, and phrases that reasons or causes must contain. */
  readonly reasons: readonly string[];
  /** Reasons that are also allowed. */
  readonly besides?: readonly string[];
  readonly checks?: readonly Check[];
}

/** One row of any table. */
export interface Row<Plant> {
  /** Unique in the matrix. */
  readonly name: string;
  /** What is planted or done, in words. */
  readonly plants: string;
  readonly plant: Plant;
  readonly expect: Expectation;
  /** One of the few rows that `npm test` runs. */
  readonly fast?: boolean;
}

/** A pipeline in which rows are planted. */
export interface Subject<Plant> {
  readonly name: string;
  /** A program that its rows need. */
  readonly needs?: string;
  /** Opens what its rows share. @param folder for logs and results. */
  open(root: string, folder: string): Promise<OpenSubject<Plant>>;
}

export interface OpenSubject<Plant> {
  run(plant: Plant, folder: string): Promise<Omit<Evidence, "left">>;
  close(): Promise<void>;
}

/** A pipeline with its rows: what the matrix consists of. */
export interface Table<Plant> {
  readonly subject: Subject<Plant>;
  readonly rows: readonly Row<Plant>[];
}

/** Begins the complaint about a reason that nothing planted explains. */
export const GROUNDLESS = "named without cause: ";

/** What is wrong with a row; empty when it is green. A pure function of expectations and observations. */
export function shortcomings({ expect }: Pick<Row<unknown>, "expect">, evidence: Evidence): string[] {
  const { verdict, reasons, besides = [], checks = [] } = expect;
  const { account, hung, left } = evidence;
  const given = [...new Set(evidence.tests.flatMap((test) => test.reasons))];
  const told = [...given, ...(account?.causes ?? []), ...(account?.findings ?? [])];
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

/** A bare `k6 run` shows the verdict only in its exit code. */
function saysOtherwise({ test, verdict, exitCode }: TestEvidence): string[] {
  if ((exitCode === 0) === (verdict === "PASS")) return [];
  return [`k6 ${test} ended with ${exitCode}, and its verdict is ${verdict}`];
}

/**
 * Whether a reason is about a metric, about one statistic of it as in `http_ready_latency_ms p(95)`, or contains a
 * phrase.
 */
export function names(text: string, reason: string): boolean {
  const [metric = "", statistic, ...rest] = reason.split(" ");
  if (!(metric in METRICS) || rest.length > 0) return text.includes(reason);
  const isOfMetric = text.startsWith(`${metric} (`) || text.startsWith(`${metric}:`);
  const ofStatistic = new RegExp(`(must be|judge) ${(statistic ?? "").replace(/[()]/g, "\\$&")} `);
  return isOfMetric && (statistic === undefined || ofStatistic.test(text));
}
