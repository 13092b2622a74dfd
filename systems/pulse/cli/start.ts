import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Service, startService } from "../../../cli/service.ts";

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
  const started: Service[] = [];
  const close = async () => {
    for (const service of started.splice(0).reverse()) await service.stop();
    await rm(store, { recursive: true, force: true });
  };
  const start = async (name: string, ...command: string[]) => {
    const service = await startService(name, [...command, "--port", "0"], join(logs, `${name}.log`));
    started.push(service);
    return service;
  };
  const node = (program: string) => [process.execPath, "--enable-source-maps", join(root, `dist/node/${program}.js`)];
  try {
    const nats = await start("nats-server", join(root, "bin/services"), "nats", "--store-dir", store);
    const receiver = await start("receiver", ...node("receiver"), ...receiverFlags);
    const gateway = await start("gateway", ...node("pulse"), "--nats", nats.url, ...gatewayFlags);
    const stopNats = async () => {
      started.splice(started.indexOf(nats), 1);
      await nats.stop();
    };
    const problems = () => started.flatMap((service) => service.ended() ?? []);
    return { nats, receiver, gateway, problems, stopNats, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}
