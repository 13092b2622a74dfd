/**
 * How many deliveries one subscriber accounts for each second, where Go reads them (sockets.js) and where its script does
 * (websocket.js), beside a k6 script that only counts its frames.
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { k6Program } from "../cli/k6.ts";
import { startService } from "../cli/service.ts";
import { bench, bundled, measured, root, value } from "./bench.ts";
import { type Flood, startFlood } from "./flood.ts";

const SECONDS = 10;
const RATES = [10_000, 20_000, 30_000, 40_000, 60_000];
/** In which a script that only counts is through with what has piled up. */
const COUNTING_SECONDS = SECONDS + 5;
const VARIABLES = { VUS: "1", FILTERS: "all", DURATION: "60s", END_WHEN_SETTLED: "1" };
const WORKLOAD = { seed: 1, chains: ["ethereum", "solana"] };

await bench("one subscriber VU", async (folder) => {
  const command = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"];
  const receiver = await startService("receiver", command, join(folder, "receiver.log"));
  const counting = await bundled("count", folder);

  /** Floods a subscriber that is started meanwhile. */
  async function flooded<Result>(run: string, rate: number, subscriber: (flood: Flood) => Promise<Result>) {
    const flood = await startFlood(receiver.url, run, WORKLOAD);
    const [result] = await Promise.all([subscriber(flood), flood.run(rate, SECONDS)]);
    await flood.close();
    return result;
  }

  try {
    for (const rate of RATES) {
      const counted = await flooded(`counting-${rate}`, rate, ({ wsUrl }) => count(counting, wsUrl));
      const accounted = async (bundle: string) => {
        const run = `${bundle}-${rate}`;
        const { account, metrics } = await flooded(run, rate, ({ wsUrl }) =>
          measured(
            folder,
            "websocket",
            { ...VARIABLES, WS_URL: wsUrl, RECEIVER_URL: receiver.url, RUN_ID: run },
            join(root, `dist/${bundle}.js`),
          ),
        );
        const figure = (metric: string) => value({ metrics }, metric, "p(99)").toFixed(1);
        return (
          `${bundle}.js ${(account?.delivered ?? 0) / SECONDS}/s accounted, lost ${account?.lost}, p99 of lag ` +
          `${figure("generator_lag_ms")} ms, of latency ${figure("ws_event_latency_ms")} ms`
        );
      };
      const [read, handled] = [await accounted("sockets"), await accounted("websocket")];
      console.log(
        `  ${rate}/s offered: ${read}; ${handled}; only counted ${counted.frames / SECONDS}/s, lag p99 ` +
          `${counted.lag.toFixed(1)} ms (load ${loadavg()[0]?.toFixed(2)})`,
      );
    }
  } finally {
    await receiver.stop();
  }
});

/** Runs the script that only counts. */
async function count(script: string, wsUrl: string): Promise<{ frames: number; lag: number }> {
  const env = { WS_URL: wsUrl, SECONDS: String(COUNTING_SECONDS) };
  const { all } = await execa(k6Program(root), ["run", "--quiet", "--address", "", script], { all: true, env });
  const figure = (line: RegExp) => Number(line.exec(all)?.[1]);
  return { frames: figure(/ws_msgs_received\.*: (\d+)/), lag: figure(/lag\.*: p\(99\)=([\d.]+)/) };
}
