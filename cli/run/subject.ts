import { PIPELINES } from "../../systems/kinds.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";
import type { PipelineKind } from "../kind.ts";

/** What is run. */
export interface Subject {
  /** As requested: a pipeline, or names of tests. */
  readonly name: string;
  readonly kind: PipelineKind;
  readonly groups: readonly (readonly RunnableTest[])[];
  /** Whether a receiver settles the run, as far as the tests decide it. */
  readonly settled: boolean;
}

/** All pipelines and tests, for messages and help. A pipeline with one test may have the test's name. */
// A pipeline of one test may have the test's name.
export const SUBJECTS: readonly string[] = [...new Set([...Object.keys(PIPELINES), ...Object.keys(VARIABLES)])];

/** The pipelines with their tests and descriptions, a line each, for help. */
export function describePipelines(): string {
  const rows = Object.entries(PIPELINES).map(([name, { groups, meaning }]) => {
    return { name, tests: groups.map((group) => group.join(" + ")).join(", then "), meaning };
  });
  const width = (key: "name" | "tests") => Math.max(...rows.map((row) => row[key].length));
  return rows
    .map(({ name, tests, meaning }) => `  ${name.padEnd(width("name"))}  ${tests.padEnd(width("tests"))}  ${meaning}`)
    .join("\n");
}

/** Finds the pipeline for names of pipelines or tests. @throws RangeError when there is none, or more than one. */
export function subjectOf(given: readonly string[]): Subject {
  const names = [...new Set(given)];
  for (const name of names) {
    if (!SUBJECTS.includes(name))
      throw new RangeError(`${name} is no pipeline and no test; allowed: ${SUBJECTS.join(", ")}`);
  }
  const [first = ""] = names;
  const named = PIPELINES[first];
  if (named !== undefined && names.length > 1) {
    throw new RangeError(`run ${names.join(" ")}: a pipeline runs alone; allowed: one pipeline, or tests of one`);
  }
  if (named !== undefined) return subject(first, named, named.groups);
  const tests = names as RunnableTest[];
  const kind = Object.values(PIPELINES).find(({ groups }) => tests.every((test) => groups.flat().includes(test)));
  if (kind === undefined) {
    throw new RangeError(`run ${names.join(" ")}: these belong to different pipelines; run one after the other`);
  }
  const groups = kind.groups.map((group) => group.filter((test) => tests.includes(test)));
  return subject(
    tests.join(" "),
    kind,
    groups.filter((group) => group.length > 0),
  );
}

function subject(name: string, kind: PipelineKind, groups: Subject["groups"]): Subject {
  const tests = groups.flat();
  const settled = tests.some((test) => kind.settled[test]?.every((other) => tests.includes(other)) === true);
  return { name, kind, groups, settled };
}
