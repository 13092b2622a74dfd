/**
 * What a test leaves behind: a versioned record for tools. A pure function of what k6 hands to
 * `handleSummary` and of the account; rendering.ts makes text of it for people.
 */
import type { Account } from "./account.ts";
import { attribute, ownDelay, weighed, withCauses } from "./attribution.ts";
import { uncertaintyOf } from "./clocks.ts";
import { evidenceOf } from "./evidence.ts";
import { type Plan, secondsOf } from "./plan.ts";
import type { Checks } from "./quotes.ts";
import { plainReason } from "./reason.ts";
import { isCountedByK6, type Slo, sampleCounter } from "./slo.ts";
import { receiverDelay } from "./standstill.ts";
import { greater, type Judgement, judge, type Observation } from "./verdict.ts";

/** The part of k6's `handleSummary` argument that is read; k6 has no types for it. */
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
  /** False when it was ended before its load was over, or before it found its limit: the numbers are those of its first part. */
  readonly complete: boolean;
  readonly seconds: number;
  /** Events per second: asked for, and offered. Null where the test does not publish. */
  readonly rate: { readonly requested: number | null; readonly achieved: number } | null;
  /** Ms between the receiver's clock and ours, and how wrong that may be. */
  readonly clock: { readonly offset: number; readonly error: number } | null;
  readonly account: Account | null;
  /** What has to be known to read the rest, such as the load model, or what was not looked at. */
  readonly notes: readonly string[];
  /** Bounds that are not the standard ones, and objectives that were switched off. */
  readonly changes: readonly string[];
  /** Every metric of the test as k6 aggregated it. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What the summary is made of. */
export interface SummaryInput {
  readonly test: string;
  readonly scenario: string;
  readonly slos: readonly Slo[];
  readonly data: K6Data;
  readonly run: { readonly id: string; readonly clock: Summary["clock"] } | null;
  readonly account: Account | null;
  readonly notes?: readonly string[];
  /** What the target said, by the metric whose objective it spoils. */
  readonly evidence?: Readonly<Record<string, string>>;
  readonly changes?: readonly string[];
  /** Mean rate that the load shape asks for, in events per second. */
  readonly requestedRate: number | null;
  /** Unless it says otherwise, the load was carried to its end. */
  readonly complete?: boolean;
  /** The load rises until an objective breaks: that is its end. */
  readonly seeksLimit?: boolean;
}

/**
 * Whether the load was carried to its end. k6 does not tell a test that Ctrl-C ended it: what publishes
 * has to have sent everything, what visits has to have taken its time, and trials have to be done.
 *
 * @param ended how many trials there are, whether the load may end early because the run is settled, and how
 * many k6 processes share it: how many events are the share of one among several is known to k6 alone.
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
  const observations = weighed(slos, observedOf, evidence).map((slo) => ({
    ...observe(slo, data),
    uncertainty: [ownDelay(slo, observedOf(slo), evidence), receiverDelay(slo, observedOf(slo), account)].reduce(
      greater,
      uncertainty(slo.metric),
    ),
    evidence: quoted[slo.metric],
  }));
  const whole = withCauses(judge(observations), attribute(evidence));
  const complete = (input.complete ?? true) || (seeksLimit && hasBroken(whole));
  const judged = started(data)
    ? judgePart(whole, complete)
    : (deadIn(whole) ?? { verdict: "INVALID" as const, reasons: [NOT_STARTED], rows: [] });
  return {
    version: 1,
    test,
    scenario,
    run: run?.id ?? null,
    complete: complete && started(data),
    ...judged,
    seconds: data.state.testRunDurationMs / 1000,
    rate: rateOf(input),
    clock: run?.clock ?? null,
    account,
    notes: input.notes ?? [],
    changes: input.changes ?? [],
    metrics,
  };
}

/** Whether the load was given up because an objective broke, or seemed to on a machine that was late itself. */
function hasBroken({ verdict, rows }: Judgement): boolean {
  return verdict === "FAIL" || rows.some(({ doubt }) => doubt !== null);
}

/** The objective of a pipeline that is seen to deliver nothing before there is any load. */
const SWALLOWED = "canaries_swallowed";

/** Of a load that never started: what proves that the pipeline is dead; null when nothing does. */
function deadIn({ reasons, rows }: Judgement): Judgement | null {
  const reason = reasons.find(({ metric }) => metric === SWALLOWED);
  const row = rows.find(({ metric, result }) => metric === SWALLOWED && result === "missed");
  return reason === undefined || row === undefined
    ? null
    : { verdict: "FAIL", reasons: [{ ...reason, symptoms: [] }], rows: [row] };
}

/** Whether a test ended before its load because the pipeline is proven to deliver nothing. */
export function isDead({ rows }: Pick<Summary, "rows">): boolean {
  return rows.some(({ metric, result }) => metric === SWALLOWED && result === "missed");
}

/** A part of a run may have missed an objective already, but it cannot pass. */
function judgePart(judged: Judgement, complete: boolean): Judgement {
  if (complete) return judged;
  const verdict = judged.verdict === "PASS" ? "INVALID" : judged.verdict;
  return { ...judged, verdict, reasons: [INTERRUPTED, ...judged.reasons] };
}

function started(data: K6Data): boolean {
  // A publisher of an open model has one iteration, which k6 counts when it is over.
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
