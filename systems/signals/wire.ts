/** The signal webhook on the wire: what a signal says, and what the answers to it mean. */
import * as v from "valibot";
import type { Damage } from "../../core/damage.ts";
import { draw } from "../../core/event.ts";
import { readTime } from "../../core/moment.ts";
import { eventId, type Trace } from "../../core/trace.ts";

/** What the contract promises: requests per second of every webhook and client, and how long a signal is known. */
export const CONTRACT = { limit: 10, idempotentSeconds: 1 };

const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "ESZ6", "NQZ6"] as const;

/**
 * The body of signal `seq`: buys and sells of several symbols, none like another. Equal arguments make
 * equal bodies, and so duplicates.
 *
 * @param field where the trace rides; one that the target passes on to what it executes.
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
 * In what an executed signal differs from the one that was sent: in its action, the one field that every target keeps.
 * Null where it does not, or where the target has words of its own for it. Prices and quantities are what it got.
 */
export function damageOf(executed: unknown, seed: number, { seq }: Trace): Damage | null {
  const { action } = Object(executed) as { action?: unknown };
  if (typeof action !== "string" || !/^(BUY|SELL)$/i.test(action)) return null;
  const sent = actionOf(draw(seed, seq));
  if (action.toUpperCase() === sent) return null;
  return { field: "action", sent: JSON.stringify(sent), received: JSON.stringify(action) };
}

/** What became of one request. */
export type SignalAnswer =
  /** Accepted, or the first answer again: `timestamp` is that of the first acceptance. */
  | { readonly kind: "accepted"; readonly timestamp: string }
  /** Known already, and said so. */
  | { readonly kind: "duplicate" }
  /** Above the limit; `retryAfter` is in seconds, null where the answer does not say it. */
  | { readonly kind: "limited"; readonly retryAfter: number | null }
  /** The request was at fault: 4xx. */
  | { readonly kind: "refused"; readonly status: number }
  /** The target was at fault, answered what the contract does not know, or not at all. */
  | { readonly kind: "failed"; readonly why: string };

const Accepted = v.object({ status: v.literal("accepted"), timestamp: v.union([v.string(), v.number()]) });

/** What is read of an answer beside its body. */
export interface Envelope {
  /** 0 when there was no answer. */
  readonly status: number;
  /** Why there was none. */
  readonly problem?: string;
  /** The header of that name. */
  readonly retryAfter?: string | undefined;
  /** When it came, in Unix ms. */
  readonly at?: number;
}

/** Reads an answer. */
export function readAnswer(body: unknown, { status, problem = "", retryAfter, at = 0 }: Envelope): SignalAnswer {
  if (status === 429) return { kind: "limited", retryAfter: secondsOf(retryAfter, at) };
  if (status === 409) return { kind: "duplicate" };
  if (status >= 400 && status < 500) return { kind: "refused", status };
  if (status < 200 || status >= 300) return { kind: "failed", why: status === 0 ? problem : `status ${status}` };
  const parsed = v.safeParse(Accepted, fromJson(body));
  if (parsed.success) return { kind: "accepted", timestamp: String(parsed.output.timestamp) };
  return { kind: "failed", why: `status ${status} without status "accepted" and a timestamp` };
}

/** Retry-After is told in seconds or as a date. */
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

/** Answers that repeat the first answer to an equal signal, told apart from it; to be given in order of arrival. */
export function markRepeats<Answer extends SignalAnswer>(answers: readonly Answer[]): (Answer | Duplicate<Answer>)[] {
  const given = new Set<string>();
  return answers.map((answer) => {
    if (answer.kind !== "accepted") return answer;
    if (given.has(answer.timestamp)) return { ...answer, kind: "duplicate" };
    given.add(answer.timestamp);
    return answer;
  });
}

/** Ms; times that are cut off to so many tell nothing about signals that are sent together. */
const COARSE_MS = 10;

/** Ms within which a time lies; of what is no time, equal ones are one. */
function resolutionOf(time: string): number {
  return readTime(time)?.resolution ?? (Number.isNaN(Date.parse(time)) ? 0 : 1_000);
}

