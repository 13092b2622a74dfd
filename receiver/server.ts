import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import * as v from "valibot";
import { readArrivals } from "../core/arrivals.ts";
import { Clock } from "../core/clock.ts";
import { ClockReportSchema } from "../core/clocks.ts";
import { HopsReportSchema } from "../core/hops.ts";
import type { AnyPipeline } from "../core/pipeline.ts";
import {
  type ArrivalsAnswer,
  ArrivalsSchema,
  ObservedSchema,
  OpeningSchema,
  PublishedSchema,
  SettlingSchema,
} from "../core/report.ts";
import { RUN_ID } from "../core/runid.ts";
import { Standstills } from "../core/standstill.ts";
import {
  type Answer,
  Endpoints,
  HandoverSchema,
  Handovers,
  openStorage,
  RECEIVED,
  Relay,
  type StorageOptions,
  webhookRoutes,
} from "../systems/farends.ts";
import { FarEnd } from "./farend.ts";
import { hookRoutes } from "./hooks.ts";
import { Influxdb } from "./influxdb.ts";
import type { Bucket, Database } from "./influxdb-address.ts";
import { Misbehaviour, type MisbehaviourSettings } from "./misbehaviour.ts";
import { prometheus } from "./prometheus.ts";
import type { Run } from "./run.ts";
import { Runs } from "./runs.ts";
import { type SignatureOptions, Signatures } from "./signatures/signature.ts";
import { Traffic } from "./traffic.ts";
import { addWordRoutes, RunWords } from "./words.ts";

/** Largest report that is read; one second of 100,000 deliveries is about 2 MB. */
const BODY_LIMIT = 32 * 1024 * 1024;

/** The wall may be set while runs are open. */
const WALL_LOOK_MS = 1_000;

/** How often it looks whether it stood still. */
const TICK_MS = 100;

/** Where a receiver listens. */
export interface ReceiverOptions {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** What webhooks must be signed with; without it signatures are not looked at. */
  readonly secret?: string | undefined;
  /** How they are signed. */
  readonly signature?: Omit<SignatureOptions, "secret"> | undefined;
  /** How a webhook that is taken is answered; 200 unless told. */
  readonly answer?: Answer | undefined;
  /** Another receiver that settles the runs: webhooks are taken here and accounted for there. */
  readonly settleAt?: string | undefined;
  /** The database in which events become rows, and the Redis before it, whose runs this receiver can settle then. */
  readonly storage?: StorageOptions | undefined;
  /** How webhooks are answered at first; `PUT /misbehaviour` changes it. */
  readonly misbehaviour?: MisbehaviourSettings | undefined;
  /** Where the accounts are written each second, so that boards show them. */
  readonly influxdb?: Database | Bucket | undefined;
  /** Pipelines whose far ends it looks at. */
  readonly pipelines?: readonly AnyPipeline[] | undefined;
}

/** A receiver that listens. */
export interface Receiver {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the receiver: the place where the runs are settled. @throws when the address cannot be had. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const clock = new Clock(() => performance.now(), WALL_LOOK_MS);
  const now = () => clock.now();
  const storage = options.storage === undefined ? null : await openStorage(options.storage, now);
  const standstills = new Standstills(TICK_MS);
  const ticking = setInterval(() => standstills.tick(performance.now(), now()), TICK_MS).unref();
  const runs = new Runs(now, storage, options.pipelines, standstills);
  const traffic = new Traffic(now);
  const misbehaviour = new Misbehaviour();
  if (options.misbehaviour !== undefined) misbehaviour.settings = options.misbehaviour;
  const app = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true });
  let influxdb: Influxdb | null = null;
  const metrics = prometheus(runs, traffic, () => influxdb?.state ?? null);

  app.get("/health", () => ({
    status: "healthy",
    runs: runs.all().length,
    ...(influxdb === null ? {} : { influxdb: influxdb.state }),
  }));
  app.get("/clock", () => ({ now: clock.now() }));
  app.get("/metrics", async (request, reply) => {
    if (!wantsPrometheus(request.headers.accept)) return traffic.metrics();
    return reply.type(metrics.contentType).send(await metrics.text());
  });
  app.post("/metrics/reset", () => {
    traffic.reset();
    return { status: "reset" };
  });
  const words = new RunWords();
  addRunRoutes(app, runs, words);
  addWordRoutes(app, runs, RUN, words);
  const handovers = new Handovers(runs);
  app.post("/relayed", (request, reply) => {
    const handover = read(HandoverSchema, request, reply);
    if (handover === undefined) return reply;
    handovers.enter(handover);
    return { status: "received" };
  });
  const relay = options.settleAt === undefined ? null : new Relay(options.settleAt, now);
  const signatures =
    options.secret === undefined ? null : new Signatures({ ...options.signature, secret: options.secret });
  const answer = options.answer ?? RECEIVED;
  await app.register(webhookRoutes, { signatures, answer, sink: relay ?? runs, traffic, misbehaviour, now });

  await app.register(hookRoutes, { runs, now });

  const url = await app.listen({ host: options.host, port: options.port });
  if (options.influxdb !== undefined) influxdb = new Influxdb(options.influxdb, runs, now);
  return {
    url,
    close: async () => {
      clearInterval(ticking);
      // What waits to be handed on is answered before its connection is closed.
      await relay?.close();
      await app.close();
      await influxdb?.close();
      await runs.close();
    },
  };
}

