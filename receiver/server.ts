import { closeSync, openSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { devNull } from "node:os";
import fastify, { type FastifyInstance } from "fastify";
import { readArrivals } from "../core/arrivals.ts";
import { Clock } from "../core/clock.ts";
import { ClockReportSchema } from "../core/clocks.ts";
import { type ArrivalsAnswer, ArrivalsSchema, PublishedSchema, SettlingSchema } from "../core/report.ts";
import { Standstills } from "../core/standstill.ts";
import { AnyOpeningSchema, type FarEndOptions, FarEnds } from "./farends.ts";
import { Influxdb } from "./influxdb.ts";
import type { Bucket, Database } from "./influxdb-address.ts";
import { prometheus } from "./prometheus.ts";
import { found, RUN, type RunRequest, read } from "./reading.ts";
import { Runs } from "./runs.ts";
import { Traffic } from "./traffic.ts";
import { addWordRoutes, RunWords } from "./words.ts";

/** Largest report; one second with 100,000 deliveries takes about 2 MB. */
const BODY_LIMIT = 32 * 1024 * 1024;

/** How long a connection may stay without a request; longer than proxies keep theirs. */
const KEEP_ALIVE_MS = 72_000;

/** How often the wall clock is read again, because it may be set during a run. */
const WALL_LOOK_MS = 1_000;

/** How often it checks for standstills. */
const TICK_MS = 100;

/** Where a receiver listens. */
export interface ReceiverOptions {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** Where accounts are written each second, for boards. */
  readonly influxdb?: Database | Bucket | undefined;
  /** Options of its far ends, by name. */
  readonly farEnds?: FarEndOptions | undefined;
}

/** A running receiver. */
export interface Receiver {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the receiver, which settles runs. @throws when the address cannot be used. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const clock = new Clock(() => performance.now(), WALL_LOOK_MS);
  const now = () => clock.now();
  const standstills = new Standstills(TICK_MS);
  const look = () => {
    standstills.tick(performance.now(), now());
    if (!canOpen()) standstills.ranOut(now());
  };
  const ticking = setInterval(look, TICK_MS).unref();
  const farEnds = new FarEnds();
  const runs = new Runs(now, farEnds, standstills);
  const traffic = new Traffic(now);
  await farEnds.openAll(options.farEnds ?? {}, { runs, traffic, now });
  const { direct } = farEnds;
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    serverFactory: (route) => serverOf((request, reply) => void (direct(request, reply) || route(request, reply))),
  });
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
  addRunRoutes(app, { runs, words, farEnds });
  addWordRoutes(app, runs, RUN, words);
  await farEnds.addRoutes(app);

  const url = await app.listen({ host: options.host, port: options.port });
  if (options.influxdb !== undefined) influxdb = new Influxdb(options.influxdb, runs, now);
  return {
    url,
    close: async () => {
      clearInterval(ticking);
      await farEnds.drain();
      await app.close();
      await influxdb?.close();
      await runs.close();
      await farEnds.close();
    },
  };
}

/** A server as the router would make it. */
function serverOf(listener: RequestListener): Server {
  return Object.assign(createServer(listener), { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
}

/** Whether this process has a free file descriptor; a server without one silently closes connections. */
function canOpen(): boolean {
  try {
    closeSync(openSync(devNull, "r"));
    return true;
  } catch (problem) {
    return !["EMFILE", "ENFILE"].includes((problem as NodeJS.ErrnoException).code ?? "");
  }
}

/** Prometheus names its formats; browsers and curl do not. */
function wantsPrometheus(accept = ""): boolean {
  return /text\/plain|openmetrics/.test(accept);
}

interface RunRoutes {
  readonly runs: Runs;
  readonly words: RunWords;
  readonly farEnds: FarEnds;
}

function addRunRoutes(app: FastifyInstance, { runs, words, farEnds }: RunRoutes): void {
  app.post(`${RUN}`, (request: RunRequest, reply) => {
    const opening = read(AnyOpeningSchema, request, reply);
    if (opening === undefined) return reply;
    const refusal = farEnds.refusalOf(opening);
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
    const unknown = run.unknownIn(arrivals.paths);
    if (unknown !== null)
      return reply.code(422).send({ error: `paths: ${unknown} is new, and its first report must say its filter` });
    const { paths, damaged, foreign } = readArrivals(
      arrivals.paths,
      { run: run.number, openedAt: run.openedAt },
      Date.now(),
    );
    run.arrivals({ paths, damages: arrivals.damages, damaged, foreign: foreign + arrivals.foreign });
    const answer: ArrivalsAnswer = { draining: run.draining, settled: run.settled, damaged, foreign };
    return answer;
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
