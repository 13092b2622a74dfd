/**
 * The versioned record of one test, for tools. A pure function of what k6 gives to `handleSummary` and of the account;
 * rendering.ts formats it for people.
 */
import type { Account } from "./account.ts";
import { attribute, ownDelay, weighed, withCauses } from "./attribution.ts";
import { uncertaintyOf } from "./clocks.ts";
import { withDetours } from "./detours.ts";
import { evidenceOf } from "./evidence.ts";
import { lookDelay } from "./looks.ts";
import { type Plan, secondsOf } from "./plan.ts";
import type { Checks } from "./quotes.ts";
import { plainReason } from "./reason.ts";
import { isCountedByK6, sampleCounter } from "./samples.ts";
import type { Slo } from "./slo.ts";
import { greater, type Observation } from "./sloresult.ts";
import { receiverDelay } from "./standstill.ts";
import { unreadConditions } from "./unread.ts";
import { type Judgement, judge } from "./verdict.ts";

/** The part of k6's `handleSummary` argument that is used; k6 has no types for it. */
export interface K6Data {
  readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> }>>;
  readonly state: { readonly testRunDurationMs: number };
  readonly root_group?: Checks;
}

/** The record of one test. */
export interface Summary extends Judgement {
  readonly version: 1;
  readonly test: string;
  readonly scenario: string;
  readonly run: string | null;
  /** False when it was stopped before its load ended or found its limit: the numbers cover only its first part. */
  readonly complete: boolean;
  /** Whether the load began at all. */
  readonly started: boolean;
  readonly seconds: number;
  /** Events per second, requested and achieved. Null where the test does not publish. */
  readonly rate: { readonly requested: number | null; readonly achieved: number } | null;
  /** The receiver's clock minus ours, and the error of that, in ms. */
  readonly clock: { readonly offset: number; readonly error: number } | null;
  readonly account: Account | null;
  /** Notes that are needed to read the rest, such as the load model. */
  readonly notes: readonly string[];
  /** Changed bounds and disabled objectives. */
  readonly changes: readonly string[];
  /** Every metric of the test as k6 aggregated it. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Input of the summary. */
export interface SummaryInput {
  readonly test: string;
  readonly scenario: string;
  readonly slos: readonly Slo[];
  readonly data: K6Data;
  readonly run: { readonly id: string; readonly clock: Summary["clock"] } | null;
  readonly account: Account | null;
  readonly notes?: readonly string[];
  /** The target's words, by the metric whose objective they explain. */
  readonly evidence?: Readonly<Record<string, string>>;
  readonly changes?: readonly string[];
  /** Mean rate of the load's shape, in events per second. */
  readonly requestedRate: number | null;
  /** Whether the load ran to its end; true by default. */
  readonly complete?: boolean;
  /** The load rises until an objective breaks, and that is its end. */
  readonly seeksLimit?: boolean;
}

/**
 * Whether the load ran to its end. k6 does not tell a test that Ctrl-C stopped it. So publishers must have sent
 * everything, visitors must have taken their time, and all trials must be done.
 *
 * @param ended the number of trials, whether the load may end early because the run is settled, and the number of k6
 * processes: the share of each process in the events is known only to k6.
 */
export function isComplete(
  load: Plan,
  data: K6Data,
  ended: { trials: number; settled: boolean; instances: number },
): boolean {
  const countOf = (metric: string) => data.metrics[metric]?.values["count"] ?? 0;
  if (countOf("trials_done") < ended.trials) return false;
  // Every publisher keeps its share of the schedule to the end, however late it is.
  if (load.kind === "paced") {
    return countOf("publishers_started") > 0 && countOf("publishers_done") === countOf("publishers_started");
  }
  const events = load.kind === "visitors" ? null : load.events;
  if (events !== null) return countOf("events_offered") >= (ended.instances === 1 ? events : 1);
  return ended.settled || data.state.testRunDurationMs >= secondsOf(load) * 1000;
}

const INTERRUPTED = plainReason("the run was ended before its load was over: the numbers are those of its first part", {
  next: "start it again",
});
const NOT_STARTED = plainReason("the load never started; the error above says why", { next: "read the error above" });

/** Makes the record of a test. */
export function summarize(input: SummaryInput): Summary {
  const { test, scenario, slos, data, run, account, seeksLimit = false, evidence: quoted = {} } = input;
  const metrics = Object.fromEntries(Object.entries(data.metrics).map(([name, { values }]) => [name, values]));
  const evidence = evidenceOf(metrics);
  const uncertainty = uncertaintyOf(account);
  const observedOf = (slo: Slo) => observe(slo, data).observed;
  const observations = weighed(withDetours(slos, account), observedOf, evidence).map((slo) => ({
    ...observe(slo, data),
    uncertainty: [
      ownDelay(slo, observedOf(slo), evidence),
      receiverDelay(slo, observedOf(slo), account),
      lookDelay(slo, observedOf(slo), account, uncertainty(slo.metric)),
    ].reduce(greater, uncertainty(slo.metric)),
    evidence: datedFrom(quoted[slo.metric], metrics[`${slo.metric}_at`]?.["min"]),
  }));
  const whole = withCauses(judge(observations, unreadConditions(account, slos)), attribute(evidence));
  const complete = (input.complete ?? true) || (seeksLimit && hasBroken(whole));
  const judgement = started(data)
    ? judgePart(whole, complete)
    : (deadIn(whole) ?? { verdict: "INVALID" as const, reasons: [NOT_STARTED], rows: [] });
  return {
    version: 1,
    test,
    scenario,
    run: run?.id ?? null,
    complete: complete && started(data),
    started: started(data),
    ...judgement,
    seconds: data.state.testRunDurationMs / 1000,
    rate: rateOf(input),
    clock: run?.clock ?? null,
    account,
    notes: input.notes ?? [],
    changes: input.changes ?? [],
    metrics,
  };
}

/** What the target said, with the moment when it said so first. @param at Unix ms. */
function datedFrom(said: string | undefined, at: number | undefined): string | undefined {
  return said === undefined || at === undefined
    ? said
    : `${said}, the first at ${new Date(at).toISOString().slice(11, 19)}Z`;
}

/** Whether the load was aborted because an objective broke, or seemed to because this machine was late. */
function hasBroken({ verdict, rows }: Judgement): boolean {
  return verdict === "FAIL" || rows.some(({ doubt }) => doubt !== null);
}

/** The objective that fails if canaries do not arrive before the load. */
const SWALLOWED = "canaries_swallowed";

/** The judgement of a load that never started because the pipeline delivers nothing; null for other loads. */
function deadIn({ reasons, rows }: Judgement): Judgement | null {
  const reason = reasons.find(({ metric }) => metric === SWALLOWED);
  const row = rows.find(({ metric, result }) => metric === SWALLOWED && result === "missed");
  return reason === undefined || row === undefined
    ? null
    : { verdict: "FAIL", reasons: [{ ...reason, symptoms: [] }], rows: [row] };
}

/** Whether a test ended before its load because the pipeline delivers nothing. */
export function isDead({ rows }: Pick<Summary, "rows">): boolean {
  return rows.some(({ metric, result }) => metric === SWALLOWED && result === "missed");
}

/** An interrupted run may have missed an objective, but it cannot pass. */
function judgePart(judgement: Judgement, complete: boolean): Judgement {
  if (complete) return judgement;
  const verdict = judgement.verdict === "PASS" ? "INVALID" : judgement.verdict;
  return { ...judgement, verdict, reasons: [INTERRUPTED, ...judgement.reasons] };
}

function started(data: K6Data): boolean {
  // A publisher of an open model has one iteration, which k6 counts at its end.
  return ["iterations", "publishers_started"].some((metric) => (data.metrics[metric]?.values["count"] ?? 0) > 0);
}

function observe(slo: Slo, data: K6Data): Observation {
  return {
    slo,
    observed: data.metrics[slo.metric]?.values[slo.statistic] ?? (isCountedByK6(slo.metric) ? 0 : null),
    samples: data.metrics[sampleCounter(slo.metric)]?.values["count"] ?? 0,
  };
}

function rateOf({ data, requestedRate }: SummaryInput): Summary["rate"] {
  const published = data.metrics["events_published"]?.values["count"];
  const seconds = data.metrics["publishing_seconds"]?.values["max"];
  if (published === undefined || seconds === undefined) return null;
  return { requested: requestedRate, achieved: published / seconds };
}
