/** Rows planted in the gateway's HTTP endpoints. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { STREAM, SUBJECTS } from "../../workload/wire/pulse.ts";
import { RowRun } from "./k6run.ts";
import { Process } from "./process.ts";
import type { Subject } from "./row.ts";

export interface HttpPlant {
  /** In the gateway, as in `not-ready`. */
  readonly faults?: readonly string[];
  readonly http?: Readonly<Record<string, string>>;
}

const SHORT = { VUS: "20", DURATION: "6s", THINK_TIME: "100ms" };

export const http: Subject<HttpPlant> = {
  name: "http",
  open: async (root) => ({ run: (plant, folder) => runHttp(root, folder, plant), close: async () => {} }),
};

async function runHttp(root: string, folder: string, plant: HttpPlant) {
  const running: Process[] = [];
  const node = [process.execPath, "--enable-source-maps"];
  try {
    const nats = [join(root, "bin/services"), "nats", "--store-dir", join(folder, "stream")];
    running.push(await Process.begin("nats", nats, join(folder, "nats.log")));
    const faults = (plant.faults ?? []).flatMap((fault) => ["--fault", fault]);
    const url = (running[0] as Process).url;
    const pulse = [...node, join(root, "dist/node/pulse.js"), "--nats", url, ...faults];
    const gateway = await Process.begin("gateway", pulse, join(folder, "gateway.log"));
    running.push(gateway);
    await createStream(url);
    await reading(gateway.url);
    const run = new RowRun(root, folder, "none", gateway.url);
    run.start("http", { ...SHORT, HTTP_URL: gateway.url, ...plant.http });
    return await run.end(Promise.resolve());
  } finally {
    for (const each of running.reverse()) await each.stop();
  }
}

async function createStream(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: [SUBJECTS] });
  await connection.close();
}

/** Waits until a gateway reads the stream; its /ready may be what is planted. */
async function reading(gateway: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(50)) {
    const answer = await fetch(`${gateway}/api/v1/correctness/halts`);
    if (((await answer.json()) as { halted: boolean }).halted === false) return;
  }
  throw new Error("the gateway does not read the stream");
}
