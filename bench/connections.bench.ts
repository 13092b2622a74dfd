/** What it costs one k6 process to hold 10,000 connections with deliveries flowing. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Account } from "../core/account.ts";
import { startPipeline } from "../systems/pulse/cli/start.ts";
import { bench, held, measured, root, value } from "./bench.ts";

const VUS = 100;
const SOCKETS = 100;
const RUN = "connections";

await bench(`${VUS * SOCKETS} connections in one k6 process`, async (folder) => {
  const pipeline = await startPipeline(root, folder);
  const shared = { RUN_ID: RUN, RECEIVER_URL: pipeline.receiver.url };
  const memory = watchMemory("dist/websocket.js");
  try {
    const [websocket, nats] = await Promise.all([
      measured(folder, "websocket", {
        ...shared,
        WS_URL: pipeline.gateway.wsUrl as string,
        VUS: String(VUS),
        SOCKETS: String(SOCKETS),
        FILTERS: "complex",
        DURATION: "3m",
        CONNECT_TIMEOUT: "60s",
        PING_EVERY: "30s",
        END_WHEN_SETTLED: "1",
        SLO_WS_SUBSCRIPTION_LATENCY_MS_MAX: "60000",
      }),
      allSubscribed(pipeline.receiver.url).then(() =>
        measured(folder, "nats", {
          ...shared,
          NATS_URL: pipeline.nats.url,
          CREATE_STREAM: "1",
          RATE: "20",
          DURATION: "30s",
        }),
      ),
    ]);
    const account = nats.account;
    console.log(
      `  ${account?.paths} connections held, ${account?.delivered} of ${account?.expected} deliveries, lost ${account?.lost}, ` +
        `peak memory of k6 ${Math.round(memory.peak() / 1024)} MB, ` +
        `connection errors ${value(websocket, "ws_connection_errors_total", "count")}, ` +
        `verdicts nats ${nats.verdict}, websocket ${websocket.verdict}`,
    );
    held(
      ["all connections", account?.paths === VUS * SOCKETS],
      ["every delivery", account !== null && account.expected > 0 && account.delivered === account.expected],
    );
    for (const reason of [...nats.reasons, ...websocket.reasons]) console.log(`    ${reason.text}`);
  } finally {
    memory.stop();
    await pipeline.close();
  }
});

/** Waits until the receiver has heard of every connection. */
async function allSubscribed(receiver: string): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await pause(500)) {
    const answer = await fetch(`${receiver}/runs/${RUN}`);
    if (answer.ok && ((await answer.json()) as Account).paths >= VUS * SOCKETS) return;
  }
  throw new Error("not all connections were subscribed within 120 s");
}

/** The peak resident memory, in KiB, of the k6 process that runs a bundle, as Linux keeps it. */
function watchMemory(bundle: string): { peak(): number; stop(): void } {
  let peak = 0;
  const timer = setInterval(async () => {
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      const told = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
      // k6 is told the run in its environment.
      if (!(await told("cmdline")).includes(bundle) || !(await told("environ")).includes(RUN)) continue;
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    }
  }, 1_000);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}
