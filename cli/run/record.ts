/** The record of a run, made of what its parts left. Pure. */

import type { Account } from "../../core/account.ts";
import type { Summary } from "../../core/summary.ts";
import { reasonOf, type Verdict, worst } from "../../core/verdict.ts";
import { shown } from "../../k6/support/settings.ts";
import { isLoopback } from "../../systems/remote.ts";
import type { K6Result } from "../k6.ts";
import type { Health, Result } from "../result.ts";
import type { Collected } from "./collected.ts";
import { judgeInstances } from "./instances.ts";
import { type Evidence, nextStep, type Reason } from "./next-steps.ts";
import type { PlannedRun } from "./request.ts";
import { invalidities } from "./validity.ts";

/** What is known when everything is over. */
export interface Ended {
  readonly run: string;
  /** Where its files are, to be shown. */
  readonly folder: string;
  readonly subject: string;
  readonly plan: PlannedRun;
  readonly instances: number;
  readonly flags: readonly string[];
  readonly tests: readonly K6Result[];
  readonly collected: Collected;
  readonly health: readonly Health[];
  /** Why parts of the pipeline were over too early. */
  readonly problems: readonly string[];
  /** The run was ended by a signal. */
  readonly interrupted: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly machine: Result["machine"];
  readonly versions: Result["versions"];
}

/** Makes the record. */
export function recordOf(ended: Ended): Result {
  const { run, subject, tests, collected, health, interrupted, startedAt, endedAt, machine, versions } = ended;
  const summaries = tests.flatMap(({ summary }) => summary ?? []);
  const { verdict, reasons } = judged(ended, summaries);
  const account = collected.account ?? summaries.find((summary) => summary.account !== null)?.account ?? null;
  const evidence: Evidence = {
    account: account as Account | null,
    timeline: collected.timeline,
    summaries,
    generatorCpu: meanCpu(health),
  };
  return {
    version: 1,
    run,
    subject,
    verdict,
    reasons: reasons.map(({ text }) => text),
    nextSteps: reasons.map((reason) => nextStep(reason, evidence)),
    complete: !interrupted && tests.every(({ complete }) => complete) && tests.length === planned(ended),
    startedAt,
    endedAt,
    parameters: parametersOf(ended),
    versions: { ...versions },
    machine,
    tests: tests.map(({ complete, ...test }) => ({
      ...test,
      reasons: [...test.reasons],
    })) as unknown as Result["tests"],
    account: account as Result["account"],
    latencies: [...collected.latencies],
    timeline: [...collected.timeline],
    health: [...health],
  };
}

function planned({ plan, instances }: Ended): number {
  return plan.groups.flat().length * instances;
}

function judged(ended: Ended, summaries: readonly Summary[]): { verdict: Verdict; reasons: Reason[] } {
  const { tests, problems, interrupted, startedAt, endedAt, health, machine, plan } = ended;
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const cut = `interrupted after ${seconds} s: what was measured is the first part of the run`;
  const outside = [
    ...(interrupted ? [{ text: cut, next: "start it again" }] : []),
    ...problems.map((text) => ({ text, next: `read the logs in ${ended.folder}/` })),
    ...invalidities({ health, cores: machine.cores, summaries, remoteReceiver: isRemote(plan.receiver) }),
  ].map((reason): Reason => ({ ...reason, row: null, log: null }));
  const whole = wholes(ended);
  const verdicts = [...tests.map(({ verdict }) => verdict), ...whole.map(({ verdict }) => verdict)];
  const verdict = outside.length > 0 ? "INVALID" : worst(verdicts);
  return { verdict, reasons: [...outside, ...merged([...ofTests(ended), ...whole.flatMap(({ reasons }) => reasons)])] };
}

/** The clock of a receiver of our own, or of one on this machine, is ours. */
function isRemote(receiver: string | null): boolean {
  return receiver !== null && receiver !== "start" && !isLoopback(receiver);
}

interface TestReason extends Reason {
  /** Whose it is. */
  readonly by: string;
}

function ofTests({ tests, instances, folder }: Ended): TestReason[] {
  return tests.flatMap(({ test, instance, reasons, summary }) =>
    reasons.map((text) => ({
      text,
      by: label(test, instance, instances),
      row: summary?.rows.find((row) => row.result !== "met" && reasonOf(row) === text) ?? null,
      log: `${folder}/${instances === 1 ? test : `${test}-${instance}`}.log`,
    })),
  );
}

/** Tests that several processes shared, judged over all of them. */
function wholes({ plan, tests, instances }: Ended): { verdict: Verdict; reasons: TestReason[] }[] {
  if (instances === 1) return [];
  return plan.groups.flat().flatMap(({ test, settings }) => {
    const own = tests.flatMap((one) => (one.test === test ? (one.summary ?? []) : []));
    const metrics = own.map((summary) => summary.metrics);
    if (metrics.length < instances) return [];
    const { verdict, rows, reasons } = judgeInstances(settings.slos, metrics);
    const missed = rows.filter((row) => reasons.includes(reasonOf(row)));
    return [{ verdict, reasons: missed.map((row) => ({ text: reasonOf(row), by: test, row, log: null })) }];
  });
}

/** A reason that several tests give is told once, and an instance's not beside that of its test. */
function merged(reasons: readonly TestReason[]): Reason[] {
  const byText = new Map<string, TestReason[]>();
  for (const reason of reasons) byText.set(reason.text, [...(byText.get(reason.text) ?? []), reason]);
  return [...byText].map(([text, given]) => {
    const by = [...new Set(given.map((one) => one.by))];
    const shortest = by.filter((one) => !by.includes(one.split(" ")[0] as string) || !one.includes(" "));
    return { ...(given[0] as TestReason), text: `${shortest.join(", ")}: ${text}` };
  });
}

/** What a process is called: by its test, and by its number where there are several. */
export function label(test: string, instance: number, instances: number): string {
  return instances === 1 ? test : `${test} ${instance}/${instances}`;
}

/** Says nothing of when and where, so that runs can be compared. */
const NOT_ASKED = new Set(["RUN_ID", "SUMMARY"]);

function parametersOf({ subject, plan, instances, flags }: Ended): Record<string, string> {
  const parameters: Record<string, string> = { subject, instances: String(instances) };
  if (flags.length > 0) parameters["k6"] = flags.map(shownFlag).join(" ");
  for (const { test, variables, settings } of plan.groups.flat()) {
    parameters[`${test}.SCENARIO`] = settings.SCENARIO;
    parameters[`${test}.load`] = JSON.stringify(settings.load);
    for (const [name, value] of Object.entries(variables)) {
      const ours = /^\w+:\/\/later\b/.test(value);
      const text = shown(name, value);
      if (!NOT_ASKED.has(name) && !ours && text !== "(hidden)") parameters[`${test}.${name}`] = text;
    }
  }
  return parameters;
}

/** A flag of k6 without what must not be told, in whichever way it names a variable. */
function shownFlag(flag: string): string {
  const [, how, name, value] = /^((?:--env=|-e=?)?)(\w+)=(.*)$/s.exec(flag) ?? [];
  return name === undefined || value === undefined ? shown("", flag) : `${how}${name}=${shown(name, value)}`;
}

function meanCpu(health: readonly Health[]): number | null {
  const generators = health.filter(({ role }) => role === "generator");
  const means = generators.flatMap(({ samples }) => {
    const known = samples.flatMap(({ cpu }) => cpu ?? []);
    return known.length === 0 ? [] : known.reduce((sum, cpu) => sum + cpu, 0) / known.length;
  });
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0);
}
