/** Rows of the message ingestor: HTTP, a list in Redis, a worker and a table. */
import { createClient } from "@redis/client";
import { Client } from "pg";
import type { Service } from "../../cli/service.ts";
import { type IngestPipeline, startIngestPipeline } from "../../systems/ingestor/cli/start.ts";
import type { Manner } from "../../target/manner.ts";
import { RowRun } from "./k6run.ts";
import type { Subject } from "./row.ts";

/** What a row plants. */
export interface IngestPlant {
  /** Flags of the HTTP side, such as `--fault drop=100`; without any a healthy one serves. */
  readonly api?: readonly string[];
  /** Flags of the worker; null to start none. */
  readonly worker?: readonly string[] | null;
  readonly ingest?: Readonly<Record<string, string>>;
  /** How the worker behaves; by the contract by default. */
  readonly manner?: Manner;
  /** SQL before and after the load. */
  readonly before?: string;
  readonly after?: string;
  /** Done while the load runs. */
  readonly during?: (stage: IngestStage) => Promise<unknown>;
}

/** What a disturbance can use. */
export interface IngestStage {
  readonly run: RowRun;
  readonly api: Service;
  readonly worker: Service;
  /** Starts another, healthy worker. */
  another(): Promise<void>;
  command(...words: string[]): Promise<unknown>;
  query(sql: string): Promise<void>;
}

const ALWAYS = { DRAIN_QUIET: "1s", BUFFER_TIMEOUT: "6s", DRAIN_TIMEOUT: "30s", CANARY_TIMEOUT: "10s" };
const SHORT = { RATE: "250", EVENTS: "600" };
const HOSTILE = { RATE: "60", EVENTS: "122" };
/** Small batches, so that a run of two seconds has many. */
const QUICK = ["--batch-timeout", "300"];

let runs = 0;

export const ingest: Subject<IngestPlant> = {
  name: "ingest",
  needs: "redis-server",
  open: async (root, folder) => {
    const pipeline = await startIngestPipeline(root, folder);
    return {
      run: (plant, results) => runIngest(root, results, pipeline, plant),
      close: () => pipeline.close(),
    };
  },
};

async function runIngest(root: string, folder: string, pipeline: IngestPipeline, plant: IngestPlant) {
  const { redis, receiver, postgres } = pipeline;
  const started: Service[] = [];
  let undo = async () => {};
  const client = createClient({ url: redis.url });
  const keep = async (service: Promise<Service>) => {
    started.push(await service);
    return service;
  };
  try {
    await client.connect();
    const api = plant.api === undefined ? pipeline.api : await keep(pipeline.startApi(...plant.api));
    const pace = plant.manner === undefined ? QUICK : ["--as", plant.manner];
    const worker = plant.worker === null ? null : await keep(pipeline.startWorker(...pace, ...(plant.worker ?? [])));
    const run = new RowRun(root, folder, `row-${process.pid}-i${++runs}`, receiver.url);
    const query = async (sql: string) => {
      const database = new Client({ connectionString: postgres.url });
      await database.connect();
      await database.query(sql).finally(() => database.end());
    };
    if (plant.before !== undefined) await query(plant.before);
    undo = plant.after === undefined ? undo : () => query(plant.after as string);
    const variables = plant.ingest ?? {};
    const load = variables["SCENARIO"] === "hostile" ? HOSTILE : "CONCURRENCY" in variables ? {} : SHORT;
    const addresses = { RUN_ID: run.id, INGEST_URL: api.url, RECEIVER_URL: receiver.url };
    run.start("ingest", { ...ALWAYS, ...load, ...addresses, ...variables });
    const stage: IngestStage = {
      run,
      api,
      worker: worker as Service,
      another: async () => void (await keep(pipeline.startWorker(...QUICK))),
      command: (...words) => client.sendCommand(words),
      query,
    };
    return await run.end(plant.during?.(stage) ?? Promise.resolve());
  } finally {
    for (const service of started) await service.kill();
    await undo();
    // Remains of a row would affect the next one.
    await client.flushAll();
    client.destroy();
  }
}
