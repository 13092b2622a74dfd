/** The recorded evidence of the fault matrix, judged again: unchanged, or with a detector disabled. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { attribute, weighed, withCauses } from "../../core/attribution.ts";
import type { Evidence as Attribution } from "../../core/evidence.ts";
import { linesOf, plainReason } from "../../core/reason.ts";
import type { Slo, Statistic } from "../../core/slo.ts";
import type { Observation } from "../../core/sloresult.ts";
import { together } from "../../core/together.ts";
import { type Judgement, judge, worst } from "../../core/verdict.ts";
import { profilesOf } from "../../scenarios.ts";
import { slos } from "../../thresholds.ts";
import type { Recording } from "../faults/recording.ts";
import type { Evidence, ObservedRow, TestEvidence } from "../faults/row.ts";
import { TABLES } from "../faults/rows.ts";

const EVIDENCE = join(import.meta.dirname, "../faults/evidence.jsonl");

/** Every recorded row, as `npm run faults` wrote it. */
export const RECORDINGS: readonly Recording[] = readFileSync(EVIDENCE, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Recording);

export const ROWS = TABLES.flatMap(({ rows }) => rows);

/** Changes an objective's observed value; null removes the objective. */
export type Mutant = (observation: Observation) => Observation | null;

const UNCHANGED: Mutant = (observation) => observation;

/** The evidence of a row, judged again. */
export function judgedAgain(evidence: Evidence, mutant: Mutant = UNCHANGED): Evidence {
  const judged = together(evidence.tests.map((test) => judgeTest(test, mutant)));
  const tests = evidence.tests.map((test, place) => {
    const { verdict, reasons } = judged[place] as Judgement;
    // k6's exit code would differ, too, but a mutant must be found by its reasons.
    const exitCode = mutant === UNCHANGED || !wasJudged(test) ? test.exitCode : verdict === "PASS" ? 0 : 99;
    return { ...test, verdict, exitCode, reasons: reasons.flatMap(linesOf) };
  });
  return { ...evidence, tests, verdict: worst(tests.map(({ verdict }) => verdict)) };
}

/** k6's codes for a run that reached its end; any other end is no objective's doing. */
const ENDED = [0, 99, 110];
/** k6's code for a run that was aborted before its load; it is judged if the target was at fault. */
const ABORTED = 108;

function wasJudged({ rows, exitCode, verdict }: TestEvidence): boolean {
  return rows.length > 0 && (ENDED.includes(exitCode ?? -1) || (exitCode === ABORTED && verdict === "FAIL"));
}

function judgeTest(test: TestEvidence, mutant: Mutant): Judgement {
  const { rows, attribution } = test;
  const told = test.reasons.map((text) => plainReason(text));
  if (!wasJudged(test)) return { verdict: test.verdict, reasons: told, rows: [] };
  const observations = rows.flatMap((row) => {
    const observation = observationOf(test.test, row);
    return observation === null ? [] : (mutant(observation) ?? []);
  });
  const judged = attributed(observations, attribution);
  const others = told.filter(({ text }) => !rows.some(({ metric }) => text.startsWith(metric)));
  // The target's words follow an objective's text.
  const reasons = judged.reasons.map((reason) => ({
    ...reason,
    text: told.find(({ text }) => text.startsWith(`${reason.text}: `))?.text ?? reason.text,
  }));
  return { ...judged, reasons: [...reasons, ...others] };
}

/** As a test judges itself: causes replace their symptoms. */
function attributed(observations: readonly Observation[], attribution: Attribution | undefined): Judgement {
  if (attribution === undefined) return judge(observations);
  const observedOf = (slo: Slo) => observations.find((one) => one.slo === slo)?.observed ?? null;
  const rows = weighed(
    observations.map(({ slo }) => slo),
    observedOf,
    attribution,
  );
  const weighted = observations.map((one, place) => ({ ...one, slo: rows[place] ?? one.slo }));
  return withCauses(judge(weighted), attribute(attribution));
}

function observationOf(test: TestEvidence["test"], row: ObservedRow): Observation | null {
  const [statistic = "", comparison = "", bound = ""] = row.objective.split(" ");
  const alike = objectivesOf(test).find((slo) => slo.metric === row.metric && slo.statistic === statistic);
  // Objectives of earlier versions that no longer exist.
  if (alike === undefined) return null;
  const slo = {
    ...alike,
    statistic: statistic as Statistic,
    comparison: comparison as Slo["comparison"],
    bound: Number(bound),
    floor: row.floor,
  };
  const { observed, samples, evidence, uncertainty, doubt } = row;
  const off = uncertainty == null || doubt == null ? null : { by: uncertainty, cause: doubt };
  return { slo, observed, samples, evidence, uncertainty: off };
}

/** Every objective that a test can have, in any profile and whoever judges it. */
export function objectivesOf(test: TestEvidence["test"]): readonly Slo[] {
  const known = OBJECTIVES.get(test);
  if (known !== undefined) return known;
  const either = [true, false];
  const contexts = either.flatMap((accounted) =>
    either.flatMap((dependencyAway) =>
      either.map((executedByCount) => ({ accounted, gateway: { dependencyAway }, executedByCount })),
    ),
  );
  const load = { events: 1_000, messages: 1_000, rate: 1, bursts: 2, steady: true, watched: true };
  const rows = profilesOf(test).flatMap((profile) =>
    contexts.flatMap((context) => slos(test, { ...load, ...context, profile })),
  );
  OBJECTIVES.set(test, rows);
  return rows;
}

const OBJECTIVES = new Map<TestEvidence["test"], readonly Slo[]>();
