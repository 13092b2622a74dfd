/**
 * Decides who is to blame: this machine, the generator, or the target. A pure function of the evidence, so that a slow
 * target is never called a slow generator, and a generator that ran out of a resource never a bad target.
 */
import type { Evidence } from "./evidence.ts";
import { sparingCertain, turnDelay } from "./lag.ts";
import { metricOf } from "./metrics.ts";
import { milliseconds, number } from "./numbers.ts";
import { spelledShortages } from "./shortage.ts";
import type { Slo } from "./slo.ts";
import { greater, type Uncertainty } from "./sloresult.ts";
import type { Judgement } from "./verdict.ts";

/** A cause. */
interface Blame {
  readonly side: "machine" | "generator" | "target";
  readonly text: string;
  /** What to do about it. */
  readonly next: string;
  /** The metric whose objective it breaks. */
  readonly metric: "host_shortages" | "generator_pause_ms" | "events_unsent";
}

/** k6 pauses for shorter times now and then, without effect on any objective. */
export const LONGEST_PAUSE_MS = 1_000;

/** The causes; the one that explains most comes first. */
export function attribute(evidence: Evidence): readonly Blame[] {
  return [...shortages(evidence), ...standstill(evidence), ...unsent(evidence)];
}

function shortages({ shortages: found }: Evidence): Blame[] {
  return spelledShortages().flatMap(({ kind, what, raise }): Blame[] => {
    const many = found[kind] ?? 0;
    if (many === 0) return [];
    const attempts = many === 1 ? "1 attempt" : `${number(many)} attempts`;
    return [{ side: "machine", text: `${what} ${attempts}: ${raise}`, next: raise, metric: "host_shortages" }];
  });
}

function standstill({ pause }: Evidence): Blame[] {
  if (pause === null || pause.longest < LONGEST_PAUSE_MS) return [];
  const text = `the generator stood still for up to ${seconds(pause.longest)} ${between(pause.from, pause.to)}: k6 was stopped or had no CPU`;
  const next = "run k6 where nothing else takes its cores, or with less load";
  return [{ side: "generator", text, next, metric: "generator_pause_ms" }];
}

/** How the cause begins that all else of a run may follow from. */
const UNREACHABLE = "the target was unreachable";

/** Reasons in the order in which they are told: what was lost or late when a target was away comes after that. */
export function unreachableFirst<Told>(told: readonly Told[], textOf: (one: Told) => string): Told[] {
  const isFirst = (one: Told) => textOf(one).startsWith(UNREACHABLE);
  return [...told.filter(isFirst), ...told.filter((one) => !isFirst(one))];
}

function unsent(evidence: Evidence): Blame[] {
  const { unreachable, waiting, from, to, again } = evidence.unsent;
  const { offered } = evidence;
  const blames: Blame[] = [];
  const metric = "events_unsent";
  const share = (left: number) => `${number(left)} of ${number(offered)} events were not sent`;
  if (unreachable > 0) {
    const isGone = from !== null && to !== null && (again === null || (again !== undefined && again < to));
    const when =
      from === null || to === null
        ? ""
        : isGone
          ? ` from ${timeOf(from)} to the end of the load (${timeOf(to)})`
          : ` ${between(from, to)}`;
    const text = `${UNREACHABLE}${when}: ${share(unreachable)}`;
    const next = isGone
      ? `it did not come back: its log of ${timeOf(from)} says why`
      : "look at what the target did then";
    blames.push({ side: "target", text, next, metric });
  }
  if (evidence.waited && isImpatient(evidence)) {
    const text = `no publisher was free: WORKERS is too low for answers that take ${milliseconds(evidence.waited.least)} or more: ${share(waiting)}`;
    blames.push({ side: "generator", text, next: "raise WORKERS, or leave it unset", metric });
  } else if (isOwnWait(evidence)) {
    const text = `every publisher was waiting for answers, and this machine was itself late with each step: ${share(waiting)}`;
    const next = "run k6 where nothing else takes its cores; WORKERS says how many publishers may wait";
    blames.push({ side: "generator", text, next, metric });
  } else if (waiting > 0) {
    const text = `every publisher was waiting for the target's answers: ${share(waiting)}`;
    const next = "look at what the target waits for before it answers; WORKERS says how many publishers may wait";
    blames.push({ side: "target", text, next, metric });
  }
  return blames;
}

/** A smaller delay explains nothing: a quiet machine is late by 1 to 2 ms. */
const LEAST_LATENESS_MS = 5;
/** A delay below this share of a bound explains nothing either. */
const LEAST_SHARE = 0.08;
/**
 * How many steps of an answer may each wait for a late generator: to be sent, written, read, queued and handled. With
 * ten other busy processes on two cores, a schedule delay of 1.0 s went with acknowledgements of 3.0 s.
 */
const WAITS = 5;

/**
 * An objective's observations as conditions, weighed by the evidence. A late schedule or a late reader does not excuse a
 * latency that exceeds its bound by more than the generator's own delay explains. A generator that was stopped excuses
 * everything.
 */
