/** How many deliveries one subscriber accounts for each second before it falls behind its socket. */
import { join } from "node:path";
import { startService } from "../cli/service.ts";
import { bench, measured, root, value } from "./bench.ts";
import { startFlood } from "./flood.ts";

const SECONDS = 10;
const RATES = [10_000, 20_000, 30_000, 40_000];

await bench("one subscriber VU", async (folder) => {
  const command = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"];
  const receiver = await startService("receiver", command, join(folder, "receiver.log"));
  try {
    for (const rate of RATES) {
      const run = `subscriber-${rate}`;
      const flood = await startFlood(receiver.url, run, { seed: 1, chains: ["ethereum", "solana"] });
      const [summary] = await Promise.all([
        measured(folder, "websocket", {
          WS_URL: flood.wsUrl,
          RECEIVER_URL: receiver.url,
          RUN_ID: run,
          VUS: "1",
          FILTERS: "all",
          DURATION: "60s",
          END_WHEN_SETTLED: "1",
        }),
        flood.run(rate, SECONDS),
      ]);
      await flood.close();
      console.log(
        `  ${rate}/s offered: ${(summary.account?.delivered ?? 0) / SECONDS}/s accounted, lost ${summary.account?.lost}, ` +
          `generator lag p99 ${value(summary, "generator_lag_ms", "p(99)").toFixed(1)} ms`,
      );
    }
  } finally {
    await receiver.stop();
  }
});
