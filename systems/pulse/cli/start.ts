import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Service } from "../../../cli/service.ts";
import { allOf, programOf, Services } from "../../../cli/services.ts";

/** A complete pipeline on free ports: NATS JetStream, gateway and receiver, each in its own process. */
export interface Pipeline {
  readonly nats: Service;
  readonly receiver: Service;
  readonly gateway: Service;
  /** Why services have ended that should still run. */
  readonly problems: () => readonly string[];
  /** Stops the broker while everything else runs on. */
  stopNats(): Promise<void>;
  /** Stops everything and deletes its data. */
  close(): Promise<void>;
}

/**
 * Starts a pipeline.
 *
 * @param root folder of the package.
 * @param logs folder for the services' logs.
 * @param gatewayFlags besides its port, such as `--fault drop=1000`.
 * @param receiverFlags besides its port, such as `--influxdb`.
 * @throws an error that names the service that did not start, after the others are stopped.
 */
export async function startPipeline(
  root: string,
  logs: string,
  gatewayFlags: readonly string[] = [],
  receiverFlags: readonly string[] = [],
): Promise<Pipeline> {
  const store = await mkdtemp(join(tmpdir(), "throughline-nats-"));
  const services = new Services(root, logs);
  const close = async () => {
    await services.close();
    await rm(store, { recursive: true, force: true });
  };
  try {
    const broker = [join(root, "bin/services"), "nats", "--store-dir", store, "--port", "0"];
    const [nats, receiver] = await allOf(
      services.start("nats-server", broker),
      services.program("receiver", ["--port", "0", ...receiverFlags]),
    );
    const gateway = await services.start("gateway", [
      ...programOf(root, "pulse"),
      ...["--port", "0", "--nats", nats.url],
      ...gatewayFlags,
    ]);
    return { nats, receiver, gateway, problems: services.problems, stopNats: () => services.stop(nats), close };
  } catch (problem) {
    await close();
    throw problem;
  }
}
