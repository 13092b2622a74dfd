/** Makes the record of a run from the results of its parts. Pure. */

import type { Account } from "../../core/account.ts";
import { uncertaintyOf } from "../../core/clocks.ts";
import { GRID } from "../../core/mixture.ts";
import type { Evidence } from "../../core/nextstep.ts";
import { plainReason, type Reason } from "../../core/reason.ts";
import type { Slo } from "../../core/slo.ts";
import { receiverDelay } from "../../core/standstill.ts";
import type { Summary } from "../../core/summary.ts";
import { together } from "../../core/together.ts";
import {
  type Condition,
  doubted,
  greater,
  type Judgement,
  type SloResult,
  type Verdict,
  worst,
} from "../../core/verdict.ts";
import { secretsIn, shown } from "../../k6/support/environment.ts";
import { variablesOf } from "../../systems/variables.ts";
import type { K6Result } from "../k6.ts";
import type { Health, Result } from "../result.ts";
import { type CoreUse, competition } from "./competition.ts";
import { judgeInstances, mergedLatencies } from "./instances.ts";
import { nextStep } from "./next-steps.ts";
import type { PlannedRun } from "./request.ts";
import type { RunData } from "./run-data.ts";
import { invalidities } from "./validity.ts";

/** Everything that is known at the end of a run. */
export interface FinishedRun {
  readonly run: string;
  /** Its folder, as shown to the user. */
  readonly folder: string;
  readonly subject: string;
  readonly plan: PlannedRun;
  readonly instances: number;
  readonly flags: readonly string[];
  readonly tests: readonly K6Result[];
  readonly collected: RunData;
  readonly health: readonly Health[];
  /** Use of this machine's cores, second by second. */
  readonly coreUse: readonly CoreUse[];
  /** Why services ended too early. */
  readonly problems: readonly string[];
  /** The run was stopped by a signal. */
  readonly interrupted: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly machine: Result["machine"];
  readonly versions: Result["versions"];
  /** A user's pipeline's own next steps, by metric. */
  readonly nextSteps?: Readonly<Record<string, string>> | undefined;
}

/** Makes the record. */
export function recordOf(ended: FinishedRun): Result {
  const { run, subject, tests, collected, health, interrupted, startedAt, endedAt, machine, versions } = ended;
  const summaries = tests.flatMap(({ summary }) => summary ?? []);
  const account = collected.account ?? summaries.find((summary) => summary.account !== null)?.account ?? null;
  const evidence: Evidence = {
    account: account as Account | null,
    timeline: collected.timeline,
    summaries,
    generatorCpu: meanCpu(health),
    ...(ended.nextSteps === undefined ? {} : { own: ended.nextSteps }),
  };
  const { verdict, reasons, judgements } = judged(ended, evidence);
  return {
    version: 1,
    run,
    subject,
    verdict,
    reasons: reasons.map((reason) => ({ ...reason, symptoms: [...reason.symptoms] })),
    complete: !interrupted && tests.every(({ complete }) => complete) && tests.length === planned(ended),
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

/**
 * A test with the judgement of the run, which knows more than the test's own summary: other tests, and the other
 * processes that shared its load.
 */
function recordOfTest(test: K6Result, judgements: readonly TestJudgement[]) {
  const { complete: _, summary, ...rest } = test;
  const own = judgements.find(({ tests }) => tests.includes(test))?.judged;
  const { verdict, reasons, rows } = own ?? { ...test, rows: summary?.rows ?? [] };
  const judged = { verdict, reasons: [...reasons] };
  if (summary === null) return { ...rest, ...judged, summary };
  return { ...rest, ...judged, summary: { ...summary, ...judged, rows, metrics: withoutGrid(summary.metrics) } };
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

interface Answer {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly judgements: readonly TestJudgement[];
}

function judged(ended: FinishedRun, evidence: Evidence): Answer {
  const { problems, interrupted, startedAt, endedAt, health, machine, folder } = ended;
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const cut = `interrupted after ${seconds} s: what was measured is the first part of the run`;
  const conditions: Condition[] = [
    ...(interrupted ? [{ reason: plainReason(cut, { next: "start it again" }), spoils: null }] : []),
    ...problems.map((text) => ({ reason: plainReason(text, { next: `read the logs in ${folder}/` }), spoils: null })),
    ...invalidities({ health, cores: machine.cores }),
  ];
  const found = judgementsOf(ended);
  const shared = together(found.map(({ judged }) => judged));
  const judgedOnce = found.map((one, place) => ({ ...one, judged: doubted(shared[place] as Judgement, conditions) }));
  const { judgements, excuse } = excused(judgedOnce, ended);
  const verdict = worst([
    ...judgements.map((one) => one.judged.verdict),
    ...(conditions.length > 0 ? ["INVALID" as const] : []),
  ]);
  const reasons = merged(judgements, evidence);
  const outside = [...conditions, ...excuse].map(({ reason }) => reason);
  return { verdict, reasons: verdict === "FAIL" ? [...reasons, ...outside] : [...outside, ...reasons], judgements };
}

/** Where other programs took cores of this machine, the slowness of a local reference target is not judged. */
function excused(judgements: readonly TestJudgement[], { plan, coreUse, machine }: FinishedRun) {
  const condition = plan.reference ? competition(coreUse, machine.cores) : null;
  const excuse = condition === null ? [] : [condition];
  const doubtful = judgements.map((one) => ({ ...one, judged: doubted(one.judged, excuse) }));
  const isExcused = doubtful.some(({ judged }, place) =>
    judged.rows.some((row, at) => row !== judgements[place]?.judged.rows[at]),
  );
  return isExcused ? { judgements: doubtful, excuse } : { judgements, excuse: [] };
}

/** The judgement of one process, or of all that shared a test. */
interface TestJudgement {
  readonly by: string;
  /** Path of the log with details; null where there are several. */
  readonly log: string | null;
  readonly tests: readonly K6Result[];
  readonly judged: Judgement;
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
        greater(ofClocks(slo.metric), receiverDelay(slo, observed, account));
      const rows = summaries.flatMap((summary) => summary.rows);
      return [{ by: test, log: null, tests: own, judged: judgeInstances(settings.slos, metrics, uncertainty, rows) }];
    }
    return own.map((one) => ({
      by: label(test, one.instance, instances),
      log: `${folder}/${instances === 1 ? test : `${test}-${one.instance}`}.log`,
      tests: [one],
      judged: { verdict: one.verdict, reasons: one.reasons, rows: one.summary?.rows ?? [] },
    }));
  });
}

