/** The verdict about a run, from the judgements of its tests. Pure. */

import type { Account } from "../../core/account.ts";
import { unreachableFirst } from "../../core/attribution.ts";
import { uncertaintyOf } from "../../core/clocks.ts";
import { withDetours } from "../../core/detours.ts";
import { lookDelay } from "../../core/looks.ts";
import type { RunEvidence } from "../../core/nextstep.ts";
import { plainReason, type Reason } from "../../core/reason.ts";
import type { Slo } from "../../core/slo.ts";
import { greater, type SloResult } from "../../core/sloresult.ts";
import { receiverDelay } from "../../core/standstill.ts";
import { together } from "../../core/together.ts";
import { type Condition, doubted, type Judgement, type Verdict, worst } from "../../core/verdict.ts";
import type { K6Result } from "../k6.ts";
import { competition } from "./competition.ts";
import type { FinishedRun } from "./finished-run.ts";
import { judgeInstances } from "./instances.ts";
import { type LoadLengths, loadLengths } from "./lacking-samples.ts";
import { nextStep } from "./next-steps.ts";
import { invalidities } from "./validity.ts";

/** The judgement of a run. */
interface RunJudgement {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly judgements: readonly TestJudgement[];
}

/** Judges a run: its tests together, and the machine that it ran on. */
export function judgeRun(ended: FinishedRun, evidence: RunEvidence): RunJudgement {
  const { problems, interrupted, startedAt, endedAt, health, machine, folder } = ended;
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const cut = `interrupted after ${seconds} s: what was measured is the first part of the run`;
  const ends: Condition[] = problems.map((text) => {
    return { reason: plainReason(text, { next: `read the logs in ${folder}/` }), spoils: null };
  });
  const conditions: Condition[] = [
    ...(interrupted ? [{ reason: plainReason(cut, { next: "start it again" }), spoils: null }] : []),
    ...ends,
    ...invalidities({ health, cores: machine.cores }),
  ];
  const found = judgementsOf(ended);
  const shared = together(found.map(({ judgement }) => judgement));
  const judgedOnce = found.map((one, place) => ({
    ...one,
    judgement: doubted(shared[place] as Judgement, conditions),
  }));
  const { judgements, excuse } = excused(judgedOnce, ended);
  const verdict = worst([
    ...judgements.map((one) => one.judgement.verdict),
    ...(conditions.length > 0 ? ["INVALID" as const] : []),
  ]);
  // Of a part of the load nobody knows how much it was.
  const loads = interrupted ? {} : loadLengths(ended.plan.groups);
  // What an interrupted run lacks, it lacks for that.
  const reasons = interrupted && verdict === "INVALID" ? [] : merged(judgements, evidence, loads);
  // What a target missed comes before what spoils it, but for a service that ended: all else may follow from that.
  const outside = [...conditions, ...excuse];
  const before = verdict === "FAIL" ? ends : outside;
  const after = outside.filter((one) => !before.includes(one));
  const reasonsOf = (given: readonly Condition[]) => given.map(({ reason }) => reason);
  return { verdict, reasons: [...reasonsOf(before), ...reasons, ...reasonsOf(after)], judgements };
}

/** Where other programs took cores of this machine, the slowness of a local reference target is not judged. */
function excused(judgements: readonly TestJudgement[], { plan, coreUse, machine }: FinishedRun) {
  const condition = plan.reference ? competition(coreUse, machine.cores, plan.own) : null;
  const excuse = condition === null ? [] : [condition];
  const doubtful = judgements.map((one) => ({ ...one, judgement: doubted(one.judgement, excuse) }));
  const isExcused = doubtful.some(({ judgement }, place) =>
    judgement.rows.some((row, at) => row !== judgements[place]?.judgement.rows[at]),
  );
  return isExcused ? { judgements: doubtful, excuse } : { judgements, excuse: [] };
}

/** The judgement of one process, or of all that shared a test. */
export interface TestJudgement {
  readonly by: string;
  /** Path of the log with details; null where there are several. */
  readonly log: string | null;
  readonly tests: readonly K6Result[];
  readonly judgement: Judgement;
}

/** Judges each test by itself, or as one where several processes shared it and all wrote a summary. */
function judgementsOf({ plan, tests, instances, folder, collected }: FinishedRun): TestJudgement[] {
  return plan.groups.flat().flatMap(({ test, settings }): TestJudgement[] => {
    const own = tests.filter((one) => one.test === test);
    const summaries = own.flatMap(({ summary, complete }) => (summary?.complete === true && complete ? summary : []));
    if (instances > 1 && summaries.length === instances) {
      const metrics = summaries.map((summary) => summary.metrics);
      const account = collected.account as Account | null;
      const ofClocks = uncertaintyOf(account);
      const uncertainty = (slo: Slo, observed: number | null) =>
        [receiverDelay(slo, observed, account), lookDelay(slo, observed, account, ofClocks(slo.metric))].reduce(
          greater,
          ofClocks(slo.metric),
        );
      const rows = summaries.flatMap((summary) => summary.rows);
      return [
        {
          by: test,
          log: null,
          tests: own,
          judgement: judgeInstances(withDetours(settings.slos, account), metrics, uncertainty, rows),
        },
      ];
    }
    return own.map((one) => ({
      by: label(test, one.instance, instances),
      log: `${folder}/${instances === 1 ? test : `${test}-${one.instance}`}.log`,
      tests: [one],
      judgement: { verdict: one.verdict, reasons: one.reasons, rows: one.summary?.rows ?? [] },
    }));
  });
}

/** Merges reasons; one that several tests give appears once. */
function merged(judgements: readonly TestJudgement[], evidence: RunEvidence, loads: LoadLengths): Reason[] {
  const given = judgements.flatMap(({ by, log, tests: [first], judgement: { reasons, rows } }) =>
    reasons.map((reason) => {
      const lack = { load: loads[first?.test ?? ""] ?? null, rows };
      return { by, log, reason, row: rowOf(reason, rows), lack };
    }),
  );
  const texts = [...new Set(given.map(({ reason }) => reason.text))];
  return unreachableFirst(texts, (text) => text).map((text) => {
    const all = given.filter(({ reason }) => reason.text === text);
    // Others have it only as the cause of what they saw.
    const measured = all.filter(({ row }) => row !== null);
    const same = measured.length > 0 ? measured : all;
    const [{ reason, row, log, lack }] = same as [(typeof given)[number]];
    const by = [...new Set(same.map((one) => one.by))].join(", ");
    const symptoms = [...new Set(all.flatMap((one) => one.reason.symptoms))];
    return { ...reason, text: `${by}: ${text}`, symptoms, next: reason.next ?? nextStep({ row, log, lack }, evidence) };
  });
}

function rowOf({ metric, objective }: Reason, rows: Judgement["rows"]): SloResult | null {
  return rows.find((row) => row.metric === metric && row.objective === objective && row.result !== "met") ?? null;
}

/** Name of a process: its test, and its number where there are several. */
export function label(test: string, instance: number, instances: number): string {
  return instances === 1 ? test : `${test} ${instance}/${instances}`;
}
