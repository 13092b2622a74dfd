import { type RedisServer, startRedisServer } from "../../../cli/redis-server.ts";
import type { Service } from "../../../cli/service.ts";
import { allOf, Services } from "../../../cli/services.ts";

/** The login of the reference target's only user. */
export const USER = { SIGNALS_USER: "trader", SIGNALS_PASSWORD: "throughline" };

/** A signal webhook on free ports: Redis, the reference target and the receiver. */
export interface SignalsPipeline {
  readonly redis: RedisServer;
  readonly receiver: Service;
  /** Starts the target; after it was stopped or killed it may be started again. */
  startTarget(...flags: string[]): Promise<Service>;
  /** The variables that lead webhook.js to a target of this pipeline. */
  variables(target: Service): Record<string, string>;
  /** Why services have ended that should still run. */
  readonly problems: () => readonly string[];
  close(): Promise<void>;
}

/**
 * Starts everything but the target.
 *
 * @param root folder of the package.
 * @param logs folder for the services' logs.
 * @param receiverFlags besides its port, such as `--influxdb`.
 */
export async function startSignalsPipeline(
  root: string,
  logs: string,
  receiverFlags: readonly string[] = [],
): Promise<SignalsPipeline> {
  const services = new Services(root, logs);
  try {
    const [redis, receiver] = await allOf(
      services.keep(startRedisServer(null)),
      services.program("receiver", ["--port", "0", ...receiverFlags]),
    );
    return {
      redis,
      receiver,
      startTarget: (...flags) => services.program("signals", ["--redis", redis.url, ...flags]),
      variables: ({ url }) => ({
        ...USER,
        SIGNALS_URL: url,
        DELETE_PATH: "/api/v1/webhooks/{token}",
        SIGNALS_EXECUTED_URL: `${url}/api/v1/signals/executed`,
        RECEIVER_URL: receiver.url,
      }),
      problems: services.problems,
      close: services.close,
    };
  } catch (problem) {
    await services.close();
    throw problem;
  }
}