/** Prometheus names its formats; browsers and curl do not. */
function wantsPrometheus(accept = ""): boolean {
  return /text\/plain|openmetrics/.test(accept);
}

/** No path is ever taken for the id of a run. */
const RUN = `/runs/:run(${RUN_ID.source})`;

type RunRequest = FastifyRequest<{ Params: { run: string } }>;

function addRunRoutes(app: FastifyInstance, runs: Runs, words: RunWords): void {
  app.post(`${RUN}`, (request: RunRequest, reply) => {
    const opening = read(OpeningSchema, request, reply);
    if (opening === undefined) return reply;
    if (opening.storage !== undefined && !runs.watchesStorage) {
      const error = "this receiver watches no database; start it with --database postgres://... --redis redis://...";
      return reply.code(422).send({ error });
    }
    const refusal = runs.refusalOf(opening);
    if (refusal !== null) return reply.code(422).send({ error: refusal });
    const run = runs.open(request.params.run, opening);
    return typeof run === "string" ? reply.code(409).send({ error: run }) : run.account();
  });
  app.get(`${RUN}`, (request: RunRequest, reply) => found(runs, request, reply)?.account() ?? reply);
  app.get(`${RUN}/timeline`, (request: RunRequest, reply) => found(runs, request, reply)?.timeline() ?? reply);
  app.get(`${RUN}/latencies`, (request: RunRequest, reply) => found(runs, request, reply)?.latencies() ?? reply);
  app.post(`${RUN}/published`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const batches = run && read(PublishedSchema, request, reply);
    if (run === undefined || batches === undefined) return reply;
    for (const batch of batches) {
      run.published(batch);
      if (batch.words !== undefined) words.enter(run, batch.words);
    }
    return { settled: run.settled };
  });
  app.post(`${RUN}/arrivals`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const arrivals = run && read(ArrivalsSchema, request, reply);
    if (run === undefined || arrivals === undefined) return reply;
    const { paths, damaged, foreign } = readArrivals(arrivals.paths, { run: run.number }, Date.now());
    run.arrivals({ paths, damages: arrivals.damages, damaged, foreign: foreign + arrivals.foreign });
    const answer: ArrivalsAnswer = { draining: run.draining, settled: run.settled, damaged, foreign };
    return answer;
  });
  app.post(`${RUN}/observed`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const report = run && read(ObservedSchema, request, reply);
    if (run === undefined || report === undefined) return reply;
    const farEnd = run.observer(FarEnd);
    if (farEnd === undefined) return reply.code(422).send({ error: `run ${run.id} was opened without a far end` });
    const now = farEnd.now();
    const own = report.arrivals.reduce((sum, { at, path, text }) => {
      return sum + farEnd.arrived(path === undefined ? { text } : { path, text }, at ?? now);
    }, 0);
    return { identities: own, draining: run.draining, settled: run.settled };
  });
  app.post(`${RUN}/hops`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const report = run && read(HopsReportSchema, request, reply);
    if (run === undefined || report === undefined) return reply;
    run.observer(Endpoints)?.read(report);
    return run.account();
  });
  app.post(`${RUN}/clock`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const report = run && read(ClockReportSchema, request, reply);
    if (run === undefined || report === undefined) return reply;
    return { settled: run.settled, clocks: run.clock(report) };
  });
  app.post(`${RUN}/interrupt`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    run?.interrupt();
    return run?.account() ?? reply;
  });
  app.post(`${RUN}/settle`, async (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const settling = run && read(SettlingSchema, request, reply);
    if (run === undefined || settling === undefined) return reply;
    return run.settle(settling);
  });
}

function found(runs: Runs, request: RunRequest, reply: FastifyReply): Run | undefined {
  const run = runs.get(request.params.run);
  if (run === undefined) void reply.code(404).send({ error: `run ${request.params.run} was never opened` });
  return run;
}

/** Parses a body by its schema; answers 422 with the first thing that is wrong. */
function read<S extends v.GenericSchema>(schema: S, request: FastifyRequest, reply: FastifyReply) {
  const parsed = v.safeParse(schema, request.body, { abortEarly: true });
  if (parsed.success) return parsed.output as v.InferOutput<S>;
  const [issue] = parsed.issues;
  void reply.code(422).send({ error: `${v.getDotPath(issue) ?? "body"}: ${issue.message}` });
  return undefined;
}
