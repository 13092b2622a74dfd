/** Whether ingest.js holds as many requests under way as it says, and measures what autocannon measures. */
import autocannon from "autocannon";
import * as v from "valibot";
import type { Service } from "../cli/service.ts";
import { startIngestPipeline } from "../systems/ingestor/cli/start.ts";
import { message } from "../systems/ingestor/wire.ts";
import { bench, held, measured, root, value } from "./bench.ts";

const ROUNDS = 3;

/** Messages under way, messages in all, and ms that the server takes over each, beside its work. */
const LOADS = [
  // Many rounds: the first, in which a client opens its connections, must not reach into the 95th percentile.
  { concurrency: 500, messages: 25_000, slow: 500 },
  { concurrency: 50, messages: 5_000, slow: 100 },
];

const HealthSchema = v.object({ requests: v.object({ peak: v.number(), total: v.number() }) });

interface Times {
  readonly mean: number;
  readonly p95: number;
}

await bench("ingest.js beside autocannon, closed model, same server, same messages", async (folder) => {
  const pipeline = await startIngestPipeline(root, folder);
  try {
    await pipeline.startWorker();
    for (const { concurrency, messages, slow } of LOADS) {
      console.log(`  ${concurrency} under way, ${messages} messages, ${slow} ms each beside the server's work`);
      const ratios: Times[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        // A server of its own for each, so that what it saw most at a time is this load's.
        const forK6 = await pipeline.startApi("--fault", `slow=${slow}`);
        const k6 = await byK6(folder, forK6, concurrency, messages);
        const k6Peak = await peakOf(forK6);
        await forK6.stop();
        const forOther = await pipeline.startApi("--fault", `slow=${slow}`);
        const other = await byAutocannon(forOther, concurrency, messages);
        const otherPeak = await peakOf(forOther);
        await forOther.stop();
        ratios.push({ mean: k6.mean / other.mean, p95: k6.p95 / other.p95 });
        held([`${concurrency} at a time`, k6Peak === concurrency]);
        console.log(`    k6 ${told(k6)}, the server saw ${k6Peak} at a time; autocannon ${told(other)}, ${otherPeak}`);
      }
      const median = (pick: (times: Times) => number) => ratios.map(pick).sort((a, b) => a - b)[ROUNDS >> 1] as number;
      console.log(
        `    k6 : autocannon, median of ${ROUNDS}: mean ${median(({ mean }) => mean).toFixed(3)}, ` +
          `p95 ${median(({ p95 }) => p95).toFixed(3)}`,
      );
    }
  } finally {
    await pipeline.close();
  }
});

async function byK6(folder: string, { url }: Service, concurrency: number, messages: number): Promise<Times> {
  const summary = await measured(folder, "ingest", {
    INGEST_URL: url,
    RECEIVER_URL: "none",
    CONCURRENCY: String(concurrency),
    MESSAGES: String(messages),
  });
  const accepted = value(summary, "ingest_status_2xx", "count");
  if (accepted !== messages) throw new Error(`k6: ${accepted} of ${messages} messages were accepted`);
  const at = (statistic: string) => value(summary, "ingest_accepted_latency_ms", statistic);
  return { mean: at("avg"), p95: at("p(95)") };
}

async function byAutocannon({ url }: Service, concurrency: number, messages: number): Promise<Times> {
  const bodies = Array.from({ length: 100 }, (_, seq) =>
    JSON.stringify(message(1, { run: 1, publisher: 1, seq, publishedAt: Date.now() })),
  );
  const times: number[] = [];
  await new Promise<void>((resolve, reject) => {
    const running = autocannon(
      {
        url: `${url}/messages`,
        connections: concurrency,
        amount: messages,
        requests: bodies.map((body) => ({
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        })),
      },
      (problem) => (problem ? reject(problem) : resolve()),
    );
    running.on("response", (_client, status, _bytes, milliseconds) => {
      if (status === 201) times.push(milliseconds);
    });
  });
  if (times.length !== messages) throw new Error(`autocannon: ${times.length} of ${messages} messages were accepted`);
  times.sort((one, other) => one - other);
  return {
    mean: times.reduce((sum, each) => sum + each, 0) / times.length,
    p95: times[Math.ceil(times.length * 0.95) - 1] as number,
  };
}

async function peakOf({ url }: Service): Promise<number> {
  const answer = await fetch(`${url}/health`);
  return v.parse(HealthSchema, await answer.json()).requests.peak;
}

function told({ mean, p95 }: Times): string {
  return `mean ${mean.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`;
}
