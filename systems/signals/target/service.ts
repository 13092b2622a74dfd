import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import * as v from "valibot";
import type { Manner } from "../../../target/manner.ts";
import { connectRedis } from "../../../target/redis.ts";
import { clientOf } from "./client.ts";
import type { SignalsFaults } from "./faults.ts";
import { gateOf } from "./faulty.ts";
import type { Gate } from "./gate.ts";
import { Store } from "./store.ts";
import { Wear } from "./wear.ts";

export interface SignalsOptions {
  readonly host: string;
  /** 0 chooses a free port, the same one for all processes. */
  readonly port: number;
  readonly redisUrl: string;
  readonly user: string;
  readonly password: string;
  readonly manner?: Manner;
  readonly faults: SignalsFaults;
}

const Login = v.object({ username: v.string(), password: v.string() });
const Naming = v.object({ name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) });
const Signal = v.looseObject({ action: v.picklist(["BUY", "SELL"]) });
const Page = v.object({
  after: v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number)), "0"),
});

const PAGE_SIZE = 5_000;
/** The limit is one of a second. */
const RETRY_AFTER_SECONDS = 1;

/** Serves the signal webhook in this process. @throws when its address cannot be had. */
export async function startSignals(options: SignalsOptions): Promise<{ close(): Promise<void> }> {
  const redis = await connectRedis(options.redisUrl, (text) => process.stderr.write(`${text}\n`));
  const store = new Store(redis);
  const app = fastify({ forceCloseConnections: true });
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
  addAccountRoutes(app, store, options);
  // In the field nothing is kept of a signal but what is done by it.
  const faults = options.manner === "real" ? { ...options.faults, "action-only": true as const } : options.faults;
  addSignalRoute(app, store, gateOf(redis, faults), faults);
  app.get("/health", async (_, reply) => {
    const reachable = await store.isReachable();
    return reply.code(reachable ? 200 : 503).send({ status: reachable ? "healthy" : "unhealthy", pid: process.pid });
  });
  app.get("/api/v1/signals/executed", async (request, reply) => {
    const page = read(Page, request.query, reply);
    if (page === undefined) return reply;
    const executed = await store.executed(page.after, PAGE_SIZE);
    const { untimed = Number.POSITIVE_INFINITY } = options.faults;
    const signals = executed.map(({ executedAt, signal }, place) => {
      return (page.after + place + 1) % untimed === 0 ? signal : { ...Object(signal), executed_at: iso(executedAt) };
    });
    return { count: await store.executedCount(), signals, next: page.after + signals.length };
  });
  await app.listen({ host: options.host, port: options.port });
  return {
    close: async () => {
      await app.close();
      redis.destroy();
    },
  };
}

function addAccountRoutes(app: FastifyInstance, store: Store, { user, password }: SignalsOptions): void {
  app.post("/api/v1/auth/login", async (request, reply) => {
    const login = read(Login, request.body, reply);
    if (login === undefined) return reply;
    if (!isSame(login.username, user) || !isSame(login.password, password)) {
      return reply.code(401).send({ detail: "wrong user or password" });
    }
    return { access_token: await store.login(login.username), token_type: "bearer" };
  });
  app.post("/api/v1/webhooks/generate", async (request, reply) => {
    const [, session] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (session === undefined || (await store.userOf(session)) === null) {
      return reply.code(401).send({ detail: "not logged in" });
    }
    const naming = read(Naming, request.body, reply);
    if (naming === undefined) return reply;
    const { id, name, token, secret } = await store.createWebhook(naming.name);
    return { id, name, token, secret_key: secret };
  });
  app.delete<{ Params: { token: string } }>("/api/v1/webhooks/:token", async (request, reply) => {
    const [, session] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (session === undefined || (await store.userOf(session)) === null) {
      return reply.code(401).send({ detail: "not logged in" });
    }
    const removed = await store.removeWebhook(request.params.token);
    return removed ? reply.code(204).send() : reply.code(404).send({ detail: "unknown webhook" });
  });
}

type Trigger = FastifyRequest<{ Params: { token: string }; Querystring: { secret?: unknown } }>;

function addSignalRoute(app: FastifyInstance, store: Store, gate: Gate, faults: SignalsFaults): void {
  const wear = new Wear(faults);
  app.post("/api/v1/webhooks/:token", async (request: Trigger, reply) => {
    const webhook = await store.webhookOf(request.params.token);
    if (webhook === null) return reply.code(404).send({ detail: "unknown webhook" });
    const { secret } = request.query;
    const isRight = typeof secret === "string" && isSame(secret, webhook.secret);
    if (!isRight && faults["open-door"] === undefined) return reply.code(401).send({ detail: "wrong secret" });
    const signal = read(Signal, request.body, reply);
    if (signal === undefined) return reply;
    if (faults.delay !== undefined) await pause(faults.delay);
    const passage = await gate.admit({
      webhook: webhook.id,
      client: clientOf(request.socket.remoteAddress ?? "", request.headers, faults["trust-headers"] === true),
      digest: createHash("sha256")
        .update(faults["same-action"] ? signal.action : JSON.stringify(signal))
        .digest("hex"),
      signal: JSON.stringify(faults["action-only"] ? { action: signal.action } : { ...signal, webhook_id: webhook.id }),
    });
    if (passage === "limited") {
      if (!faults["no-retry-after"]) reply.header("retry-after", String(RETRY_AFTER_SECONDS));
      return reply.code(429).send({ detail: "more than 10 requests in a second" });
    }
    if (wear.passed(reply.raw)) return reply.code(500).send({ detail: "a planted fault" });
    return { status: "accepted", webhook_id: webhook.id, timestamp: timestampOf(passage.acceptedAt, faults) };
  });
}

/** A moment as an answer tells it. @param micros Unix microseconds. */
function timestampOf(micros: number, faults: SignalsFaults): string {
  return faults["coarse-times"] ? iso(micros).replace(/\.\d+/, "") : iso(micros);
}

/** Unix microseconds as text. */
function iso(micros: number): string {
  const text = new Date(Math.floor(micros / 1000)).toISOString();
  return text.replace("Z", `${String(micros % 1000).padStart(3, "0")}Z`);
}

/** Compares in a time that says nothing about how much is right. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Parses by a schema; answers 422 with the first thing that is wrong. */
function read<S extends v.GenericSchema>(schema: S, from: unknown, reply: FastifyReply) {
  const parsed = v.safeParse(schema, from ?? {}, { abortEarly: true });
  if (parsed.success) return parsed.output as v.InferOutput<S>;
  const [issue] = parsed.issues;
  void reply.code(422).send({ detail: `${v.getDotPath(issue) ?? "body"}: ${issue.message}` });
  return undefined;
}
