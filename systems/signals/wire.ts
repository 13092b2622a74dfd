/** The signal webhook's protocol: the content of a signal, and the meaning of answers. */
import * as v from "valibot";
import type { Damage } from "../../core/damage.ts";
import { draw } from "../../core/event.ts";
import { readTime } from "../../core/moment.ts";
import { once } from "../../core/once.ts";
import { eventId, type Trace } from "../../core/trace.ts";

/** The contract: requests per second for every webhook and client, and how long a signal is known. */
export const CONTRACT = { limit: 10, idempotentSeconds: 1 };

const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "ESZ6", "NQZ6"] as const;

/**
 * The body of signal `seq`: buys and sells of several symbols, all different. Equal arguments make equal bodies, and so
 * duplicates.
 *
 * @param field for the trace; the target passes it on to the executed signal.
 */
export function signalBody(seed: number, trace: Trace, field: string): string {
  const drawn = draw(seed, trace.seq);
  return JSON.stringify({
    action: actionOf(drawn),
    symbol: SYMBOLS[drawn % SYMBOLS.length],
    quantity: 1 + ((drawn >>> 8) % 1_000),
    price: 100 + ((drawn >>> 16) % 100_000) / 100,
    [field]: eventId(trace),
  });
}

function actionOf(drawn: number): "BUY" | "SELL" {
  return drawn % 2 === 0 ? "BUY" : "SELL";
}

/**
 * How an executed signal differs from the sent one in its action, the one field that every target keeps. Null where it
 * does not, or where the target uses its own words. Prices and quantities are those of the execution.
 */
export function damageOf(executed: unknown, seed: number, { seq }: Trace): Damage | null {
  const { action } = Object(executed) as { action?: unknown };
  if (typeof action !== "string" || !/^(BUY|SELL)$/i.test(action)) return null;
  const sent = actionOf(draw(seed, seq));
  if (action.toUpperCase() === sent) return null;
  return { field: "action", sent: JSON.stringify(sent), received: JSON.stringify(action) };
}

/** The result of one request. */
export type SignalAnswer =
  /** Accepted, or the first answer again: `timestamp` is that of the first acceptance. */
  | { readonly kind: "accepted"; readonly timestamp: string }
  /** Already known, and the answer says so. */
  | { readonly kind: "duplicate" }
  /** Above the limit; `retryAfter` in seconds, null where the answer does not say it. */
  | { readonly kind: "limited"; readonly retryAfter: number | null }
  /** The request was at fault: 4xx. */
  | { readonly kind: "refused"; readonly status: number }
  /** The target was at fault: an answer outside the contract, or none. */
  | { readonly kind: "failed"; readonly why: string };

const acceptance = once(() =>
  v.object({ status: v.literal("accepted"), timestamp: v.union([v.string(), v.number()]) }),
);

/** What is read of a response besides its body. */
interface Envelope {
  /** 0 without a response. */
  readonly status: number;
  /** Why there was none. */
  readonly problem?: string;
  /** The header of that name. */
  readonly retryAfter?: string | undefined;
  /** When it arrived, in Unix ms. */
  readonly at?: number;
}

/** Interprets a response. */
export function readAnswer(body: unknown, { status, problem = "", retryAfter, at = 0 }: Envelope): SignalAnswer {
  if (status === 429) return { kind: "limited", retryAfter: secondsOf(retryAfter, at) };
  if (status === 409) return { kind: "duplicate" };
  if (status >= 400 && status < 500) return { kind: "refused", status };
  if (status < 200 || status >= 300) return { kind: "failed", why: status === 0 ? problem : `status ${status}` };
  const parsed = v.safeParse(acceptance(), fromJson(body));
  if (parsed.success) return { kind: "accepted", timestamp: String(parsed.output.timestamp) };
  return { kind: "failed", why: `status ${status} without status "accepted" and a timestamp` };
}

/** Retry-After is in seconds or a date. */
function secondsOf(header: string | undefined, at: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const until = Date.parse(header);
  return Number.isNaN(until) ? null : Math.max(0, (until - at) / 1000);
}

function fromJson(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return null;
  }
}

/** Marks answers that repeat the first answer to an equal signal. The answers must be in order of arrival. */
export function markRepeats<Answer extends SignalAnswer>(answers: readonly Answer[]): (Answer | Duplicate<Answer>)[] {
  const given = new Set<string>();
  return answers.map((answer) => {
    if (answer.kind !== "accepted") return answer;
    if (given.has(answer.timestamp)) return { ...answer, kind: "duplicate" };
    given.add(answer.timestamp);
    return answer;
  });
}

/** Resolution in ms from which on times say nothing about signals that were sent together. */
const COARSE_MS = 10;

/** The resolution of a time in ms; 0 for a text that is no time. */
function resolutionOf(time: string): number {
  return readTime(time)?.resolution ?? (Number.isNaN(Date.parse(time)) ? 0 : 1_000);
}

