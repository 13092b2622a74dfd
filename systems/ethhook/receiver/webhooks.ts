import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as v from "valibot";
import type { ClockReport } from "../../../core/clocks.ts";
import { wasTraceHash } from "../../../core/damagedid.ts";
import { isPlausible } from "../../../core/plausible.ts";
import { readTraceHash, type Trace } from "../../../core/trace.ts";
import { type Misbehaviour, MisbehaviourSchema } from "../../../receiver/misbehaviour.ts";
import type { RequestHeaders } from "../../../receiver/signatures/schemes.ts";
import type { Signatures } from "../../../receiver/signatures/signature.ts";
import type { Traffic } from "../../../receiver/traffic.ts";
import { unpack } from "../../../receiver/unpacking.ts";
import type { Webhook } from "../wire.ts";
import { readWebhooks } from "./body.ts";
import type { Delivery, RefusedAttempt } from "./endpoint.ts";

/** How a strike is told of in accounts. */
const HOW = { 503: "answered 503", 404: "answered 404", drop: "cut off" } as const;

/** A webhook of one log entry is under 2 kB. */
const BODY_LIMIT = 256 * 1024;

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

/** With the moments at which its headers were accepted and the last byte of its body was read, in Unix ms. */
type WebhookRequest = FastifyRequest<{ Params: { name?: string } }> & { headersAt: number; arrivedAt: number };

/** The routes that webhooks are sent to, and those that script how they are answered. */
export async function webhookRoutes(app: FastifyInstance, options: WebhookOptions): Promise<void> {
  const { misbehaviour } = options;
  app.get("/misbehaviour", () => misbehaviour.settings);
  app.put("/misbehaviour", (request, reply) => {
    const settings = v.safeParse(MisbehaviourSchema, request.body);
    if (!settings.success) return reply.code(422).send({ error: v.summarize(settings.issues) });
    misbehaviour.settings = settings.output;
    return settings.output;
  });
  await app.register(deliveryRoutes, options);
}

async function deliveryRoutes(app: FastifyInstance, options: WebhookOptions): Promise<void> {
  const { traffic, now } = options;
  app.decorateRequest("headersAt", 0);
  app.decorateRequest("arrivedAt", 0);
  app.addHook("onRequest", (request, _, done) => {
    const webhook = request as WebhookRequest;
    webhook.headersAt = now();
    webhook.arrivedAt = webhook.headersAt;
    traffic.arrived(webhook.headersAt);
    done();
  });
  // The signature is over the bytes, so that the body is left as it came, whatever its type is said to be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (request, body, done) => {
    (request as WebhookRequest).arrivedAt = now();
    done(null, body);
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const { statusCode = 500, message } = error;
    traffic.refused(statusCode === 413 ? "too large" : "bad body");
    return reply.code(statusCode).send({ error: message });
  });
  const handler = (request: FastifyRequest, reply: FastifyReply) =>
    takeWebhook(options, request as WebhookRequest, reply);
  app.post("/webhook", handler);
  app.post("/webhook/:name", handler);
}

async function takeWebhook(options: WebhookOptions, request: WebhookRequest, reply: FastifyReply) {
  const { signatures, answer, sink, traffic, misbehaviour, now } = options;
  const { headersAt, arrivedAt } = request;
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const endpoint = request.params.name ?? header(request, "x-webhook-id") ?? "";
  const encoding = header(request, "content-encoding");
  const unpacked = encoding === undefined ? bytes : await unpack(bytes, encoding);
  const bodies = typeof unpacked === "string" ? unpacked : readWebhooks(unpacked);
  if (typeof unpacked === "string" || typeof bodies === "string") {
    traffic.refused("bad body");
    sink.unread(endpoint, String(bodies));
    return reply.code(400).send({ error: `the body is not a webhook of the contract: ${bodies}` });
  }
  const traced = bodies.map((body) => ({ body, trace: traceOf(body) }));
  const attempt = readAttempt(header(request, "x-webhook-attempt"));
  const refuse = (why: RefusedAttempt["why"], problem?: string) => {
    traffic.refused(why === "wrong signature" ? why : "misbehaved");
    for (const { trace } of traced) {
      if (trace !== null) sink.refused(endpoint, { trace, headersAt, attempt, answeredAt: now(), why, problem });
    }
  };
  const signed = unpacked === bytes ? [bytes] : [bytes, unpacked];
  const problem = signatures?.problemOf(signed, headersOf(request), Date.now()) ?? null;
  if (problem !== null) {
    refuse("wrong signature", problem);
    return reply.code(401).send({ error: problem });
  }
  if (misbehaviour.settings.delay > 0) await pause(misbehaviour.settings.delay);
  const strike = misbehaviour.next();
  if (strike !== null) {
    refuse(HOW[strike]);
    if (strike !== "drop") return reply.code(strike).send({ error: "scripted misbehaviour" });
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  const delivery = { headersAt, arrivedAt, attempt, isSigned: signatures !== null };
  const handingOn = traced.flatMap(({ body, trace }) =>
    trace === null ? [] : (sink.delivered(endpoint, { trace, ...delivery }, body) ?? []),
  );
  if (handingOn.length > 0 && (await Promise.all(handingOn)).includes(false)) {
    traffic.refused("not handed on");
    return reply.code(503).send({ error: "the receiver that settles the runs cannot be reached" });
  }
  for (const { trace, body } of traced) {
    if (trace === null) sink.stray(endpoint, wasTraceHash(body.transaction_hash) ? "damaged" : "foreign");
  }
  traffic.accepted(traced.map(({ trace }) => (trace === null ? null : arrivedAt - trace.publishedAt)));
  // Past the reply's hooks and serializers, of which there are none: they took a tenth of the time of a webhook.
  reply.hijack();
  reply.raw.writeHead(answer.status, headersOfAnswer(answer)).end(answer.body);
  return reply;
}

function headersOfAnswer({ body }: Answer): Readonly<Record<string, string | number>> {
  if (body === "") return { "content-length": 0 };
  const type = body.startsWith("{") ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
  return { "content-type": type, "content-length": Buffer.byteLength(body) };
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

/** Headers that came once; Node has their names in small letters, and makes a list of no other one than this. */
function headersOf({ headers }: FastifyRequest): RequestHeaders {
  if (headers["set-cookie"] === undefined) return headers as RequestHeaders;
  const single = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(single);
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}
