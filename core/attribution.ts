/**
 * Who is to blame: this machine, the generator, or the target. A pure function of what was measured, so that a slow
 * target is never called a slow generator, and a generator that ran out of something never a bad target.
 */
import type { Evidence } from "./evidence.ts";
import { metricOf } from "./metrics.ts";
import { milliseconds, number } from "./numbers.ts";
import { SHORTAGES } from "./shortage.ts";
import type { Slo } from "./slo.ts";
import type { Judgement, Uncertainty } from "./verdict.ts";

/** One cause. */
export interface Blame {
  readonly side: "machine" | "generator" | "target";
  readonly text: string;
  /** What to do about it. */
  readonly next: string;
  /** The metric whose objective it breaks. */
  readonly metric: "host_shortages" | "generator_pause_ms" | "events_unsent";
}

/** k6 stands still for less now and then, which no objective notices. */
export const LONGEST_PAUSE_MS = 1_000;

/** The causes, the one that explains most first. */
export function attribute(evidence: Evidence): readonly Blame[] {
  return [...shortages(evidence), ...standstill(evidence), ...unsent(evidence)];
}

function shortages({ shortages: found }: Evidence): Blame[] {
  return SHORTAGES.flatMap(({ kind, what, raise }): Blame[] => {
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

function unsent(evidence: Evidence): Blame[] {
  const { unreachable, waiting, from, to } = evidence.unsent;
  const { offered } = evidence;
  const blames: Blame[] = [];
  const metric = "events_unsent";
  const share = (left: number) => `${number(left)} of ${number(offered)} events were not sent`;
  if (unreachable > 0) {
    const when = from === null || to === null ? "" : ` ${between(from, to)}`;
    const text = `the target was unreachable${when}: ${share(unreachable)}`;
    blames.push({ side: "target", text, next: "look at what the target did then", metric });
  }
  if (evidence.waited && isImpatient(evidence)) {
    const text = `no publisher was free: WORKERS are too few for answers that take ${milliseconds(evidence.waited.least)} or more: ${share(waiting)}`;
    blames.push({ side: "generator", text, next: "raise WORKERS, or leave it to the suite", metric });
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

/** Less than this explains nothing: a quiet machine is late by 1 to 2 ms. */
const LEAST_LATENESS_MS = 5;
/** Nor does less than this share of a bound. */
const LEAST_SHARE = 0.08;
/**
 * How often an answer may wait for a generator that is late: to be sent, written, read, queued and handled. Seen where
 * ten others wanted the two cores: acknowledgements of 3.0 s at a schedule that was 1.0 s late.
 */
const WAITS = 5;

/**
 * The objectives of a run, as conditions that are weighed by the evidence: where a latency is missed by more than the
 * generator's own delay explains, a late schedule beside it excuses nothing. One that was stopped excuses everything.
 */
export function weighed(
  slos: readonly Slo[],
  observed: (slo: Slo) => number | null,
  evidence: Evidence,
): readonly Slo[] {
  const stopped = (evidence.pause?.longest ?? 0) >= LONGEST_PAUSE_MS;
  const certain = slos.some((slo) => {
    const value = observed(slo);
    return isOwnLatency(slo) && value !== null && value - ownDelayOf(slo, evidence) >= slo.bound;
  });
  if (stopped) return slos;
  const isOurs = isOwnWait(evidence) || isImpatient(evidence);
  if (!certain) return waitsOnly(evidence) ? slos.map((slo) => excusingUnsent(slo, isOurs)) : slos;
  return slos.map(
    ({ spoils, ...slo }): Slo => (LATE.test(slo.metric) || spoils === undefined ? slo : { ...slo, spoils }),
  );
}

/** Metrics of a schedule that was kept, but late. */
const LATE = /^(schedule_delay_ms|offered_rate_share)$/;

/** Whether all that was not sent waited for a publisher to be free, and not for a target that was away. */
function waitsOnly({ unsent: { unreachable, waiting } }: Evidence): boolean {
  return waiting > 0 && unreachable === 0;
}

/**
 * Whether answers were slow because this machine was. Seen with one core of two taken: ten waiting publishers, answers
 * of 430 ms at p99 where 2 are usual, each step 100 ms late, and 90 of 1,200 events that nobody was free to send.
 */
function isOwnWait(evidence: Evidence): boolean {
  const slowest = evidence.answers["p(99)"];
  return waitsOnly(evidence) && slowest !== undefined && ownDelayAt("p(99)", slowest, evidence) >= slowest;
}

/** A target may take so long for an answer, and only its latency tells of it: who cannot wait for that has too few publishers. */
const PATIENCE_MS = 1_000;

/**
 * Whether publishers were too few, and the target not slow. A target that took longer while they waited has kept them
 * waiting, however few they are; one that did so while others were free has not.
 */
function isImpatient(evidence: Evidence): boolean {
  const most = evidence.waited?.most ?? Number.POSITIVE_INFINITY;
  return waitsOnly(evidence) && most - ownDelayAt("max", most, evidence) < PATIENCE_MS;
}

/** Publishers that are late themselves were not kept waiting by the target alone. */
function excusingUnsent(slo: Slo, whole: boolean): Slo {
  if (whole && slo.metric === "events_unsent") return { ...slo, miss: "INVALID" };
  const { spoils, ...others } = slo;
  if (spoils === undefined) return slo;
  return { ...others, spoils: LATE.test(slo.metric) ? new RegExp(`${spoils.source}|^events_unsent$`) : spoils };
}

/** How much of a latency that is missed may be the generator's own delay; null where that is nothing to speak of. */
export function ownDelay(slo: Slo, value: number | null, evidence: Evidence): Uncertainty | null {
  const by = ownDelayOf(slo, evidence);
  if (!isOwnLatency(slo) || value === null || value < slo.bound || by === 0) return null;
  return { by, cause: `this machine was itself late, by ${milliseconds(by / WAITS)} for each step of k6` };
}

function isOwnLatency({ metric, comparison }: Slo): boolean {
  return comparison === "<" && metricOf(metric)?.ours === true;
}

function ownDelayOf({ metric, statistic, bound }: Slo, evidence: Evidence): number {
  return ownDelayAt(statistic === "value" ? statisticIn(metric) : statistic, bound, evidence);
}

/** An account's percentile is a value, whose name says which: as in `account_delivery_p995_ms`. */
function statisticIn(metric: string): string {
  if (metric.includes("_mean_")) return "avg";
  return metric.includes("_p95_") ? "p(95)" : "p(99)";
}

/** @param against what it is compared with, in ms. */
function ownDelayAt(statistic: string, against: number, { lateness }: Evidence): number {
  const late = lateness[statistic] ?? 0;
  return late < Math.max(LEAST_LATENESS_MS, LEAST_SHARE * against) ? 0 : WAITS * late;
}

/** The judgement with causes instead of the objectives that only show them. */
export function withCauses(judged: Judgement, blames: readonly Blame[]): Judgement {
  const reasons = judged.reasons.map((reason) => {
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
  return { ...judged, reasons };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** As logs spell it. */
function between(from: number, to: number): string {
  const [first, last] = [from, to].map((moment) => `${new Date(moment).toISOString().slice(11, 19)}Z`);
  return first === last ? `at ${first}` : `from ${first} to ${last}`;
}