/**
 * Number of answers that count as repetitions only because they have the same time, where times are so coarse that a
 * second execution could have it, too.
 */
export function unprovenRepeats(answers: readonly SignalAnswer[]): number {
  const times = answers.flatMap((answer) => (answer.kind === "accepted" ? [answer.timestamp] : []));
  const repeated = times.filter((time, place) => times.indexOf(time) < place);
  return repeated.filter((time) => resolutionOf(time) >= COARSE_MS).length;
}

type Duplicate<Answer> = Omit<Answer, "kind" | "timestamp"> & { readonly kind: "duplicate" };

/** Counts of requests that were sent together. */
export interface Round {
  /** First answers: the number of executions, if the target is right. */
  readonly first: number;
  /** Accepted: answered for the first time or again. */
  readonly passed: number;
  readonly limited: number;
  readonly refused: number;
  readonly failed: number;
}

/** Counts the answers to requests that were sent together. */
export function countRound(answers: readonly SignalAnswer[]): Round {
  const count = (kind: SignalAnswer["kind"]) => answers.filter((answer) => answer.kind === kind).length;
  return {
    first: count("accepted"),
    passed: count("accepted") + count("duplicate"),
    limited: count("limited"),
    refused: count("refused"),
    failed: count("failed"),
  };
}

/** Whether different requests show the limit: exactly so many are accepted, and all others get a 429. */
export function keepsLimit({ passed, limited }: Round, sent: number, limit: number): boolean {
  return passed === limit && limited === sent - limit;
}

/**
 * Whether requests above the limit over some seconds show it: no more are accepted than the limit allows in the seconds
 * they may touch, nearly as many as it promises, and all others get a 429.
 */
export function holdsUnderOverload({ passed, limited }: Round, sent: number, limit: number, seconds: number): boolean {
  return passed <= limit * (seconds + 1) && passed >= limit * (seconds - 1) && passed + limited === sent;
}

/**
 * Whether equal requests show idempotency and the limit: one was first, the others got its answer, and as many were
 * accepted as the limit allows in the seconds that they took. Where those are more than an answer is known for, the next
 * one is rightly first again.
 */
export function keepsOne({ first, passed, limited }: Round, sent: number, limit: number, seconds = 0): boolean {
  const most = limit * Math.max(1, Math.ceil(seconds));
  const mostFirst = 1 + Math.floor(seconds / CONTRACT.idempotentSeconds);
  return first >= 1 && first <= mostFirst && passed >= Math.min(2, sent) && passed <= most && passed + limited === sent;
}

/** Only microseconds distinguish answers; with coarser times two signals may well have the same. */
const EXACT_MS = 0.001;

/** What is known about the clock of the target's times. */
export interface ClockOfTarget {
  /** Ms to add to its time to get the receiver's. */
  readonly correction: number;
  /** The error of that in ms. */
  readonly error: number;
}

/** How far a clock may drift from its measurement at the start, in ms. */
const DRIFT_MS = 50;

/**
 * Detects signals that got the answer to another one: accepted before they were sent, or in the same microsecond as
 * another signal of the same webhook. One for each virtual user.
 */
export class SwallowedSignals {
  private readonly clock: ClockOfTarget;
  private readonly given = new Map<string, string[]>();

  constructor(clock: ClockOfTarget) {
    this.clock = clock;
  }

  /**
   * Whether an answer belongs to another signal.
   *
   * @param webhook id of the webhook.
   * @param sentAt Unix ms by the receiver's clock.
   */
  has(webhook: string, timestamp: string, sentAt: number): boolean {
    const time = readTime(timestamp);
    if (time === null) return this.isKnown(webhook, timestamp);
    const { correction, error } = this.clock;
    const latest = time.at + time.resolution + correction + error + DRIFT_MS;
    const isOlder = latest < sentAt;
    return (time.resolution <= EXACT_MS * 1.001 && this.isKnown(webhook, timestamp)) || isOlder;
  }

  private isKnown(webhook: string, timestamp: string): boolean {
    const given = this.given.get(webhook) ?? [];
    this.given.set(webhook, given);
    if (given.includes(timestamp)) return true;
    given.push(timestamp);
    if (given.length > REMEMBERED) given.shift();
    return false;
  }
}

/** Answers that are kept per webhook: a signal is known for a second, in which the limit accepts so many. */
const REMEMBERED = 100;

const page = once(() =>
  v.object({
    signals: v.array(v.unknown()),
    /** The start of the next page, for `?after=`; absent where the response is always the whole list. */
    next: v.optional(v.union([v.number(), v.string()])),
  }),
);

/** Parses a page of executed signals. @returns what is wrong with an invalid one. */
export function readExecuted(body: unknown): v.InferOutput<ReturnType<typeof page>> | string {
  const parsed = v.safeParse(page(), fromJson(body));
  return parsed.success ? parsed.output : `${v.getDotPath(parsed.issues[0]) ?? "body"}: ${parsed.issues[0].message}`;
}
