import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@redis/client";
import fastify, { type FastifyInstance } from "fastify";
import { connectRedis } from "../../../target/redis.ts";
import { makeApi } from "./api.ts";
import { Buffer } from "./buffer.ts";
import type { IngestorFaults } from "./faults.ts";
import { Meter } from "./meter.ts";
import { Rows } from "./rows.ts";
import { Worker } from "./worker.ts";

/** The parts that can run in a process of their own. */
export const PARTS = ["all", "api", "worker"] as const;
export type Part = (typeof PARTS)[number];

const RETRY_MS = 200;

export interface IngestorOptions {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly part: Part;
  readonly batchSize: number;
  /** Ms. */
  readonly batchTimeout: number;
  readonly faults: IngestorFaults;
  readonly log: { write(text: string): unknown };
}

/** A running ingestor. */
interface Ingestor {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the reference ingestor: the HTTP side, a worker, or both. @throws when its address cannot be used. */
export async function startIngestor(options: IngestorOptions): Promise<Ingestor> {
  const { host, port, redisUrl, part, batchSize, batchTimeout, faults } = options;
  const log = (text: string) => void options.log.write(`${text}\n`);
  const front = createClient({
    url: redisUrl,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: () => RETRY_MS, connectTimeout: 2_000 },
  });
  front.on("error", (problem: Error) => log(`Redis: ${problem.message}`));
  const back = await connectRedis(redisUrl, log);
  await front.connect();
  const rows = new Rows(options.databaseUrl);
  await schemaOf(rows, log);

  const app =
    part === "worker" ? makeHealth(part) : makeApi({ redis: front as ReturnType<typeof createClient>, faults });
  const worker =
    part === "api"
      ? null
      : new Worker({ buffer: new Buffer(back), rows, meter: new Meter(back), batchSize, batchTimeout, faults, log });
  const url = await app.listen({ host, port, backlog: 4_096 });
  worker?.start();
  return {
    url,
    close: async () => {
      await app.close();
      await worker?.close();
      front.destroy();
      back.destroy();
      await rows.close();
    },
  };
}

function makeHealth(part: Part): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.get("/health", () => ({ status: "healthy", part }));
  return app;
}

/** Waits for the database and creates its schema. */
async function schemaOf(rows: Rows, log: (text: string) => void): Promise<void> {
  for (;;) {
    try {
      return await rows.createSchema();
    } catch (problem) {
      log(`waiting for PostgreSQL: ${problem instanceof Error ? problem.message : problem}`);
      await pause(RETRY_MS);
    }
  }
}
