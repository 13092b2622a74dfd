import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, startRedisServer } from "../../../cli/redis-server.ts";
import type { Service } from "../../../cli/service.ts";
import { allOf, Services } from "../../../cli/services.ts";
import { setupEthhook } from "./setup.ts";

/** What webhooks are signed with, unless told otherwise. */
export const SECRET = "throughline";

/** A whole pipeline on free ports: Redis, PostgreSQL, the reference target and the receiver. */
export interface EthhookPipeline {
  readonly redis: RedisServer;
  readonly postgres: Service;
  readonly receiver: Service;
  /** Starts a part of the target; one that was stopped or killed may be started again. */
  startTarget(...flags: string[]): Promise<Service>;
  /** Why services have ended that should still run. */
  readonly problems: () => readonly string[];
  close(): Promise<void>;
}

/**
 * Starts everything but the target, with the endpoints set up.
 *
 * @param root the folder of the repository.
 * @param logs folder for what the services log.
 * @param persistent Redis keeps its data over a restart.
 * @param receiverFlags what the receiver is told beside its port and secret, as in `--influxdb`.
 */
export async function startEthhookPipeline(
  root: string,
  logs: string,
  persistent = false,
  receiverFlags: readonly string[] = [],
): Promise<EthhookPipeline> {
  // PostgreSQL runs as another user than root, who must be able to reach its folder.
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
    // The target makes the tables that the endpoints are set up in.
    await services.stop(await startTarget("--part", "processor", "--name", "setup"));
    await setupEthhook(setup);
    const { problems } = services;
    return { redis, postgres, receiver, startTarget, problems, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}
