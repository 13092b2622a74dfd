import { type RedisServer, startRedisServer } from "../../../cli/redis-server.ts";
import type { Service } from "../../../cli/service.ts";
import { allOf, Services } from "../../../cli/services.ts";

/** A complete ingestor on free ports: Redis, PostgreSQL, its HTTP side, and the receiver that observes its table. */
export interface IngestPipeline {
  readonly redis: RedisServer;
  readonly postgres: Service;
  readonly receiver: Service;
  readonly api: Service;
  /** The receiver's role, which may only select. */
  readonly readOnlyUrl: string;
  /** Starts another worker. */
  startWorker(...flags: string[]): Promise<Service>;
  /** Starts another HTTP side, with the same Redis. */
  startApi(...flags: string[]): Promise<Service>;
  /** Why services have ended that should still run. */
  readonly problems: () => readonly string[];
  close(): Promise<void>;
}

const READER = "reader";

/**
 * Starts everything but a worker.
 *
 * @param root folder of the package.
 * @param logs folder for the services' logs.
 * @param flags of the HTTP side, such as `--fault drop=100`.
 * @param receiverFlags besides its port, database and Redis, such as `--influxdb`.
 */
export async function startIngestPipeline(
  root: string,
  logs: string,
  flags: readonly string[] = [],
  receiverFlags: readonly string[] = [],
): Promise<IngestPipeline> {
  const services = new Services(root, logs);
  try {
    const [redis, postgres] = await allOf(services.keep(startRedisServer(null)), services.program("postgres", []));
    const startPart = (part: string, ...more: readonly string[]) =>
      services.program("ingestor", [
        ...["--port", "0", "--part", part, "--redis", redis.url, "--database", postgres.url],
        ...more,
      ]);
    const startApi = (...more: string[]) => startPart("api", ...more);
    const startWorker = (...more: string[]) => startPart("worker", ...more);
    // It creates the table that the receiver observes.
    const api = await startApi(...flags);
    const readOnlyUrl = await makeReader(postgres.url);
    const watching = { RECEIVER_DATABASE: readOnlyUrl, RECEIVER_REDIS: redis.url };
    const receiver = await services.program("receiver", ["--port", "0", ...receiverFlags], watching);
    const { problems, close } = services;
    return { redis, postgres, receiver, api, readOnlyUrl, startWorker, startApi, problems, close };
  } catch (problem) {
    await services.close();
    throw problem;
  }
}

/** Creates a role that may only select from the table of messages. @returns the database's URL for it. */
async function makeReader(url: string): Promise<string> {
  const { Client } = (await import("pg")).default;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create role ${READER} login password '${READER}'`);
    await client.query(`grant select on messages to ${READER}`);
  } finally {
    await client.end();
  }
  const reading = new URL(url);
  reading.username = READER;
  reading.password = READER;
  return reading.href;
}
