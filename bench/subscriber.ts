/** How many deliveries one subscriber accounts for each second before it falls behind its socket. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runK6 } from "../cli/k6.ts";
import { startService } from "../cli/service.ts";
import { startFlood } from "./flood.ts";

const SECONDS = 10;
const RATES = process.argv.slice(2).map(Number);

const root = join(import.meta.dirname, "../..");
const results = await mkdtemp(join(tmpdir(), "throughline-bench-"));
const receiver = await startService(
  "receiver",
  [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"],
  join(results, "receiver.log"),
);
try {
  for (const rate of RATES.length > 0 ? RATES : [10_000, 30_000]) {
    const run = `subscriber-${rate}`;
    const flood = await startFlood(receiver.url, run, { seed: 1, chains: ["ethereum", "solana"] });
    const variables = {
      WS_URL: flood.wsUrl,
      RECEIVER_URL: receiver.url,
      RUN_ID: run,
      VUS: "1",
      FILTERS: "all",
      DURATION: "60s",
      END_WHEN_SETTLED: "1",
    };
    const [{ summary, reasons }] = await Promise.all([
      runK6(root, { test: "websocket", variables, results, signal: new AbortController().signal }),
      flood.run(rate, SECONDS),
    ]);
    await flood.close();
    const lag = summary?.metrics["generator_lag_ms"] ?? {};
    const account = summary?.account;
    const accounted = account === null || account === undefined ? 0 : account.delivered / SECONDS;
    console.log(
      `${rate}/s offered to 1 VU: ${accounted}/s accounted, lost ${account?.lost}, ` +
        `generator lag p99 ${lag["p(99)"]?.toFixed(1)} ms, max ${lag["max"]?.toFixed(1)} ms, ` +
        `delivery p99 ${account?.latency.p99.toFixed(1)} ms`,
    );
    for (const reason of reasons) console.log(`  ${reason}`);
  }
} finally {
  await receiver.stop();
  await rm(results, { recursive: true, force: true });
}
