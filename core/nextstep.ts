/** What to look at next when an objective is missed. */
import type { Account } from "./account.ts";
import { number } from "./numbers.ts";
import type { Summary } from "./summary.ts";
import type { Second } from "./timeline.ts";

/** What is known of a run when its next steps are chosen. */
export interface RunEvidence {
  readonly account: Account | null;
  readonly timeline: readonly Second[];
  readonly summaries: readonly Summary[];
  /** Mean CPU of all load generators together, in percent of one core; null when it was not measured. */
  readonly generatorCpu: number | null;
  /** A user's pipeline's own advice, by metric. */
  readonly own?: Readonly<Record<string, string>>;
}

/** Says what to look at. @param log path of the log with details; null where there is none. */
export type Step = (metric: string, evidence: RunEvidence, log: string | null) => string;

/** The metrics that a step is for, and its text. */
export type NextStep = readonly [RegExp, Step];

/** Refers to the log. */
export function lookAt(log: string | null): string {
  return log === null ? "read the logs of the run" : `read ${log}`;
}

/** The slowest second of a run, with its backlog. */
export function slowest(timeline: readonly Second[]): string {
  const worst = [...timeline].sort((one, other) => (other.p99 ?? 0) - (one.p99 ?? 0))[0];
  if (worst === undefined) return "the receiver gave no timeline";
  if (worst.p99 === null) return "no second of the run has a latency";
  return `slowest ${secondOf(timeline, worst.at)}: p99 ${ms(worst.p99)}, backlog ${worst.backlog}`;
}

/** When deliveries stopped although events were published and due; null if they never did. */
export function stall(timeline: readonly Second[]): string | null {
  const begins = ({ published, delivered, backlog }: Second, place: number) =>
    published > 0 && delivered === 0 && backlog > (timeline[place - 1]?.backlog ?? 0);
  const place = timeline.findIndex(begins);
  const first = timeline[place];
  if (first === undefined) return null;
  const over = timeline.findIndex(({ delivered }, at) => at > place && delivered > 0);
  const rest = timeline.slice(place, over < 0 ? undefined : over);
  const last = rest.filter(({ published }) => published > 0).at(-1) ?? first;
  const began = `nothing was delivered ${secondOf(timeline, first.at)}`;
  const until = last === first ? "" : ` until ${secondOf(timeline, last.at).replace("in ", "")}`;
  const next = timeline[over];
  const came = next === undefined || last === first ? "" : `, then ${number(next.delivered)} in one second`;
  return `${began}${until}${came}`;
}

/** When deliveries stopped; the slowest second if they never did. */
export function stalled(timeline: readonly Second[]): string {
  return stall(timeline) ?? slowest(timeline);
}

/** When the first of some connections was lost, and what stopped; null where nobody recorded it. */
export function firstLost({ summaries, timeline }: RunEvidence): string | null {
  const moments = summaries.flatMap(({ metrics }) => metrics["ws_sessions_lost_at"]?.["min"] ?? []);
  if (moments.length === 0) return null;
  const stopped = stall(timeline);
  const lost = `it first closed a connection ${secondOf(timeline, Math.min(...moments))}`;
  return stopped === null ? lost : `${lost}; ${stopped}`;
}

/** When events could not be sent for want of a connection; null where all could. */
export function unreached({ summaries, timeline }: RunEvidence): string | null {
  const moments = summaries.flatMap(({ metrics }) => metrics["unreachable_at"]?.["min"] ?? []);
  if (moments.length === 0) return null;
  return `no event could be sent ${secondOf(timeline, Math.min(...moments))}: its log of that moment says why`;
}

/** Answers by status, from metrics of a family such as `http`. */
export function statuses(summaries: readonly Summary[], family = "http"): string {
  const counts = ["2xx", "4xx", "429", "5xx", "none"].map((status) => [
    status,
    sum(summaries, `${family}_status_${status}`),
  ]);
  return counts.flatMap(([status, count]) => (count === 0 ? [] : [`${status}: ${count}`])).join(", ");
}

/** The sum of a counter over all tests. */
export function sum(summaries: readonly Summary[], metric: string): number {
  return summaries.reduce((total, { metrics }) => total + (metrics[metric]?.["count"] ?? 0), 0);
}

/** A time as second of the load, from 1, and as the time of day that logs have. */
export function secondOf(timeline: readonly Second[], at: number): string {
  const first = timeline.find(({ published }) => published > 0)?.at ?? at;
  return `in second ${Math.floor((at - first) / 1000) + 1} (${new Date(at).toISOString().slice(11, 19)}Z)`;
}

/** Formats a duration. */
export function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}

/** The endpoint with the most losses or, without losses, the most attempts. */
export function worstEndpoint(account: Account | null): string {
  const endpoints = account?.webhooks?.endpoints ?? [];
  const short = [...endpoints].sort((one, other) => other.lost - one.lost || other.attempts - one.attempts)[0];
  return short?.path ?? "unknown";
}