/**
 * Answers to equal signals that are taken for repetitions only because their times are the same, and those are so coarse
 * that a second execution would have it too.
 */
export function unprovenRepeats(answers: readonly SignalAnswer[]): number {
  const times = answers.flatMap((answer) => (answer.kind === "accepted" ? [answer.timestamp] : []));
  const repeated = times.filter((time, place) => times.indexOf(time) < place);
  return repeated.filter((time) => resolutionOf(time) >= COARSE_MS).length;
}

type Duplicate<Answer> = Omit<Answer, "kind" | "timestamp"> & { readonly kind: "duplicate" };

/** Requests that were sent together, counted. */
export interface Round {
  /** First answers: as many as were executed, if the target keeps its word. */
  readonly first: number;
  /** Let through: answered for the first time or again. */
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

/** Whether requests with different bodies show the limit: exactly so many pass, and all others are told to slow down. */
export function keepsLimit({ passed, limited }: Round, sent: number, limit: number): boolean {
  return passed === limit && limited === sent - limit;
}

/**
 * Whether requests above the limit over some seconds show it: no more pass than the limit allows in the
 * seconds they may touch, nearly as many as it promises, and all others are told to slow down.
 */
export function holdsUnderOverload({ passed, limited }: Round, sent: number, limit: number, seconds: number): boolean {
  return passed <= limit * (seconds + 1) && passed >= limit * (seconds - 1) && passed + limited === sent;
}

/**
 * Whether equal requests show idempotency and the limit: one was first, the others got its answer, and as many
 * passed as the limit lets pass in the seconds that they took.
 */
export function keepsOne({ first, passed, limited }: Round, sent: number, limit: number, seconds = 0): boolean {
  const most = limit * Math.max(1, Math.ceil(seconds));
  return first === 1 && passed >= Math.min(2, sent) && passed <= most && passed + limited === sent;
}

/** Microseconds tell answers apart; of coarser times two signals may well have the same. */
const EXACT_MS = 0.001;

/** What is known of the clock that a target tells its times by. */
export interface ClockOfTarget {
  /** Ms to add to its time to get the receiver's. */
  readonly correction: number;
  /** Ms by which that may be wrong. */
  readonly error: number;
}

/** A clock may drift so far from what was measured at the start, in ms. */
const DRIFT_MS = 50;

/**
 * Finds signals that were answered with the answer to another one: accepted before they were sent, or at the
 * microsecond at which another signal of the same webhook was. One for each virtual user.
 */
export class SwallowedSignals {
  private readonly clock: ClockOfTarget;
  private readonly given = new Map<string, string[]>();

  constructor(clock: ClockOfTarget) {
    this.clock = clock;
  }

  /**
   * Whether an answer belongs to another signal than the one that it was given to.
   *
   * @param webhook what tells webhooks apart.
   * @param sentAt Unix ms by the receiver's clock.
   */
  has(webhook: string, timestamp: string, sentAt: number): boolean {
    const told = readTime(timestamp);
    if (told === null) return this.isKnown(webhook, timestamp);
    const { correction, error } = this.clock;
    const latest = told.at + told.resolution + correction + error + DRIFT_MS;
    const isOlder = latest < sentAt;
    return (told.resolution <= EXACT_MS * 1.001 && this.isKnown(webhook, timestamp)) || isOlder;
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

/** Answers of one webhook that are remembered: a signal is known for a second, in which the limit lets so many pass. */
const REMEMBERED = 100;

const ExecutedSchema = v.object({
  signals: v.array(v.unknown()),
  /** Where the next page starts, for `?after=`; absent where the whole list is always answered. */
  next: v.optional(v.union([v.number(), v.string()])),
});

/** Reads a page of executed signals. @returns what is wrong with it otherwise. */
export function readExecuted(body: unknown): v.InferOutput<typeof ExecutedSchema> | string {
  const parsed = v.safeParse(ExecutedSchema, fromJson(body));
  return parsed.success ? parsed.output : `${v.getDotPath(parsed.issues[0]) ?? "body"}: ${parsed.issues[0].message}`;
}