export function weighed(
  all: readonly Slo[],
  observed: (slo: Slo) => number | null,
  evidence: Evidence,
): readonly Slo[] {
  const stopped = (evidence.pause?.longest ?? 0) >= LONGEST_PAUSE_MS;
  const exceeds = (slo: Slo, by: number) => isOwnLatency(slo) && (observed(slo) ?? 0) - by >= slo.bound;
  const slos = sparingCertain(
    all,
    (slo) => exceeds(slo, 0),
    (slo) => exceeds(slo, WAITS * (evidence.lag?.longest ?? Number.POSITIVE_INFINITY)),
  );
  const certain = slos.some((slo) => exceeds(slo, ownDelayOf(slo, evidence)));
  if (stopped) return all;
  const isOurs = isOwnWait(evidence) || isImpatient(evidence);
  if (!certain) return waitsOnly(evidence) ? slos.map((slo) => excusingUnsent(slo, isOurs)) : slos;
  return slos.map(
    ({ spoils, ...slo }): Slo => (LATE.test(slo.metric) || spoils === undefined ? slo : { ...slo, spoils }),
  );
}

/** Metrics of a schedule that was late but complete. */
const LATE = /^(schedule_delay_ms|offered_rate_share)$/;

/** Whether all unsent events waited for a free publisher, and none for an unreachable target. */
function waitsOnly({ unsent: { unreachable, waiting } }: Evidence): boolean {
  return waiting > 0 && unreachable === 0;
}

/**
 * Whether answers were slow because this machine was. With one of two cores taken: ten waiting publishers, p99 of
 * answers 430 ms instead of 2 ms, each step 100 ms late, and 90 of 1,200 events without a free publisher.
 */
function isOwnWait(evidence: Evidence): boolean {
  const slowest = evidence.answers["p(99)"];
  return waitsOnly(evidence) && slowest !== undefined && ownDelayAt("p(99)", slowest, evidence) >= slowest;
}

/**
 * A target may take this long to answer, and only its latency is judged; if publishers cannot wait that long, there are
 * too few of them.
 */
const PATIENCE_MS = 1_000;

/**
 * Whether there were too few publishers rather than a slow target. A target whose answers took longer kept the
 * publishers waiting, however few they were. Slow answers while others were free did not.
 */
function isImpatient(evidence: Evidence): boolean {
  const most = evidence.waited?.most ?? Number.POSITIVE_INFINITY;
  return waitsOnly(evidence) && most - ownDelayAt("max", most, evidence) < PATIENCE_MS;
}

/** Publishers that were late themselves were not kept waiting by the target alone. */
function excusingUnsent(slo: Slo, whole: boolean): Slo {
  if (whole && slo.metric === "events_unsent") return { ...slo, miss: "INVALID" };
  const { spoils, ...others } = slo;
  if (spoils === undefined) return slo;
  return { ...others, spoils: LATE.test(slo.metric) ? new RegExp(`${spoils.source}|^events_unsent$`) : spoils };
}

/** The part of a missed latency that may be the generator's own delay; null where it is negligible. */
export function ownDelay(slo: Slo, value: number | null, evidence: Evidence): Uncertainty | null {
  if (!isOwnLatency(slo) || value === null || value < slo.bound) return null;
  const by = ownDelayOf(slo, evidence);
  const late = { by, cause: `this machine was itself late, by ${milliseconds(by / WAITS)} for each step of k6` };
  return greater(by === 0 ? null : late, turnDelay(slo, evidence.lag));
}

function isOwnLatency({ metric, comparison }: Slo): boolean {
  return comparison === "<" && metricOf(metric)?.ours === true;
}

function ownDelayOf({ metric, statistic, bound }: Slo, evidence: Evidence): number {
  return ownDelayAt(statistic === "value" ? statisticIn(metric) : statistic, bound, evidence);
}

/** The percentile of an account's metric, which is in its name: as in `account_delivery_p995_ms`. */
function statisticIn(metric: string): string {
  if (metric.includes("_mean_")) return "avg";
  return metric.includes("_p95_") ? "p(95)" : "p(99)";
}

/** @param against the compared value in ms. */
function ownDelayAt(statistic: string, against: number, { lateness }: Evidence): number {
  const late = lateness[statistic] ?? 0;
  return late < Math.max(LEAST_LATENESS_MS, LEAST_SHARE * against) ? 0 : WAITS * late;
}

/** Replaces objectives that are only symptoms by their causes. */
export function withCauses(judgement: Judgement, blames: readonly Blame[]): Judgement {
  const reasons = judgement.reasons.map((reason) => {
    const own = blames.filter(({ metric }) => metric === reason.metric);
    const [first, ...others] = own;
    if (first === undefined) return reason;
    return {
      ...reason,
      text: first.text,
      next: first.next,
      symptoms: [...others.map(({ text }) => text), ...reason.symptoms],
    };
  });
  return { ...judgement, reasons: unreachableFirst(reasons, ({ text }) => text) };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Formatted as in logs. */
function timeOf(moment: number): string {
  return `${new Date(moment).toISOString().slice(11, 19)}Z`;
}

function between(from: number, to: number): string {
  const [first, last] = [from, to].map(timeOf);
  return first === last ? `at ${first}` : `from ${first} to ${last}`;
}
