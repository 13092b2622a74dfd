/**
 * The check of the checks: what the fault matrix observed is judged again with one detector disabled at a
 * time, and each time a row of the matrix must turn red. So no objective is there for nothing, and none of
 * them could break without being noticed by `npm run faults`.
 */
import { describe, expect, type TestContext, test } from "vitest";
import { expression, type Slo } from "../../core/slo.ts";
import { METRICS, type MetricName } from "../../systems/metrics.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";
import { isHealthy } from "../faults/document.ts";
import { shortcomings } from "../faults/row.ts";
import { judgedAgain, type Mutant, objectivesOf, RECORDINGS, ROWS } from "./evidence.ts";

/** Kinds of pipelines that the matrix has rows of. */
const TESTS = (Object.keys(VARIABLES) as RunnableTest[]).filter((name) =>
  RECORDINGS.some(({ evidence }) => evidence.tests.some((one) => one.test === name)),
);

const key = ({ metric, statistic }: Slo) => `${metric} ${statistic}`;
const OBJECTIVES = new Map(TESTS.flatMap(objectivesOf).map((slo) => [key(slo), slo]));

/** The rows whose evidence is as expected. */
const GREEN = ROWS.flatMap((row) => {
  const recording = RECORDINGS.find(({ name }) => name === row.name);
  const isGreen = recording !== undefined && shortcomings(row, recording.evidence).length === 0;
  return isGreen ? [{ row, evidence: recording.evidence }] : [];
});

/** Without evidence of every row a mutant that survives proves nothing: those tests are skipped, and counted as such. */
const INCOMPLETE = ROWS.length - GREEN.length;

/** The rows that a mutant turns red. */
function killers(mutant?: Mutant): string[] {
  return GREEN.filter(({ row, evidence }) => shortcomings(row, judgedAgain(evidence, mutant)).length > 0).map(
    ({ row }) => row.name,
  );
}

function expectKilled({ skip }: TestContext, mutant: Mutant): void {
  const found = killers(mutant);
  skip(found.length === 0 && INCOMPLETE > 0, `${INCOMPLETE} rows have no green evidence: npm run faults`);
  expect(found).not.toEqual([]);
}

describe("the evidence", () => {
  test("leads to the same again when nothing is disabled", () => {
    expect(killers()).toEqual([]);
    expect(GREEN.length).toBeGreaterThan(0);
  });

  test("is of every row of the matrix", ({ skip }) => {
    skip(INCOMPLETE > 0, `${INCOMPLETE} rows have no green evidence: npm run faults`);
    expect(GREEN.map(({ row }) => row.name)).toEqual(ROWS.map(({ name }) => name));
  });

  test("is of at least 20 healthy runs, and all passed", ({ skip }) => {
    skip(INCOMPLETE > 0, `${INCOMPLETE} rows have no green evidence: npm run faults`);
    const healthy = GREEN.filter(({ row }) => isHealthy(row));
    expect(healthy.length).toBeGreaterThanOrEqual(20);
    expect(healthy.filter(({ evidence }) => evidence.verdict !== "PASS")).toEqual([]);
  });
});

describe("a row turns red", () => {
  test.for([...OBJECTIVES].map(([name, slo]) => [name, expression(slo)] as const))(
    "without the objective of %s (%s)",
    ([name], context) => {
      const without: Mutant = (observation) => (key(observation.slo) === name ? null : observation);
      expectKilled(context, without);
    },
  );

  const counters = [...OBJECTIVES.values()].filter(
    ({ metric, comparison, bound }) =>
      METRICS[metric as MetricName].kind === "count" && comparison === "==" && bound === 0,
  );
  test.for(counters.map(({ metric }) => metric))("when %s is never counted", (metric, context) => {
    const blind: Mutant = (observation) =>
      observation.slo.metric === metric ? { ...observation, observed: 0 } : observation;
    expectKilled(context, blind);
  });

  test("when samples are not asked for", (context) => {
    const careless: Mutant = ({ slo, observed, samples }) =>
      observed === null || samples < slo.floor ? null : { slo, observed, samples };
    expectKilled(context, careless);
  });

  test("when what spoils the measurement is blamed on the target", (context) => {
    expectKilled(context, ({ slo, ...rest }) => ({ ...rest, slo: { ...slo, miss: "FAIL" } }));
  });
});
