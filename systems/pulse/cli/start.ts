import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Service } from "../../../cli/service.ts";
import { allOf, programOf, Services } from "../../../cli/services.ts";

/** A whole pipeline on free ports: NATS JetStream, gateway and receiver, each a process of its own. */
export interface Pipeline {
  readonly nats: Service;
  readonly receiver: Service;
  readonly gateway: Service;
  /** Why services have ended that should still run. */
  readonly problems: () => readonly string[];
  /** Takes the broker away while everything else stays. */
  stopNats(): Promise<void>;
  /** Stops what was started and removes what it stored. */
  close(): Promise<void>;
}

/**
 * Starts a pipeline.
 *
 * @param root the folder of the repository.
 * @param logs folder for what the services log.
 * @param gatewayFlags what the gateway is told beside its port, as in `--fault drop=1000`.
 * @param receiverFlags what the receiver is told beside its port, as in `--influxdb`.
 * @throws an error that names the service that did not start; those before it are stopped.
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
