/** Rows planted in the gateway's HTTP endpoints. */
import { join } from "node:path";
import { createStream } from "../../cli/stream.ts";
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
    await createStream(url, gateway.url);
    const run = new RowRun(root, folder, "none", gateway.url);
    run.start("http", { ...SHORT, HTTP_URL: gateway.url, ...plant.http });
    return await run.end(Promise.resolve());
  } finally {
    for (const each of running.reverse()) await each.stop();
  }
}
