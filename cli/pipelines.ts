/**
 * The pipelines that `throughline run` knows: what is started, which tests run on it, and which of its
 * addresses a user may give instead. Adding a pipeline is one entry.
 */

import { settings } from "../k6/support/settings.ts";
import { ETHHOOK_FAULTS, type FaultTable, PULSE_FAULTS } from "../target/faults.ts";
import type { RunnableTest } from "../variables.ts";
import { secondsOf } from "../workload/plan.ts";
import { peakOf } from "../workload/shape.ts";
import { SECRET, startEthhookPipeline } from "./ethhook.ts";
import { startPipeline } from "./pipeline.ts";
import type { Watched } from "./run/health.ts";

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
}

/** A pipeline that runs. */
export interface Started {
  /** What was started and where it is, for the first line of a run. */
  readonly says: string;
  /** The variables that lead to it. */
  readonly variables: Readonly<Record<string, string>>;
  readonly processes: readonly Watched[];
  /** Why parts of it are over that should still run. */
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
  /** How the receiver is started for a target that is not started here. */
  readonly receiver: readonly string[];
  /** Faults of the reference target. */
  readonly faults: FaultTable;
  /** Variables of the tests when the reference target is started, and in any case. */
  readonly variables: { readonly reference: VariablesByTest; readonly always: VariablesByTest };
  /** A short run that shows the pipeline, for `npm start`. */
  readonly demo?: VariablesByTest;
  /** Fits the tests of one run to each other; what was given stays. */
  fit?(given: VariablesByTest): VariablesByTest;
  start(place: Place): Promise<Started>;
}

const pipeline: PipelineKind = {
  meaning: "NATS JetStream, gateway and receiver: events are published to NATS and come out at WebSocket subscribers",
  groups: [["websocket", "nats"], ["http"]],
  settled: { websocket: ["nats"], nats: ["websocket"] },
  urls: { http: "HTTP_URL", ws: "WS_URL", nats: "NATS_URL" },
  receiver: ["--port", "0"],
  faults: PULSE_FAULTS,
  variables: {
    reference: { nats: { CREATE_STREAM: "1" } },
    always: { websocket: { END_WHEN_SETTLED: "1", PING_EVERY: "1s" } },
  },
  demo: {
    nats: { DURATION: "15s", RATE: "1000" },
    http: { DURATION: "10s", THINK_TIME: "100ms" },
  },
  fit: fitSubscribers,
  start: async ({ root, logs, faults }) => {
    const { nats, gateway, receiver, problems, close } = await startPipeline(root, logs, faults);
    return {
      says: `NATS JetStream ${nats.url}, gateway ${gateway.url}, receiver ${receiver.url}`,
      variables: {
        HTTP_URL: gateway.url,
        WS_URL: gateway.wsUrl as string,
        NATS_URL: nats.url,
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

/** Beside the load: a canary on its way, the drain, and starting up. */
const ROUND_ABOUT_SECONDS = 30;

/**
 * Subscribers listen for as long as anything can come: they end when the run is settled. Those that come
 * and go follow their profile, at the length of the load. The load waits for all that stay.
 */
function fitSubscribers(given: VariablesByTest): VariablesByTest {
  const { websocket, nats } = given;
  if (websocket === undefined || nats === undefined) return given;
  const { load, CANARY_TIMEOUT, DRAIN_TIMEOUT } = settings("nats", nats);
  const seconds = secondsOf(load);
  const { load: listening, SOCKETS } = settings("websocket", websocket);
  const stays = listening.kind === "visitors" && listening.staying && listening.shape.length === 1;
  const length = seconds + (stays ? CANARY_TIMEOUT + DRAIN_TIMEOUT : 0) + ROUND_ABOUT_SECONDS;
  const subscriptions = listening.kind === "visitors" ? Math.round(peakOf(listening.shape)) * SOCKETS : 0;
  return {
    ...given,
    websocket: { DURATION: `${Math.ceil(length)}s`, ...websocket },
    nats: { ...(stays ? { SUBSCRIPTIONS: String(subscriptions) } : {}), ...nats },
  };
}

const ethhook: PipelineKind = {
  meaning: "Redis, EthHook's services, PostgreSQL and receiver: events go into a stream and come out as webhooks",
  groups: [["redis"]],
  settled: { redis: [] },
  urls: { redis: "REDIS_URL" },
  receiver: ["--port", "4800", "--secret", SECRET],
  faults: ETHHOOK_FAULTS,
  variables: { reference: {}, always: {} },
  start: async ({ root, logs, faults }) => {
    const started = await startEthhookPipeline(root, logs);
    try {
      const target = await started.startTarget(...faults.flatMap((fault) => ["--fault", fault]));
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

/** By the name that `throughline run` takes. */
export const PIPELINES: Readonly<Record<string, PipelineKind>> = { pipeline, ethhook };
