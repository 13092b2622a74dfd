import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as v from "valibot";
import { isPlausible } from "../core/report.ts";
import { readTraceHash, type Trace } from "../core/trace.ts";
import type { Webhook } from "../systems/ethhook/wire.ts";
import type { Delivery } from "./endpoint.ts";
import type { Refusal } from "./failures.ts";
import { type Misbehaviour, MisbehaviourSchema } from "./misbehaviour.ts";
import { isSigned, SIGNATURE_HEADER } from "./signature.ts";
import type { Traffic } from "./traffic.ts";

/** How a strike is told of in accounts. */
const HOW = { 503: "answered 503", 404: "answered 404", drop: "cut off" } as const;

/** A webhook of one log entry is under 2 kB. */
const BODY_LIMIT = 256 * 1024;

/** JSON knows numbers that are too large for us, which would be read as infinity and written as null. */
const Finite = v.pipe(v.number(), v.finite());

export const WebhookSchema: v.GenericSchema<unknown, Webhook> = v.object({
  block_hash: v.string(),
  block_number: Finite,
  chain_id: Finite,
  contract_address: v.string(),
  data: v.string(),
  log_index: Finite,
  timestamp: Finite,
  topics: v.array(v.string()),
  transaction_hash: v.string(),
});

/** Where webhooks go once they are answered: to the runs here, or to another receiver. */
export interface WebhookSink {
  delivered(endpoint: string, delivery: Delivery, body: Webhook): void;
  refused(endpoint: string, trace: Trace, at: number, why: Refusal): void;
}

export interface WebhookOptions {
  /** What bodies must be signed with; null accepts all. */
  readonly secret: string | null;
  readonly sink: WebhookSink;
  readonly traffic: Traffic;
  readonly misbehaviour: Misbehaviour;
  /** Unix ms. */
  readonly now: () => number;
}

type WebhookRequest = FastifyRequest<{ Params: { name?: string } }> & { arrivedAt: number };

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
  app.decorateRequest("arrivedAt", 0);
  app.addHook("onRequest", async (request) => {
    const arrivedAt = now();
    (request as WebhookRequest).arrivedAt = arrivedAt;
    traffic.arrived(arrivedAt);
  });
  // The signature is over the bytes, so that the body is left as it came, whatever its type is said to be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (_, body, done) => done(null, body));
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
  const { secret, sink, traffic, misbehaviour } = options;
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const body = readBody(bytes);
  if (body === null) {
    traffic.refused("bad body");
    return reply.code(400).send({ error: "the body is not a webhook of the contract" });
  }
  const endpoint = request.params.name ?? header(request, "x-webhook-id") ?? "";
  const trace = traceOf(body);
  if (secret !== null && !isSigned(bytes, header(request, SIGNATURE_HEADER), secret)) {
    traffic.refused("wrong signature");
    if (trace !== null) sink.refused(endpoint, trace, request.arrivedAt, "wrong signature");
    return reply.code(401).send({ error: `${SIGNATURE_HEADER} does not fit the body` });
  }
  if (misbehaviour.settings.delay > 0) await pause(misbehaviour.settings.delay);
  const strike = misbehaviour.next();
  if (strike !== null) {
    traffic.refused("misbehaved");
    if (trace !== null) sink.refused(endpoint, trace, request.arrivedAt, HOW[strike]);
    if (strike !== "drop") return reply.code(strike).send({ error: "scripted misbehaviour" });
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  reply.code(200).send({ status: "received" });
  traffic.accepted(trace === null ? null : request.arrivedAt - trace.publishedAt);
  const attempt = readAttempt(header(request, "x-webhook-attempt"));
  const delivery = { arrivedAt: request.arrivedAt, attempt, isSigned: secret !== null };
  if (trace !== null) sink.delivered(endpoint, { trace, ...delivery }, body);
  return reply;
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

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

function readBody(bytes: Buffer): Webhook | null {
  try {
    const parsed = v.safeParse(WebhookSchema, JSON.parse(bytes.toString()));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
