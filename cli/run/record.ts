/** Makes the record of a run from the results of its parts. Pure. */

import type { Account } from "../../core/account.ts";
import { GRID } from "../../core/mixture.ts";
import type { RunEvidence } from "../../core/nextstep.ts";
import type { Summary } from "../../core/summary.ts";
import type { K6Result } from "../k6.ts";
import type { Cut, Health, Result } from "../result.ts";
import type { FinishedRun } from "./finished-run.ts";
import { mergedLatencies } from "./instances.ts";
import { judgeRun, type TestJudgement } from "./judgement.ts";
import { parametersOf } from "./parameters.ts";

/** Makes the record. */
export function recordOf(ended: FinishedRun): Result {
  const { run, subject, tests, collected, health, interrupted, startedAt, endedAt, machine, versions } = ended;
  const summaries = tests.flatMap(({ summary }) => summary ?? []);
  const account = collected.account ?? summaries.find((summary) => summary.account !== null)?.account ?? null;
  const evidence: RunEvidence = {
    account: account as Account | null,
    timeline: collected.timeline,
    summaries,
    generatorCpu: meanCpu(health),
    ...(ended.nextSteps === undefined ? {} : { own: ended.nextSteps }),
  };
  const { verdict, reasons, judgements } = judgeRun(ended, evidence);
  const complete = !interrupted && tests.every((test) => test.complete) && tests.length === planned(ended);
  return {
    version: 1,
    run,
    subject,
    verdict,
    reasons: reasons.map((reason) => ({ ...reason, symptoms: [...reason.symptoms] })),
    complete,
    cut: complete ? null : cutOf(ended, account as Account | null),
    startedAt,
    endedAt,
    parameters: parametersOf(ended),
    versions: { ...versions },
    machine,
    tests: tests.map((test) => recordOfTest(test, judgements)) as unknown as Result["tests"],
    merged: mergedOf(ended),
    account: account as Result["account"],
    latencies: [...collected.latencies],
    timeline: [...collected.timeline],
    health: [...health],
  };
}

/** Why a run is not complete, as far as its tests and its account show. */
function cutOf({ interrupted, tests }: FinishedRun, account: Account | null): Cut {
  if (interrupted) return "interrupted";
  const hasBegun = tests.some(({ summary }) => summary?.started === true) || (account?.published ?? 0) > 0;
  const isKnown = account !== null || tests.some(({ summary }) => summary !== null);
  return hasBegun || !isKnown ? "ended early" : "never started";
}

/**
 * A test with the judgement of the run, which knows more than the test's own summary: other tests, and the other
 * processes that shared its load.
 */
function recordOfTest(test: K6Result, judgements: readonly TestJudgement[]) {
  const { complete: _, summary, ...rest } = test;
  const own = judgements.find(({ tests }) => tests.includes(test))?.judgement;
  const { verdict, reasons, rows } = own ?? { ...test, rows: summary?.rows ?? [] };
  const answer = { verdict, reasons: [...reasons] };
  if (summary === null) return { ...rest, ...answer, summary };
  return { ...rest, ...answer, summary: { ...summary, ...answer, rows, metrics: withoutGrid(summary.metrics) } };
}

/** Merged latencies of each test that several processes shared, if all of them wrote a summary. */
function mergedOf({ plan, tests, instances }: FinishedRun): Result["merged"] {
  if (instances === 1) return {};
  return Object.fromEntries(
    plan.groups.flat().flatMap(({ test }) => {
      const summaries = tests.filter((one) => one.test === test).flatMap(({ summary }) => summary ?? []);
      return summaries.length < instances ? [] : [[test, mergedLatencies(summaries.map(({ metrics }) => metrics))]];
    }),
  );
}

/** Percentiles that only serve to judge several processes as one. */
const ONLY_FOR_MERGING = new Set(GRID.filter((place) => ![95, 99].includes(place)).map((place) => `p(${place})`));

function withoutGrid(metrics: Summary["metrics"]): Summary["metrics"] {
  const kept = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !ONLY_FOR_MERGING.has(name)));
  return Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, kept(values)]));
}

function planned({ plan, instances }: FinishedRun): number {
  return plan.groups.flat().length * instances;
}

function meanCpu(health: readonly Health[]): number | null {
  const generators = health.filter(({ role }) => role === "generator");
  const means = generators.flatMap(({ samples }) => {
    const known = samples.flatMap(({ cpu }) => cpu ?? []);
    return known.length === 0 ? [] : known.reduce((sum, cpu) => sum + cpu, 0) / known.length;
  });
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0);
}
