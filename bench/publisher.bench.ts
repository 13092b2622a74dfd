/** How many events a second nats.js publishes and has acknowledged, unpaced and paced. */
import { startPipeline } from "../cli/pipeline.ts";
import { bench, held, measured, root, value } from "./bench.ts";

const SECONDS = 10;

await bench("nats.js against JetStream with file storage", async (folder) => {
  const pipeline = await startPipeline(root, folder);
  const common = { NATS_URL: pipeline.nats.url, CREATE_STREAM: "1", DURATION: `${SECONDS}s` };
  try {
    // Nobody subscribes, and the gateway would only take time from the publisher.
    await pipeline.gateway.stop();
    for (const [workers, batch] of [
      [1, 50],
      [4, 200],
    ]) {
      const summary = await measured(folder, "nats", {
        ...common,
        RATE: "max",
        WORKERS: String(workers),
        BATCH: String(batch),
      });
      const acknowledged = value(summary, "events_acknowledged", "count");
      const seconds = value(summary, "publishing_seconds", "max");
      console.log(
        `  RATE=max, ${workers} workers, batches of ${batch}: ${Math.round(acknowledged / seconds)}/s acknowledged`,
      );
      held(["any event", acknowledged > 0]);
    }
    const rate = 5_000;
    const summary = await measured(folder, "nats", { ...common, RATE: String(rate) });
    const achieved = summary.rate?.achieved ?? Number.NaN;
    console.log(
      `  RATE=${rate}: ${achieved.toFixed(1)}/s achieved, off by ${((achieved / rate - 1) * 100).toFixed(3)} %, ` +
        `schedule delay p99 ${value(summary, "schedule_delay_ms", "p(99)").toFixed(2)} ms, verdict ${summary.verdict}`,
    );
    held(["PASS", summary.verdict === "PASS"]);
  } finally {
    await pipeline.close();
  }
});