/** Merges reasons; one that several tests give appears once. */
function merged(judgements: readonly TestJudgement[], evidence: Evidence): Reason[] {
  const given = judgements.flatMap(({ by, log, judged: { reasons, rows } }) =>
    reasons.map((reason) => ({ by, log, reason, row: rowOf(reason, rows) })),
  );
  const texts = [...new Set(given.map(({ reason }) => reason.text))];
  return texts.map((text) => {
    const same = given.filter(({ reason }) => reason.text === text);
    const [{ reason, row, log }] = same as [(typeof given)[number]];
    const by = [...new Set(same.map((one) => one.by))].join(", ");
    const symptoms = [...new Set(same.flatMap((one) => one.reason.symptoms))];
    return { ...reason, text: `${by}: ${text}`, symptoms, next: reason.next ?? nextStep({ row, log }, evidence) };
  });
}

function rowOf({ metric, objective }: Reason, rows: Judgement["rows"]): SloResult | null {
  return rows.find((row) => row.metric === metric && row.objective === objective && row.result !== "met") ?? null;
}

/** Name of a process: its test, and its number where there are several. */
export function label(test: string, instance: number, instances: number): string {
  return instances === 1 ? test : `${test} ${instance}/${instances}`;
}

/** Times and addresses are left out, so that runs can be compared. */
const NOT_ASKED = new Set(["RUN_ID", "SUMMARY"]);

function parametersOf({ subject, plan, instances, flags }: FinishedRun): Record<string, string> {
  const parameters: Record<string, string> = { subject, instances: String(instances) };
  const tests = plan.groups.flat();
  const isSecret = (name: string, value: string) =>
    tests.some(({ test }) => {
      const variable = variablesOf(test)[name];
      return variable !== undefined && secretsIn(name, value, variable).includes(value);
    });
  if (flags.length > 0) {
    parameters["k6"] = flags.map((flag, place) => shownFlag(flag, flags[place - 1], isSecret)).join(" ");
  }
  for (const { test, variables, settings } of tests) {
    parameters[`${test}.SCENARIO`] = settings.SCENARIO;
    parameters[`${test}.load`] = JSON.stringify(settings.load);
    for (const [name, value] of Object.entries(variables)) {
      const ours = /^\w+:\/\/later\b/.test(value);
      const text = shown(name, value);
      if (!NOT_ASKED.has(name) && !ours && !isSecret(name, value) && text !== "(hidden)")
        parameters[`${test}.${name}`] = text;
    }
  }
  return parameters;
}

/** Flags of k6 whose values contain secrets or, in HTTP headers, tokens. */
const PLACE = /^--(?:secret-source|log-output|traces-output)(?:=|$)/;

/** A flag of k6 without secrets, in any spelling that sets a variable. */
function shownFlag(
  flag: string,
  before: string | undefined,
  isSecret: (name: string, value: string) => boolean,
): string {
  if (before !== undefined && PLACE.exec(before)?.[0] === before) return "(hidden)";
  const [place] = PLACE.exec(flag) ?? [];
  if (place?.endsWith("=")) return `${place}(hidden)`;
  const [, how = "", name, value] = /^((?:--env=|-[a-z]*e=?)?)(\w+)=(.*)$/s.exec(flag) ?? [];
  if (name === undefined || value === undefined) return shown("", flag);
  return `${how}${name}=${isSecret(name, value) ? "(hidden)" : shown(name, value)}`;
}

function meanCpu(health: readonly Health[]): number | null {
  const generators = health.filter(({ role }) => role === "generator");
  const means = generators.flatMap(({ samples }) => {
    const known = samples.flatMap(({ cpu }) => cpu ?? []);
    return known.length === 0 ? [] : known.reduce((sum, cpu) => sum + cpu, 0) / known.length;
  });
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0);
}
