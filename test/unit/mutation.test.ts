/**
 * The check of the checks: what the fault matrix observed is judged again with one detector disabled at a
 * time, and each time a row of the matrix must turn red. So no objective is there for nothing, and none of
 * them could break without being noticed by `npm run faults`.
 */
import { describe, expect, test } from "vitest";
import { METRICS, type MetricName } from "../../metrics.ts";
import { expression, type Slo } from "../../thresholds.ts";
import { type RunnableTest, VARIABLES } from "../../variables.ts";
import { isHealthy } from "../faults/document.ts";
import { shortcomings } from "../faults/row.ts";
import { judgedAgain, type Mutant, objectivesOf, RECORDINGS, ROWS } from "./evidence.ts";

/** Kinds of pipelines that the matrix has rows of. */
const TESTS = (Object.keys(VARIABLES) as RunnableTest[]).filter((name) =>
  RECORDINGS.some(({ evidence }) => evidence.tests.some((one) => one.test === name)),
);

const key = ({ metric, statistic }: Slo) => `${metric} ${statistic}`;
const OBJECTIVES = new Map(TESTS.flatMap(objectivesOf).map((slo) => [key(slo), slo]));

/** The rows that a mutant turns red. */
function killers(mutant?: Mutant): string[] {
  return ROWS.filter((row) => {
    const recording = RECORDINGS.find(({ name }) => name === row.name);
    return recording !== undefined && shortcomings(row, judgedAgain(recording.evidence, mutant)).length > 0;
  }).map(({ name }) => name);
}

describe("the evidence", () => {
  test("is of every row of the matrix, and of no other", () => {
    expect(RECORDINGS.map(({ name }) => name)).toEqual(ROWS.map(({ name }) => name));
  });

  test("is of rows that were all green, and still are when they are judged again", () => {
    const red = ROWS.flatMap((row) => {
      const recording = RECORDINGS.find(({ name }) => name === row.name);
      const wrong = recording === undefined ? [] : shortcomings(row, recording.evidence);
      return wrong.length > 0 ? [{ name: row.name, wrong }] : [];
    });
    expect(red).toEqual([]);
    expect(killers()).toEqual([]);
  });

  test("is of at least 20 healthy runs, and all passed", () => {
    const healthy = new Set(ROWS.filter(isHealthy).map(({ name }) => name));
    const runs = RECORDINGS.filter(({ name }) => healthy.has(name));
    expect(runs.length).toBeGreaterThanOrEqual(20);
    expect(runs.filter(({ evidence }) => evidence.verdict !== "PASS")).toEqual([]);
  });
});

describe("a row turns red", () => {
  test.each([...OBJECTIVES].map(([name, slo]) => [name, expression(slo), slo] as const))(
    "without the objective of %s (%s)",
    (name) => {
      expect(killers((observation) => (key(observation.slo) === name ? null : observation))).not.toEqual([]);
    },
  );

  const counters = [...OBJECTIVES.values()].filter(
    ({ metric, comparison, bound }) =>
      METRICS[metric as MetricName].kind === "count" && comparison === "==" && bound === 0,
  );
  test.each(counters.map(({ metric }) => metric))("when %s is never counted", (metric) => {
    const blind: Mutant = (observation) =>
      observation.slo.metric === metric ? { ...observation, observed: 0 } : observation;
    expect(killers(blind)).not.toEqual([]);
  });

  test("when samples are not asked for", () => {
    const careless: Mutant = ({ slo, observed, samples }) =>
      observed === null || samples < slo.floor ? null : { slo, observed, samples };
    expect(killers(careless)).not.toEqual([]);
  });

  test("when what spoils the measurement is blamed on the target", () => {
    expect(killers(({ slo, ...rest }) => ({ ...rest, slo: { ...slo, miss: "FAIL" } }))).not.toEqual([]);
  });
});
