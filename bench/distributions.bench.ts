/**
 * Whether the reported percentiles are those of the truth, for latencies of every shape. The gateway
 * backdates the publish time of each event by a delay that follows from its sequence number, so that the
 * true latency is known exactly; at 80 % of what one subscriber can account for, too.
 */
import { join } from "node:path";
import { startService } from "../cli/service.ts";
import { bench, held, measured, root, SUBSCRIBERS, value } from "./bench.ts";
import { startFlood } from "./flood.ts";

const SECONDS = 10;
/** Nothing arrives before it was sent: what is reported may be above the truth, and below it by rounding only. */
const ROUNDING_MS = 1;
/** One subscriber VU accounts for 60,000 a second: npm run bench -- subscriber. */
const RATES = [1_000, 48_000];

/** By how many ms a percentile may be above the truth. */
const MOST_ERROR = {
  p50: () => 1,
  p95: (planted: number) => 1.5 + 0.02 * planted,
  p99: (planted: number) => 1.5 + 0.02 * planted,
  max: () => Number.POSITIVE_INFINITY,
};

/** Spread over 0 to 1 without repeating soon: multiples of the golden ratio, without their whole part. */
const spread = (seq: number) => (seq * 0.618_033_988_749_895) % 1;

const delays: Readonly<Record<string, (seq: number) => number>> = {
  "constant 20": () => 20,
  "uniform 5..50": (seq) => 5 + 45 * spread(seq),
  "bimodal 5, 2 % 200": (seq) => (spread(seq) < 0.02 ? 200 : 5),
};

await bench("reported latency in ms against the truth", async (folder) => {
  const command = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"];
  const receiver = await startService("receiver", command, join(folder, "receiver.log"));
  try {
    for (const rate of RATES) {
      for (const [name, delay] of Object.entries(delays)) {
        const run = `${rate}-${name.replace(/[^a-z0-9]+/g, "-")}`;
        const flood = await startFlood(receiver.url, run, { seed: 1, chains: ["ethereum", "solana"] }, delay);
        const waited = new Float64Array(rate * SECONDS);
        const [summary] = await Promise.all([
          measured(
            folder,
            "websocket",
            {
              ...{ WS_URL: flood.wsUrl, RECEIVER_URL: receiver.url, RUN_ID: run, VUS: "1", FILTERS: "all" },
              ...{ DURATION: "60s", END_WHEN_SETTLED: "1" },
            },
            SUBSCRIBERS,
          ),
          flood.run(rate, SECONDS, waited),
        ]);
        await flood.close();
        // A frame that waits in the gateway until all that are due with it are made is that much later indeed.
        const ages = Array.from(waited, (_, seq) => delay(seq)).sort((one, other) => one - other);
        const truth = [...waited.map((wait, seq) => wait + delay(seq))].sort((one, other) => one - other);
        const lag = value(summary, "generator_lag_ms", "p(99)");
        const latency = summary.account?.latency;
        const compared = (["p50", "p95", "p99", "max"] as const).map((statistic) => {
          const share = statistic === "max" ? 1 : Number(statistic.slice(1)) / 100;
          const planted = truth[Math.ceil(share * truth.length) - 1] as number;
          const reported = latency?.[statistic] ?? Number.NaN;
          const least = ages[Math.ceil(share * ages.length) - 1] as number;
          held([`${statistic} of ${least.toFixed(2)} or more`, reported >= least - ROUNDING_MS]);
          // A run whose generator was later than that says so, and by how much.
          const allowed = Math.max(MOST_ERROR[statistic](planted), lag);
          held([`${statistic} within ${allowed.toFixed(2)} ms`, reported - planted <= allowed]);
          return `${statistic} ${reported.toFixed(2)} of ${planted.toFixed(2)}`;
        });
        held(["every event", latency?.samples === truth.length]);
        console.log(
          `  ${rate}/s, ${name}: ${compared.join(", ")}; ${latency?.samples} samples, ` +
            `generator lag p99 ${lag.toFixed(1)} ms`,
        );
      }
    }
  } finally {
    await receiver.stop();
  }
});
