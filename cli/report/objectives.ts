import { type Answers, answersOf } from "../../core/answers.ts";
import { metricOf } from "../../core/metrics.ts";
import { byUrgency } from "../../core/notes.ts";
import { sharedRows } from "../../core/sharedrows.ts";
import { TESTS } from "../../scenarios.ts";
import { everyObjective } from "../../thresholds.ts";
import type { Result } from "../result.ts";
import { type Moment, momentOf } from "./moments.ts";

type Test = Result["tests"][number];
type Row = NonNullable<Test["summary"]>["rows"][number];

/** Groups of objectives, in the order of a reader's questions. */
export const GROUPS = ["target", "account", "measurement"] as const;
export type Group = (typeof GROUPS)[number];

/** One objective of a run, for all tests that share it. */
export interface Objective extends Row {
  readonly group: Group;
  /** The tests with this objective and the same result. */
  readonly tests: readonly string[];
  /** The metric's description; null for a metric of another version. */
  readonly meaning: string | null;
  /** What to look at when it was not met. */
  readonly nextStep: string | null;
  /** When a miss shows most in the record. */
  readonly moment: Moment | null;
}

const ORDER = { missed: 0, unmeasured: 1, met: 2 };

/** The objectives of all tests, as the terminal counts them: missed ones first, then unmeasured ones. */
export function objectivesOf(result: Result): Objective[] {
  return sharedRows(result.tests, ({ summary }) => summary?.rows ?? [])
    .map(({ tests, row }) => ({
      ...row,
      group: groupOf(row.metric),
      tests: tests.map((test) => testName(test, result.tests)),
      meaning: meaningOf(row.metric),
      nextStep: nextStepOf(row, result),
      moment: momentOf(row, result),
    }))
    .sort((a, b) => ORDER[a.result] - ORDER[b.result]);
}

/** Notes that are needed to read the results, test by test. */
export function notesOf({ tests }: Pick<Result, "tests">): string[] {
  return tests.flatMap((test) =>
    byUrgency(test.summary?.notes ?? []).map((note) => `${testName(test, tests)}: ${note}`),
  );
}

/** How long the answers to what was published took, over all processes. */
export function answersIn({ tests }: Pick<Result, "tests">): Answers | null {
  return answersOf(tests.map(({ summary }) => summary?.metrics ?? {}));
}

/** Changed bounds and disabled objectives, each once. */
export function changesOf({ tests }: Pick<Result, "tests">): string[] {
  return [...new Set(tests.flatMap(({ summary }) => summary?.changes ?? []))];
}

/** A test's name, with the number of the process if several share its load. */
export function testName(
  { test, instance }: Pick<Test, "test" | "instance">,
  all: readonly Pick<Test, "test">[],
): string {
  return all.filter((other) => other.test === test).length > 1 ? `${test} ${instance}` : test;
}

/** Metrics of any test whose miss makes a run invalid. */
let ofMeasurement: ReadonlySet<string> | undefined;

function groupOf(metric: string): Group {
  ofMeasurement ??= new Set(
    TESTS.flatMap((test) => everyObjective(test))
      .filter(({ miss }) => miss === "INVALID")
      .map(({ metric }) => metric),
  );
  if (ofMeasurement.has(metric)) return "measurement";
  return metric.startsWith("account_") ? "account" : "target";
}

function meaningOf(metric: string): string | null {
  return metricOf(metric)?.meaning ?? null;
}

/** The next step of the reason that belongs to a row. */
function nextStepOf(row: Row, { reasons }: Pick<Result, "reasons">): string | null {
  if (row.result === "met") return null;
  return reasons.find(({ metric, objective }) => metric === row.metric && objective === row.objective)?.next ?? null;
}
