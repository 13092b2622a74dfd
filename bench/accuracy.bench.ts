/**
 * How far the reported latency is from the truth. The gateway sends each event a fixed time after it was
 * published, so that what happens between the two is part of the delay, as long as it is shorter.
 */
import { startPipeline } from "../systems/pulse/cli/start.ts";
import { bench, held, measured, root, SUBSCRIBERS } from "./bench.ts";

const DELAYS = [5, 20, 50];
const ALLOWED_MS = 1.5;
const ALLOWED_SHARE = 0.02;
/** An event each 33 ms, so that none is published just when another is due: on two cores one would wait for the other. */
const RATE = "30";

await bench("reported latency against a planted delay", async (folder) => {
  for (const delay of DELAYS) {
    const pipeline = await startPipeline(root, folder, ["--fault", `hold=${delay}`]);
    try {
      const shared = { RUN_ID: `delay-${delay}`, RECEIVER_URL: pipeline.receiver.url };
      const [nats] = await Promise.all([
        measured(folder, "nats", {
          ...shared,
          NATS_URL: pipeline.nats.url,
          CREATE_STREAM: "1",
          RATE,
          DURATION: "30s",
        }),
        measured(
          folder,
          "websocket",
          {
            ...{ ...shared, WS_URL: pipeline.gateway.wsUrl as string, VUS: "5" },
            ...{ DURATION: "60s", END_WHEN_SETTLED: "1" },
          },
          SUBSCRIBERS,
        ),
      ]);
      const { p50 = Number.NaN, p99 = Number.NaN, samples = 0 } = nats.account?.latency ?? {};
      const allowed = ALLOWED_MS + delay * ALLOWED_SHARE;
      console.log(`  ${delay} ms planted: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms of ${samples}`);
      const within = [p50, p99].every((observed) => Math.abs(observed - delay) <= allowed);
      held([`within ${allowed.toFixed(2)} ms`, within]);
    } finally {
      await pipeline.close();
    }
  }
});
