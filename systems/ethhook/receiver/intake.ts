import { setTimeout as pause } from "node:timers/promises";
import type { ClockReport } from "../../../core/clocks.ts";
import { wasTraceHash } from "../../../core/damagedid.ts";
import { isPlausible } from "../../../core/plausible.ts";
import { readTraceHash, type Trace } from "../../../core/trace.ts";
import type { Misbehaviour } from "../../../receiver/misbehaviour.ts";
import type { RequestHeaders } from "../../../receiver/signatures/schemes.ts";
import type { Signatures } from "../../../receiver/signatures/signature.ts";
import type { Traffic } from "../../../receiver/traffic.ts";
import { unpack } from "../../../receiver/unpacking.ts";
import type { Webhook } from "../wire.ts";
import { readWebhooks } from "./body.ts";
import type { Delivery, RefusedAttempt } from "./endpoint.ts";

/** How a strike is told of in accounts. */
const HOW = { 503: "answered 503", 404: "answered 404", drop: "cut off" } as const;

/** What a webhook carries that belongs to no run: an identity that was damaged, or none of ours. */
export type Stray = "damaged" | "foreign";

/** Where webhooks go: to the runs here, or to another receiver. */
export interface WebhookSink {
  /** @returns nothing where it is entered at once; else whether it could be handed on, which is answered not before. */
  delivered(endpoint: string, delivery: Delivery, body: Webhook): Promise<boolean> | undefined;
  refused(endpoint: string, refused: RefusedAttempt): void;
  /** A request whose body is no webhook. @param problem what is wrong with it. */
  unread(endpoint: string, problem: string): void;
  /** Takes how the clock of a relay stood; for those who settle. */
  clocked?(run: number, report: ClockReport): void;
  /** A webhook that was taken and belongs to no run. */
  stray(endpoint: string, what: Stray): void;
}

/** A 2xx and its body. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

export const RECEIVED: Answer = { status: 200, body: '{"status":"received"}' };

export interface WebhookOptions {
  /** How bodies must be signed; null accepts all. */
  readonly signatures: Signatures | null;
  /** How a webhook that is taken is answered. */
  readonly answer: Answer;
  readonly sink: WebhookSink;
  readonly traffic: Traffic;
  readonly misbehaviour: Misbehaviour;
  /** Unix ms. */
  readonly now: () => number;
}

/** A request, read to its end. */
export interface WebhookRequest {
  /** The endpoint in its URL. */
  readonly name: string | undefined;
  readonly headers: RequestHeaders;
  readonly body: Buffer;
  /** Unix ms when its headers were accepted, and when the last byte of its body was read. */
  readonly headersAt: number;
  readonly arrivedAt: number;
}

/** What a request is answered with: all is well, an error, or nothing and the connection is cut off. */
export type Outcome = "taken" | "drop" | { readonly status: number; readonly error: string };

/** Checks a request and enters its webhooks. Without a promise unless something has to be waited for. */
export function take(options: WebhookOptions, request: WebhookRequest): Outcome | Promise<Outcome> {
  const { headers, body } = request;
  const encoding = headers["content-encoding"];
  if (encoding === undefined) return takeUnpacked(options, request, body);
  return unpack(body, encoding).then((unpacked) => takeUnpacked(options, request, unpacked));
}

type Traced = { readonly body: Webhook; readonly trace: Trace | null };

/** @param unpacked the decompressed body, or why it cannot be. */
function takeUnpacked(options: WebhookOptions, request: WebhookRequest, unpacked: Buffer | string) {
  const { signatures, sink, traffic, misbehaviour, now } = options;
  const { headers, body, headersAt } = request;
  const endpoint = request.name ?? headers["x-webhook-id"] ?? "";
  const bodies = typeof unpacked === "string" ? unpacked : readWebhooks(unpacked);
  if (typeof unpacked === "string" || typeof bodies === "string") {
    traffic.refused("bad body");
    sink.unread(endpoint, String(bodies));
    return { status: 400, error: `the body is not a webhook of the contract: ${bodies}` };
  }
  const traced = bodies.map((one) => ({ body: one, trace: traceOf(one) }));
  const attempt = readAttempt(headers["x-webhook-attempt"]);
  const refuse = (why: RefusedAttempt["why"], problem?: string) => {
    traffic.refused(why === "wrong signature" ? why : "misbehaved");
    for (const { trace } of traced) {
      if (trace !== null) sink.refused(endpoint, { trace, headersAt, attempt, answeredAt: now(), why, problem });
    }
  };
  const signed = unpacked === body ? [body] : [body, unpacked];
  const problem = signatures?.problemOf(signed, headers, Date.now()) ?? null;
  if (problem !== null) {
    refuse("wrong signature", problem);
    return { status: 401, error: problem };
  }
  const strikeOrEnter = (): Outcome | Promise<Outcome> => {
    const strike = misbehaviour.next();
    if (strike === null) return enter(options, request, { endpoint, attempt, traced });
    refuse(HOW[strike]);
    return strike === "drop" ? "drop" : { status: strike, error: "scripted misbehaviour" };
  };
  const { delay } = misbehaviour.settings;
  return delay > 0 ? pause(delay).then(strikeOrEnter) : strikeOrEnter();
}

interface Entering {
  readonly endpoint: string;
  readonly attempt: number;
  readonly traced: readonly Traced[];
}

function enter(
  options: WebhookOptions,
  { headersAt, arrivedAt }: WebhookRequest,
  { endpoint, attempt, traced }: Entering,
): Outcome | Promise<Outcome> {
  const { signatures, sink, traffic } = options;
  const isSigned = signatures !== null;
  const handingOn: Promise<boolean>[] = [];
  for (const { body, trace } of traced) {
    if (trace === null) continue;
    const handedOn = sink.delivered(endpoint, { trace, headersAt, arrivedAt, attempt, isSigned }, body);
    if (handedOn !== undefined) handingOn.push(handedOn);
  }
  const taken = (): Outcome => {
    for (const { trace, body } of traced) {
      if (trace === null) sink.stray(endpoint, wasTraceHash(body.transaction_hash) ? "damaged" : "foreign");
    }
    traffic.accepted(traced.map(({ trace }) => (trace === null ? null : arrivedAt - trace.publishedAt)));
    return "taken";
  };
  if (handingOn.length === 0) return taken();
  return Promise.all(handingOn).then((handedOn) => {
    if (!handedOn.includes(false)) return taken();
    traffic.refused("not handed on");
    return { status: 503, error: "the receiver that settles the runs cannot be reached" };
  });
}

/** The identity of a webhook; null when it carries none, or one that is damaged. */
export function traceOf({ transaction_hash }: Webhook): Trace | null {
  const trace = readTraceHash(transaction_hash);
  return trace !== null && isPlausible(trace) ? trace : null;
}

/** Which attempt a sender says it is; the first where it says nothing that makes sense. */
function readAttempt(text = "1"): number {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;
}
