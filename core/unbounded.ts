/** Times that were measured and not judged, because no objective bounds them. Pure. */
import type { Answers } from "./answers.ts";
import { isOnlyCounted } from "./counts.ts";
import { metricOf } from "./metrics.ts";
import { milliseconds, number } from "./numbers.ts";
import { DELIVERY_LATENCIES } from "./objectives.ts";
import { toShow } from "./percentiles.ts";

/** The part of an account that matters here. */
interface Timed {
  readonly latency: Answers;
  readonly standstill?: { readonly ms: number } | null;
  readonly farEnd?: unknown;
  readonly webhooks?: unknown;
  readonly storage?: unknown;
}

/** What a run measured, and the metrics of its objectives. */
interface Measured {
  readonly account: Timed | null;
  readonly answers: Answers | null;
  readonly rows: readonly { readonly metric: string }[];
}

/** A tail is told where it is at least so long, and so many times the median. */
const LONG_MS = 1_000;
const LONG_TIMES = 10;

/** Behind the verdict of a run that passed: it claims no more than was judged. Answers are a latency, too. */
export function unjudgedIn(measured: Measured): "latency" | "answers" | null {
  if (isUnbounded(measured)) return "latency";
  return areAnswersUnbounded(measured) ? "answers" : null;
}

/** What was not judged, what was measured, and what sets a bound. */
export function describeUnbounded(measured: Measured): string[] {
  const { account, answers } = measured;
  return [
    ...(account !== null && isUnbounded(measured) ? [describeLatency(account)] : []),
    ...(answers !== null && areAnswersUnbounded(measured) ? [describeAnswers(answers)] : []),
  ];
}

/**
 * Whether no objective bounds the time from publishing to arrival in a run of a user's pipeline; in the systems of the
 * suite that is so only where it is meant. A run without any objective judged nothing at all.
 */
function isUnbounded({ account, rows }: Measured): boolean {
  if (account === null || rows.length === 0) return false;
  if (account.webhooks != null || account.storage != null) return false;
  // Of arrivals that are only counted, and of identities without a time, the account says that no latency is known.
  if (isOnlyCounted(account) || account.latency.samples === 0) return false;
  return !rows.some(({ metric }) => DELIVERY_LATENCIES.test(metric));
}

function areAnswersUnbounded({ answers, rows }: Measured): boolean {
  if (answers === null || rows.length === 0) return false;
  return !rows.some(({ metric }) => metricOf(metric)?.answers === true);
}

function describeLatency({ latency, standstill }: Timed): string {
  const { p95, p99 } = toShow(latency);
  const own =
    standstill == null ? "" : `; the receiver itself stood still for ${(standstill.ms / 1000).toFixed(1)} s meanwhile`;
  const tail = tailOf(latency, "deliveries");
  return (
    'latency was not judged, for want of a bound: objectives: { account_delivery_p95_ms: "value < 500" } in the pipeline ' +
    `sets one; measured: p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}${tail === "" ? "" : `, and ${tail}${own}`}`
  );
}

function describeAnswers(answers: Answers): string {
  const tail = tailOf(answers, "answers");
  return (
    'answers were not judged: objectives: { publish_ack_latency_ms: "p(95) < 100" } in the pipeline bounds them' +
    (tail === "" ? "" : `; ${tail}`)
  );
}

/** A tail far above the median: something stood still, or some took another way. */
function tailOf({ p50, max }: Answers, what: string): string {
  if (max < LONG_MS || max < LONG_TIMES * p50) return "";
  const times = p50 > 0 ? `, ${number(Math.floor(max / p50))} times the median` : "";
  return `the slowest took ${milliseconds(max)}${times}: some ${what} were held up`;
}
