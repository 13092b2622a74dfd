/**
 * The pipelines that `throughline run` knows: what is started, which tests run on it, and which of its
 * addresses a user may give instead. Adding a pipeline is one entry.
 */

import { secondsOf } from "../core/plan.ts";
import { peakOf } from "../core/shape.ts";
import { type Settings, settings } from "../k6/support/settings.ts";
import { ETHHOOK_FAULTS } from "../systems/ethhook/target/faults.ts";
import { INGESTOR_FAULTS } from "../systems/ingestor/target/faults.ts";
import { countAmong } from "../systems/pulse/churn.ts";
import { PULSE_FAULTS } from "../systems/pulse/target/faults.ts";
import { SIGNALS_FAULTS } from "../systems/signals/target/faults.ts";
import type { RunnableTest } from "../systems/variables.ts";
import type { FaultTable } from "../target/faults.ts";
import type { Manner } from "../target/manner.ts";
import { SECRET, startEthhookPipeline } from "./ethhook.ts";
import { startMonitor } from "./health/monitor.ts";
import { serveHealth } from "./health/serve.ts";
import { startIngestPipeline } from "./ingest.ts";
import type { Built } from "./own/build.ts";
import { startPipeline } from "./pipeline.ts";
import type { WatchedProcess } from "./run/health.ts";
import { startSignalsPipeline, USER } from "./signals.ts";
import { createStream, untilNotReading } from "./stream.ts";

/** The variables of each test that takes part. */
export type VariablesByTest = Partial<Record<RunnableTest, Record<string, string>>>;

