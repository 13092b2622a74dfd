/** Rows of the EthHook pipeline and its surroundings: from a Redis stream to webhooks. */
import { createClient } from "@redis/client";
import type { Service } from "../../cli/service.ts";
import { type EthhookPipeline, startEthhookPipeline } from "../../systems/ethhook/cli/start.ts";
import { RowRun } from "./k6run.ts";
import { type Conditions, Network } from "./network.ts";
import { type CrashedPostgres, crash } from "./postgres.ts";
import type { Subject } from "./row.ts";

/** What a row plants. */
export interface EthhookPlant {
  /** Faults of the pipeline, as in `drop=1000`. */
  readonly faults?: readonly string[];
  readonly redis?: Readonly<Record<string, string>>;
  /** More flags of the pipeline. */
  readonly flags?: readonly string[];
  /** How the receiver answers; see receiver/misbehaviour.ts. */
  readonly misbehaviour?: Readonly<Record<string, number>>;
  /** The network between the publisher and Redis. */
  readonly network?: Conditions;
  /** The row changes Redis, PostgreSQL or the receiver for good: the next row needs new ones. */
  readonly breaks?: boolean;
  /** Done while the load runs. */
  readonly during?: (stage: EthhookStage) => Promise<unknown>;
}

/** What a disturbance can use. */
export interface EthhookStage {
  readonly run: RowRun;
  readonly pipeline: EthhookPipeline;
  readonly network: Network;
  /** The pipeline's processes; `again` starts both anew. */
  readonly processor: Service;
  readonly worker: Service;
  again(part: "processor" | "worker"): Promise<void>;
  command(...words: string[]): Promise<unknown>;
  /** Changes how the receiver answers; see receiver/misbehaviour.ts. */
  misbehave(settings: Readonly<Record<string, number>>): Promise<void>;
  /** Kills PostgreSQL. */
  crashPostgres(): Promise<CrashedPostgres>;
}

const SHORT = { RATE: "300", EVENTS: "1200", DRAIN_QUIET: "2s", DRAIN_TIMEOUT: "20s", CANARY_TIMEOUT: "10s" };
const STREAM_WAIT_MS = 20_000;

let runs = 0;

export const ethhook: Subject<EthhookPlant> = {
  name: "ethhook",
  needs: "redis-server",
  open: async (root, folder) => {
    let pipeline = await startEthhookPipeline(root, folder, true);
    return {
      run: async (plant, results) => {
        try {
          return await runEthhook(root, results, pipeline, plant);
        } finally {
          if (plant.breaks === true) {
            await pipeline.close();
            pipeline = await startEthhookPipeline(root, folder, true);
          }
        }
      },
      close: () => pipeline.close(),
    };
  },
};

async function runEthhook(root: string, folder: string, pipeline: EthhookPipeline, plant: EthhookPlant) {
  const { redis, receiver } = pipeline;
  const flags = [...(plant.flags ?? []), ...(plant.faults ?? []).flatMap((fault) => ["--fault", fault])];
  const start = (part: string) => pipeline.startTarget("--part", part, ...flags);
  const parts = { processor: await start("processor"), worker: await start("worker") };
  let crashed: CrashedPostgres | null = null;
  const network = await Network.to(redis.url, plant.network);
  const client = createClient({ url: redis.url, socket: { reconnectStrategy: () => 100 } });
  // Rows stop Redis on purpose; commands then fail by themselves.
  client.on("error", () => {});
  await client.connect();
  try {
    await misbehave(receiver.url, plant.misbehaviour ?? {});
    const run = new RowRun(root, folder, `row-${process.pid}-e${++runs}`, receiver.url);
    run.start("redis", {
      ...SHORT,
      RUN_ID: run.id,
      REDIS_URL: plant.network === undefined ? redis.url : network.url,
      RECEIVER_URL: receiver.url,
      ...plant.redis,
    });
    const stage: EthhookStage = {
      run,
      pipeline,
      network,
      get processor() {
        return parts.processor;
      },
      get worker() {
        return parts.worker;
      },
      again: async (part) => {
        parts[part] = await start(part);
      },
      command: (...words) => client.sendCommand(words),
      misbehave: (settings) => misbehave(receiver.url, settings),
      crashPostgres: async () => {
        crashed = await crash(pipeline.postgres);
        return crashed;
      },
    };
    return await run.end(plant.during?.(stage) ?? Promise.resolve());
  } finally {
    for (const part of Object.values(parts)) await part.stop();
    await (crashed as CrashedPostgres | null)?.end();
    // Remains of a row would affect the next one.
    if (plant.breaks !== true) await client.flushAll();
    client.destroy();
    await network.close();
  }
}

async function misbehave(receiver: string, settings: object): Promise<void> {
  const answer = await fetch(`${receiver}/misbehaviour`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(settings),
    signal: AbortSignal.timeout(STREAM_WAIT_MS),
  });
  if (!answer.ok) throw new Error(`misbehaviour: ${await answer.text()}`);
}
