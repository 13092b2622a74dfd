/** What the fault matrix saw, read back and judged again, as it was or with a detector disabled. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Slo, Statistic } from "../../core/slo.ts";
import { judge, type Observation, worst } from "../../core/verdict.ts";
import { profilesOf } from "../../scenarios.ts";
import { slos } from "../../thresholds.ts";
import type { Recording } from "../faults/recording.ts";
import type { Evidence, ObservedRow, TestEvidence } from "../faults/row.ts";
import { TABLES } from "../faults/rows.ts";

const EVIDENCE = join(import.meta.dirname, "../faults/evidence.jsonl");

/** Every recorded row, as `npm run faults` left it. */
export const RECORDINGS: readonly Recording[] = readFileSync(EVIDENCE, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Recording);

export const ROWS = TABLES.flatMap(({ rows }) => rows);

/** Changes what is observed of an objective; null takes the objective away. */
export type Mutant = (observation: Observation) => Observation | null;

const UNCHANGED: Mutant = (observation) => observation;

/** The evidence of a row, judged again. */
export function judgedAgain(evidence: Evidence, mutant: Mutant = UNCHANGED): Evidence {
  const tests = evidence.tests.map((test) => judgeTest(test, mutant));
  return { ...evidence, tests, verdict: worst(tests.map(({ verdict }) => verdict)) };
}

/** k6's codes of a run that came to its end; what else ended a test was no objective. */
const ENDED = [0, 99, 110];

function judgeTest(test: TestEvidence, mutant: Mutant): TestEvidence {
  if (test.rows.length === 0 || !ENDED.includes(test.exitCode ?? -1)) return test;
  const observations = test.rows.flatMap((row) => mutant(observationOf(test.test, row)) ?? []);
  const { verdict, reasons } = judge(observations);
  const others = test.reasons.filter((reason) => !test.rows.some(({ metric }) => reason.startsWith(metric)));
  return { ...test, verdict, reasons: [...reasons, ...others] };
}

function observationOf(test: TestEvidence["test"], row: ObservedRow): Observation {
  const [statistic = "", comparison = "", bound = ""] = row.objective.split(" ");
  const alike = objectivesOf(test).find((slo) => slo.metric === row.metric && slo.statistic === statistic);
  if (alike === undefined) throw new Error(`${row.metric} ${row.objective}: no objective of ${test} any more`);
  const slo = {
    ...alike,
    statistic: statistic as Statistic,
    comparison: comparison as Slo["comparison"],
    bound: Number(bound),
    floor: row.floor,
  };
  return { slo, observed: row.observed, samples: row.samples };
}

/** Every objective that a test can be held to, whatever its profile and whoever judges it. */
export function objectivesOf(test: TestEvidence["test"]): readonly Slo[] {
  const known = OBJECTIVES.get(test);
  if (known !== undefined) return known;
  const rows = profilesOf(test).flatMap((profile) =>
    [true, false].flatMap((accounted) =>
      slos(test, { accounted, events: 1, messages: 1, steady: true, watched: true, profile }),
    ),
  );
  OBJECTIVES.set(test, rows);
  return rows;
}

const OBJECTIVES = new Map<TestEvidence["test"], readonly Slo[]>();
