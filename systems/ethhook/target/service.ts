import fastify from "fastify";
import { withoutCredentials } from "../../../core/redaction.ts";
import type { Manner } from "../../../target/manner.ts";
import { connectRedis } from "../../../target/redis.ts";
import type { EthhookFaults } from "./faults.ts";
import { Processor } from "./processor.ts";
import { DeliveryQueue } from "./queue.ts";
import { Registry } from "./registry.ts";
import { retryPolicyOf } from "./retrypolicy.ts";
import { Worker } from "./worker.ts";

/** The parts that can run in a process of their own. */
export const PARTS = ["all", "processor", "worker"] as const;
export type Part = (typeof PARTS)[number];

export interface EthhookOptions {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly stream: string;
  readonly part: Part;
  /** Unique among processes of the same part. */
  readonly name: string;
  readonly concurrency: number;
  readonly manner?: Manner;
  readonly faults: EthhookFaults;
  readonly log: { write(text: string): unknown };
}

/** A running pipeline. */
export interface Ethhook {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the reference pipeline from a Redis stream to webhooks. @throws when its address cannot be used. */
export async function startEthhook(options: EthhookOptions): Promise<Ethhook> {
  const { host, port, redisUrl, part, faults } = options;
  const log = onceInARow((text) => options.log.write(`${withoutCredentials(text)}\n`));
  const app = fastify({ forceCloseConnections: true });
  app.get("/health", () => ({ status: "healthy", part }));
  let ready = false;
  // Its tables exist, so that endpoints can be set up, and its parts run.
  app.get("/ready", (_, reply) => reply.code(ready ? 200 : 503).send({ ready }));
  const url = await app.listen({ host, port });

  const registry = new Registry(options.databaseUrl, log);
  const parts: { start(): void; close(): Promise<void> }[] = [];
  const connections = [await connectRedis(redisUrl, log), await connectRedis(redisUrl, log)] as const;
  await registry.open();
  const shared = { registry, faults, log };
  if (part !== "worker") {
    const { stream, name } = options;
    parts.push(new Processor({ ...shared, redis: connections[0], stream, name }));
  }
  if (part !== "processor") {
    const queue = new DeliveryQueue(connections[1], faults["lose-jobs"] !== true);
    parts.push(new Worker({ ...shared, queue, concurrency: options.concurrency, retrying: retryPolicyOf(options) }));
  }
  for (const each of parts) each.start();
  ready = true;
  return {
    url,
    close: async () => {
      await Promise.all(parts.map((each) => each.close()));
      for (const connection of connections) connection.destroy();
      await registry.close();
      await app.close();
    },
  };
}

/** A repeated error is not new: it is logged when it changes. */
function onceInARow(write: (text: string) => void): (text: string) => void {
  let last = "";
  return (text) => {
    if (text !== last) write(text);
    last = text;
  };
}