/** Where a pipeline is started. */
export interface Place {
  /** The folder of the repository. */
  readonly root: string;
  /** Folder for what the services log. */
  readonly logs: string;
  /** Planted in the reference target, as in `drop=1000`. */
  readonly faults: readonly string[];
  /** How the reference target behaves; by the contract unless told. */
  readonly manner?: Manner | undefined;
  /** The variables of the run, for far ends that the receiver looks at. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A pipeline that runs. */
export interface RunningPipeline {
  /** What was started and where it is, for the first line of a run. */
  readonly says: string;
  /** The variables that lead to it. */
  readonly variables: Readonly<Record<string, string>>;
  readonly processes: readonly WatchedProcess[];
  /** Why parts of it have ended that should still run. */
  readonly problems: () => readonly string[];
  close(): Promise<void>;
}

/** One kind of pipeline. */
export interface PipelineKind {
  readonly meaning: string;
  /** The tests that run at the same time, group after group. */
  readonly groups: readonly (readonly RunnableTest[])[];
  /** The tests that a receiver settles, each with those that must run beside it. */
  readonly settled: Partial<Readonly<Record<RunnableTest, readonly RunnableTest[]>>>;
  /** Addresses of the target: the flag that gives one, as in `--http-url`, and its variable. */
  readonly urls: Readonly<Record<string, string>>;
  /** The one of them that tells how events end, where a target may lack it: without it nobody settles the run. */
  readonly outcome?: string;
  /** How the receiver is started for a target that is not started here; null where only its owner can start it. */
  readonly receiver: readonly string[] | null;
  /** What webhooks to that receiver are signed with, unless RECEIVER_SECRET says otherwise. */
  readonly secret?: string;
  /** Somebody's own, with the bundles of its tests. */
  readonly own?: Built;
  /** Its tests are one client each, whose limits several k6 processes would count as those of several. */
  readonly alone?: true;
  /** Its addresses are all it takes to send a canary through it. */
  readonly canary: boolean;
  /** Faults of the reference target. */
  readonly faults: FaultTable;
  /** Variables of the tests when the reference target is started, when it behaves as in the field, and in any case. */
  readonly variables: {
    readonly reference: VariablesByTest;
    readonly real?: VariablesByTest;
    readonly always: VariablesByTest;
  };
  /** The bundle of a test, where it is another than that of its name; null where it is not. */
  script?(planned: { readonly test: RunnableTest; readonly settings: Settings<RunnableTest> }): string | null;
  /** A short run that shows the pipeline, for `npm start`. */
  readonly demo?: VariablesByTest;
  /** Fits the tests of one run to each other; what was given stays. */
  fit?(given: VariablesByTest): VariablesByTest;
  start(place: Place): Promise<RunningPipeline>;
}

const pipeline: PipelineKind = {
  meaning: "NATS JetStream, gateway and receiver: events are published to NATS and come out at WebSocket subscribers",
  groups: [["websocket", "nats"], ["http"]],
  settled: { websocket: ["nats"], nats: ["websocket"] },
  urls: { http: "HTTP_URL", ws: "WS_URL", nats: "NATS_URL" },
  receiver: ["--port", "0"],
  canary: true,
  faults: PULSE_FAULTS,
  variables: {
    reference: { nats: { CREATE_STREAM: "1" } },
    // That gateway has no repository of manifests.
    real: { http: { MANIFESTS: "0" } },
    always: { websocket: { END_WHEN_SETTLED: "1", PING_EVERY: "1s" } },
  },
  demo: {
    nats: { DURATION: "15s", RATE: "500" },
    http: { DURATION: "10s", THINK_TIME: "100ms" },
  },
  fit: fitSubscribers,
  script: ({ test, settings }) => (test === "websocket" && isRude(settings as Settings<"websocket">) ? "churn" : null),
  start: async ({ root, logs, faults, manner, variables = {} }) => {
    const started = await startPipeline(root, logs, [...flagsOf(faults), ...mannerFlags(manner)]);
    const { nats, gateway, receiver, problems, close } = started;
    try {
      await createStream(nats.url, gateway.url, manner);
      if (variables["DEPENDENCY_AWAY"] === "1") {
        await started.stopNats();
        await untilNotReading(gateway.url);
      }
    } catch (problem) {
      await close();
      throw problem;
    }
    return {
      says: `NATS JetStream ${nats.url}, gateway ${gateway.url}, receiver ${receiver.url}`,
      variables: {
        HTTP_URL: gateway.url,
        WS_URL: gateway.wsUrl as string,
        NATS_URL: nats.url,
        READY_URL: `${gateway.url}/ready`,
        RECEIVER_URL: receiver.url,
      },
      processes: [
        { process: "nats-server", role: "target", pid: nats.pid },
        { process: "gateway", role: "target", pid: gateway.pid },
        { process: "receiver", role: "receiver", pid: receiver.pid },
      ],
      problems,
      close,
    };
  },
};

/** Clients that vanish or read slowly take more than k6 has. */
function isRude({ SCENARIO, SLOW_READERS }: Settings<"websocket">): boolean {
  return SCENARIO === "churn" || SLOW_READERS > 0;
}

/** What a reference target is told of the faults that are planted in it. */
function flagsOf(faults: readonly string[]): string[] {
  return faults.flatMap((fault) => ["--fault", fault]);
}

function mannerFlags(manner: Manner | undefined): string[] {
  return manner === undefined ? [] : ["--as", manner];
}

/** Beside the load: a canary on its way, the drain, and starting up. */
const ROUND_ABOUT_SECONDS = 30;

/**
 * Subscribers listen for as long as anything can come: they end when the run is settled. Those that come
 * and go follow their profile, at the length of the load. The load waits for all that stay.
 */
function fitSubscribers(given: VariablesByTest): VariablesByTest {
  const { websocket, nats, http } = given;
  if (http?.["DEPENDENCY_AWAY"] === "1" && nats !== undefined) {
    throw new RangeError(
      "DEPENDENCY_AWAY=1: nothing can be published to a broker that is away; allowed: with http alone",
    );
  }
  if (websocket === undefined || nats === undefined) return given;
  const { load, CANARY_TIMEOUT, DRAIN_TIMEOUT, LINGER = 0 } = settings("nats", nats);
  const seconds = secondsOf(load);
  const { load: listening, SOCKETS, SLOW_READERS } = settings("websocket", websocket);
  const stays = listening.kind === "visitors" && listening.staying && listening.shape.length === 1;
  const length = seconds + (stays ? CANARY_TIMEOUT + DRAIN_TIMEOUT + LINGER : 0) + ROUND_ABOUT_SECONDS;
  const clients = listening.kind === "visitors" ? Math.round(peakOf(listening.shape)) : 0;
  // Those that read slowly join no run.
  const subscriptions = (clients - countAmong(clients, SLOW_READERS)) * SOCKETS;
  return {
    ...given,
    websocket: { DURATION: `${Math.ceil(length)}s`, ...websocket },
    nats: {
      ...(stays ? { SUBSCRIPTIONS: String(subscriptions) } : {}),
      ...readyAt(http?.["HTTP_URL"] ?? websocket["WS_URL"]),
      ...nats,
    },
  };
}

/** A gateway says whether it is ready where its other addresses are, unless another is given. */
function readyAt(url: string | undefined): Record<string, string> {
  if (url === undefined || !URL.canParse(url)) return {};
  const { protocol, host, pathname } = new URL(url);
  const path = protocol.startsWith("ws") ? pathname.replace(/[^/]*$/, "") : pathname.replace(/\/*$/, "/");
  return { READY_URL: `${/^(wss|https):$/.test(protocol) ? "https" : "http"}://${host}${path}ready` };
}

const ethhook: PipelineKind = {
  meaning: "Redis, EthHook's services, PostgreSQL and receiver: events go into a stream and come out as webhooks",
  groups: [["redis"]],
  settled: { redis: [] },
  urls: { redis: "REDIS_URL" },
  receiver: ["--port", "4800"],
  secret: SECRET,
  canary: true,
  faults: ETHHOOK_FAULTS,
  variables: { reference: {}, always: {} },
  start: async ({ root, logs, faults, manner }) => {
    const started = await startEthhookPipeline(root, logs);
    try {
      const target = await started.startTarget(...flagsOf(faults), ...mannerFlags(manner));
      const { redis, receiver, problems, close } = started;
      return {
        says: `Redis ${redis.url}, webhooks of the reference EthHook, receiver ${receiver.url}`,
        variables: { REDIS_URL: redis.url, RECEIVER_URL: receiver.url },
        processes: [
          { process: "redis-server", role: "target", pid: redis.pid },
          { process: "ethhook", role: "target", pid: target.pid },
          { process: "receiver", role: "receiver", pid: receiver.pid },
        ],
        problems,
        close,
      };
    } catch (problem) {
      await started.close();
      throw problem;
    }
  },
};

const ingest: PipelineKind = {
  meaning: "an ingestor with Redis and PostgreSQL, and receiver: messages are posted and become rows of a table",
  groups: [["ingest"]],
  settled: { ingest: [] },
  urls: { ingest: "INGEST_URL" },
  // It reads the ingestor's own database, whose login is not ours to pass around.
  receiver: null,
  canary: false,
  faults: INGESTOR_FAULTS,
  variables: { reference: {}, always: {} },
  start: async ({ root, logs, faults, manner }) => {
    const planted = [...flagsOf(faults), ...mannerFlags(manner)];
    // Each part of the target minds the faults that are its own.
    const started = await startIngestPipeline(root, logs, planted);
    try {
      const worker = await started.startWorker(...planted);
      const { redis, receiver, api, problems, close } = started;
      return {
        says: `ingestor ${api.url}, Redis ${redis.url}, receiver ${receiver.url}`,
        variables: { INGEST_URL: api.url, RECEIVER_URL: receiver.url },
        processes: [
          { process: "redis-server", role: "target", pid: redis.pid },
          { process: "ingestor api", role: "target", pid: api.pid },
          { process: "ingestor worker", role: "target", pid: worker.pid },
          { process: "receiver", role: "receiver", pid: receiver.pid },
        ],
        problems,
        close,
      };
    } catch (problem) {
      await started.close();
      throw problem;
    }
  },
};

/** Processes and their descendants can be watched on Linux only; elsewhere memory and deaths are not judged. */
const WATCHABLE = process.platform === "linux";
const MONITOR_EVERY_MS = 200;

const webhook: PipelineKind = {
  meaning: "signal webhooks with Redis, and receiver: signals within and beyond the limits, executed once or refused",
  groups: [["webhook"]],
  settled: { webhook: [] },
  urls: { signals: "SIGNALS_URL", executed: "SIGNALS_EXECUTED_URL" },
  outcome: "executed",
  receiver: ["--port", "0"],
  alone: true,
  // Somebody has to log in.
  canary: false,
  faults: SIGNALS_FAULTS,
  variables: {
    reference: { webhook: { ...USER, ...(WATCHABLE ? { HEALTH_URL: "http://later.localhost" } : {}) } },
    // No trace of a signal survives there.
    real: { webhook: { EXECUTED_BY: "count" } },
    always: {},
  },
  start: async ({ root, logs, faults, manner }) => {
    const started = await startSignalsPipeline(root, logs);
    try {
      const target = await started.startTarget(...flagsOf(faults), ...mannerFlags(manner));
      const health = WATCHABLE ? await watchOver("signals", target.pid() as number) : null;
      const { redis, receiver, problems } = started;
      return {
        says: `signal webhooks ${target.url}, Redis ${redis.url}, receiver ${receiver.url}`,
        variables: { ...started.variables(target), ...(health === null ? {} : { HEALTH_URL: health.url }) },
        processes: [
          { process: "redis-server", role: "target", pid: redis.pid },
          { process: "signals supervisor", role: "target", pid: target.pid },
          { process: "receiver", role: "receiver", pid: receiver.pid },
        ],
        problems,
        close: async () => {
          await health?.close();
          await started.close();
        },
      };
    } catch (problem) {
      await started.close();
      throw problem;
    }
  },
};

/** Watches a process and its descendants for the tests that ask at HEALTH_URL. */
async function watchOver(name: string, pid: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const monitor = await startMonitor({ process: name, role: "target", watch: { pid }, everyMs: MONITOR_EVERY_MS });
  const server = await serveHealth([monitor], 0).catch(async (problem: unknown) => {
    await monitor.stop();
    throw problem;
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await monitor.stop();
    },
  };
}

/** By the name that `throughline run` takes. */
export const PIPELINES: Readonly<Record<string, PipelineKind>> = { pipeline, ethhook, ingest, webhook };
