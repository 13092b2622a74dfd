import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, startRedisServer } from "../../../cli/redis-server.ts";
import type { Service } from "../../../cli/service.ts";
import { allOf, Services } from "../../../cli/services.ts";
import { setupEthhook } from "./setup.ts";

/** The default secret of signatures. */
export const SECRET = "throughline";

/** A complete pipeline on free ports: Redis, PostgreSQL, the reference target and the receiver. */
export interface EthhookPipeline {
  readonly redis: RedisServer;
  readonly postgres: Service;
  readonly receiver: Service;
  /** Starts a part of the target; after it was stopped or killed it may be started again. */
  startTarget(...flags: string[]): Promise<Service>;
  /** Why services have ended that should still run. */
  readonly problems: () => readonly string[];
  close(): Promise<void>;
}

/**
 * Starts everything but the target, with the endpoints set up.
 *
 * @param root folder of the package.
 * @param logs folder for the services' logs.
 * @param persistent Redis keeps its data over a restart.
 * @param receiverFlags besides its port and secret, such as `--influxdb`.
 */
export async function startEthhookPipeline(
  root: string,
  logs: string,
  persistent = false,
  receiverFlags: readonly string[] = [],
): Promise<EthhookPipeline> {
  // For root, PostgreSQL runs as another user, who needs access to its folder.
  const store = await mkdtemp(join(tmpdir(), "throughline-ethhook-"));
  const services = new Services(root, logs);
  const close = async () => {
    await services.close();
    await rm(store, { recursive: true, force: true });
  };
  const startProgram = (name: string, ...flags: string[]) => services.program(name, flags, { RECEIVER_SECRET: SECRET });
  try {
    const [redis, postgres, receiver] = await allOf(
      services.keep(startRedisServer(persistent ? store : null)),
      startProgram("postgres"),
      startProgram("receiver", "--port", "0", ...receiverFlags),
    );
    const setup = { database: postgres.url, receiverUrl: receiver.url, secret: SECRET, neverMatching: true };
    const startTarget = (...flags: string[]) =>
      startProgram("ethhook", "--redis", redis.url, "--database", postgres.url, ...flags);
    // The target creates the tables of the endpoints.
    await services.stop(await startTarget("--part", "processor", "--name", "setup"));
    await setupEthhook(setup);
    const { problems } = services;
    return { redis, postgres, receiver, startTarget, problems, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}
