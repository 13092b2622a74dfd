/** The signal webhook on the wire: what a signal says, and what the answers to it mean. */
import * as v from "valibot";
import { draw } from "../../core/event.ts";
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
    action: drawn % 2 === 0 ? "BUY" : "SELL",
    symbol: SYMBOLS[drawn % SYMBOLS.length],
    quantity: 1 + ((drawn >>> 8) % 1_000),
    price: 100 + ((drawn >>> 16) % 100_000) / 100,
    [field]: eventId(trace),
  });
}

/** What became of one request. */
export type SignalAnswer =
  /** Accepted, or the first answer again: `timestamp` is that of the first acceptance. */
  | { readonly kind: "accepted"; readonly timestamp: string }
  /** Known already, and said so. */
  | { readonly kind: "duplicate" }
  /** Above the limit. */
  | { readonly kind: "limited" }
  /** The request was at fault: 4xx. */
  | { readonly kind: "refused"; readonly status: number }
  /** The target was at fault, answered what the contract does not know, or not at all. */
  | { readonly kind: "failed"; readonly why: string };

const Accepted = v.object({ status: v.literal("accepted"), timestamp: v.union([v.string(), v.number()]) });

/** Reads an answer. @param status 0 when there was none; `problem` then says why. */
export function readAnswer(status: number, body: unknown, problem = ""): SignalAnswer {
  if (status === 429) return { kind: "limited" };
  if (status === 409) return { kind: "duplicate" };
  if (status >= 400 && status < 500) return { kind: "refused", status };
  if (status < 200 || status >= 300) return { kind: "failed", why: status === 0 ? problem : `status ${status}` };
  const parsed = v.safeParse(Accepted, fromJson(body));
  if (parsed.success) return { kind: "accepted", timestamp: String(parsed.output.timestamp) };
  return { kind: "failed", why: `status ${status} without status "accepted" and a timestamp` };
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

/** Whether equal requests show idempotency: one was first, and nothing but the limit kept any from the same answer. */
export function keepsOne({ first, passed, limited }: Round, sent: number): boolean {
  return first === 1 && passed >= 2 && passed + limited === sent;
}

/** A moment that a target tells: ISO 8601 with any number of digits behind the seconds, or Unix seconds. */
export interface Told {
  /** Unix ms. */
  readonly at: number;
  /** Ms within which the moment lies after `at`: what was cut off. */
  readonly resolution: number;
}

/** Reads a moment; null when it is none. */
export function readTime(text: string): Told | null {
  const [, head, fraction = "", zone] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(text) ?? [];
  const resolution = 1000 / 10 ** fraction.length;
  if (head !== undefined) {
    const whole = Date.parse(`${head.replace(" ", "T")}${zone ?? "Z"}`);
    return Number.isNaN(whole) ? null : { at: whole + Number(`0.${fraction || "0"}`) * 1000, resolution };
  }
  const [, seconds, part = ""] = /^(\d{9,10})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  return seconds === undefined ? null : { at: Number(text) * 1000, resolution: 1000 / 10 ** part.length };
}

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
