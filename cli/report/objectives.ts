import { metricOf } from "../../core/metrics.ts";
import { TESTS } from "../../scenarios.ts";
import { everyObjective } from "../../thresholds.ts";
import type { Result } from "../result.ts";
import { type Moment, momentOf } from "./moments.ts";

type Test = Result["tests"][number];
type Row = NonNullable<Test["summary"]>["rows"][number];

/** What an objective speaks of, in the order in which a reader asks. */
export const GROUPS = ["target", "account", "measurement"] as const;
export type Group = (typeof GROUPS)[number];

/** One objective of a run, for the tests that share it. */
export interface Objective extends Row {
  readonly group: Group;
  /** The tests that were held to it and saw the same. */
  readonly tests: readonly string[];
  /** What the metric says, in words; null for a metric that this version does not know. */
  readonly meaning: string | null;
  /** What to look at next, when it was not met. */
  readonly nextStep: string | null;
  /** When it shows most in the record, when it was not met. */
  readonly moment: Moment | null;
}

const ORDER = { missed: 0, unmeasured: 1, met: 2 };

/**
 * The objectives of all tests: those that were missed first, then those that could not be measured.
 * Tests that share an account say the same of it; such rows become one.
 */
export function objectivesOf(result: Result): Objective[] {
  const merged = new Map<string, Objective>();
  for (const test of result.tests) {
    for (const row of test.summary?.rows ?? []) {
      const { metric } = row;
      // One of them may know what shows it.
      const { evidence, ...seen } = row;
      const key = JSON.stringify(seen);
      const known = merged.get(key);
      const tests = [...(known?.tests ?? []), testName(test, result.tests)];
      merged.set(key, {
        ...row,
        evidence: known?.evidence ?? evidence,
        group: groupOf(metric),
        tests,
        meaning: meaningOf(metric),
        nextStep: nextStepOf(row, result),
        moment: momentOf(row, result),
      });
    }
  }
  return [...merged.values()].sort((a, b) => ORDER[a.result] - ORDER[b.result]);
}

/** What has to be known to read the rest, test by test. */
export function notesOf({ tests }: Pick<Result, "tests">): string[] {
  return tests.flatMap((test) => (test.summary?.notes ?? []).map((note) => `${testName(test, tests)}: ${note}`));
}

/** Bounds that are not the standard ones, and objectives that were switched off, each once. */
export function changesOf({ tests }: Pick<Result, "tests">): string[] {
  return [...new Set(tests.flatMap(({ summary }) => summary?.changes ?? []))];
}

/** A test's name, with the number of the process where several share its load. */
export function testName(
  { test, instance }: Pick<Test, "test" | "instance">,
  all: readonly Pick<Test, "test">[],
): string {
  return all.filter((other) => other.test === test).length > 1 ? `${test} ${instance}` : test;
}

/** Metrics whose miss says that the run measured nothing, whichever test they are of. */
const OF_MEASUREMENT: ReadonlySet<string> = new Set(
  TESTS.flatMap((test) => everyObjective(test))
    .filter(({ miss }) => miss === "INVALID")
    .map(({ metric }) => metric),
);

function groupOf(metric: string): Group {
  if (OF_MEASUREMENT.has(metric)) return "measurement";
  return metric.startsWith("account_") ? "account" : "target";
}

function meaningOf(metric: string): string | null {
  return metricOf(metric)?.meaning ?? null;
}

/** The next step of the reason that the row is. */
function nextStepOf(row: Row, { reasons }: Pick<Result, "reasons">): string | null {
  if (row.result === "met") return null;
  return reasons.find(({ metric, objective }) => metric === row.metric && objective === row.objective)?.next ?? null;
}
