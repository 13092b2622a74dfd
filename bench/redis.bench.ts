/** How many events a second redis.js adds to a stream, beside what redis-benchmark does with the same command. */
import { spawnSync } from "node:child_process";
import { logEvents } from "../systems/ethhook/pipeline.ts";
import { bench, held, measured, sideBySide, value } from "./bench.ts";
import { command, flush, startRedis } from "./redis.ts";

const EVENTS = 1_500_000;
/** What redis.js must reach of the server's own tool. */
const LEAST_SHARE = 0.9;
const STREAM = "events:11155111";
const RATE = 5_000;
const SECONDS = 10;

const workload = { seed: 1, unmatchedShare: 0 };
const entry = meanEntry(1_000);

await bench("redis.js beside redis-benchmark, same command, same redis-server", async (folder) => {
  const { url, port, stop } = await startRedis();
  const common = { REDIS_URL: url, RECEIVER_URL: "none" };
  try {
    const byK6 = async () => {
      flush(port);
      const summary = await measured(folder, "redis", {
        ...common,
        RATE: "max",
        BATCH: "500",
        EVENTS: String(EVENTS),
      });
      const added = Number(command(port, "XLEN", STREAM));
      held(["every event added", added === EVENTS]);
      return value(summary, "events_acknowledged", "count") / value(summary, "publishing_seconds", "max");
    };
    const [, share = 0] = await sideBySide(
      { name: "RATE=max", measure: byK6 },
      { name: "redis-benchmark -c 50", measure: async () => benchmarked(port, []) },
      { name: "redis-benchmark -c 50 -P 100", measure: async () => benchmarked(port, ["-P", "100"]) },
    );
    held([`${LEAST_SHARE} times redis-benchmark -P 100`, share >= LEAST_SHARE]);
    flush(port);
    const paced = await measured(folder, "redis", { ...common, RATE: String(RATE), DURATION: `${SECONDS}s` });
    const achieved = paced.rate?.achieved ?? Number.NaN;
    console.log(
      `  RATE=${RATE}: ${achieved.toFixed(1)}/s achieved, off by ${((achieved / RATE - 1) * 100).toFixed(3)} %, ` +
        `${command(port, "XLEN", STREAM)} entries, schedule delay p99 ${value(paced, "schedule_delay_ms", "p(99)").toFixed(2)} ms, ` +
        `verdict ${paced.verdict}`,
    );
    held(["PASS", paced.verdict === "PASS"]);
  } finally {
    await stop();
  }
});

/** The one of the first entries whose length is nearest to their mean: the very first is a sixth shorter. */
function meanEntry(count: number): readonly string[] {
  const events = logEvents(workload);
  const entries = Array.from({ length: count }, (_, place) =>
    events.write({ run: 1, publisher: 1, seq: place + 1, publishedAt: Date.now() }),
  );
  const length = (one: readonly string[]) => one.join("").length;
  const mean = entries.reduce((sum, one) => sum + length(one), 0) / count;
  const offBy = (one: readonly string[]) => Math.abs(length(one) - mean);
  return entries.reduce((best, one) => (offBy(one) < offBy(best) ? one : best));
}

/** Requests per second of redis-benchmark with fifty clients. */
function benchmarked(port: string, options: readonly string[]): number {
  flush(port);
  const args = ["-p", port, "-c", "50", "-n", String(EVENTS), "--csv", ...options, "XADD", STREAM, "*", ...entry];
  const { stdout } = spawnSync("redis-benchmark", args, { encoding: "utf8" });
  // The name of the test, which is the whole command, holds commas and quotes of its own.
  const rate = /","(\d+(?:\.\d+)?)"/.exec(stdout.slice(stdout.indexOf(entry.at(-1) as string)))?.[1];
  if (rate === undefined) throw new Error(`redis-benchmark said: ${stdout}`);
  return Number(rate);
}
