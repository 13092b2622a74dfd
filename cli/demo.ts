import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderRun } from "../summary.ts";
import { EXIT_CODES, worst } from "../verdict.ts";
import type { Account } from "../workload/account.ts";
import { type K6Result, runK6 } from "./k6.ts";
import { startPipeline } from "./pipeline.ts";

const PROGRESS_MS = 5_000;

/** A smoke that is over in under a minute. */
const SHORT = {
  websocket: { DURATION: "2m", PING_EVERY: "1s", END_WHEN_SETTLED: "1" },
  nats: { DURATION: "15s", RATE: "1000", CREATE_STREAM: "1" },
  http: { DURATION: "10s", THINK_TIME: "100ms" },
};

/**
 * Shows the suite on a pipeline of its own: a real NATS JetStream, the reference gateway and the
 * receiver are started, events are published and delivered, and every one of them is accounted for.
 *
 * @param root the folder of the repository.
 * @param faults planted in the gateway, as in `drop=1000`.
 * @returns the exit code of the verdict.
 */
export async function demo(root: string, faults: readonly string[], signal: AbortSignal): Promise<number> {
  const run = `demo-${new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, "")
    .replace("T", "-")}`;
  const results = join(root, "results", run);
  await mkdir(results, { recursive: true });
  const pipeline = await startPipeline(root, results, faults);
  try {
    const { gateway, receiver, nats } = pipeline;
    say(`run ${run}: NATS JetStream ${nats.url}, gateway ${gateway.url}, receiver ${receiver.url}`);
    const start = (test: keyof typeof SHORT, variables: Record<string, string>) =>
      runK6(root, { test, variables: { ...SHORT[test], ...variables }, results, signal });
    const shared = { RUN_ID: run, RECEIVER_URL: receiver.url };

    say("publishing 15,000 events over 15 s to 10 WebSocket subscribers");
    const stopProgress = reportProgress(receiver.url, run);
    const together = await Promise.all([
      start("websocket", { ...shared, WS_URL: gateway.wsUrl as string }),
      start("nats", { ...shared, NATS_URL: nats.url }),
    ]);
    stopProgress();
    say("asking the gateway's HTTP endpoints for 10 s");
    const http = await start("http", { HTTP_URL: gateway.url });
    return await conclude(run, results, [...together, http], pipeline.problems());
  } finally {
    await pipeline.close();
  }
}

function reportProgress(receiver: string, run: string): () => void {
  const timer = setInterval(async () => {
    const answer = await fetch(`${receiver}/runs/${run}`).catch(() => null);
    if (answer?.ok !== true) return;
    const { published, expected, delivered, latency } = (await answer.json()) as Account;
    if (published === 0) return;
    say(`${published} published, ${delivered} of ${expected} deliveries, p99 ${latency.p99.toFixed(1)} ms`);
  }, PROGRESS_MS);
  return () => clearInterval(timer);
}

async function conclude(run: string, results: string, tests: readonly K6Result[], problems: readonly string[]) {
  const verdict = problems.length > 0 ? "INVALID" : worst(tests.map((test) => test.verdict));
  const reasons = [...problems, ...reasonsOf(tests)];
  const result = { version: 1, run, verdict, reasons, tests };
  await writeFile(join(results, "result.json"), `${JSON.stringify(result, null, 2)}\n`);
  const summaries = tests.flatMap(({ summary }) => summary ?? []);
  console.log(`\n${renderRun(run, verdict, reasons, summaries)}`);
  say(`the record of each test is in results/${run}/`);
  return EXIT_CODES[verdict];
}

/** The reasons of all tests; one that several of them give is told once. */
function reasonsOf(tests: readonly K6Result[]): string[] {
  const givenBy = new Map<string, string[]>();
  for (const { test, reasons } of tests) {
    for (const reason of reasons) givenBy.set(reason, [...(givenBy.get(reason) ?? []), test]);
  }
  return [...givenBy].map(([reason, by]) => `${by.join(", ")}: ${reason}`);
}

function say(text: string): void {
  console.error(`throughline: ${text}`);
}
