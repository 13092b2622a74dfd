import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderRun } from "../summary.ts";
import { EXIT_CODES, worst } from "../verdict.ts";
import type { Account } from "../workload/account.ts";
import { type K6Result, runK6 } from "./k6.ts";
import { type Service, startService } from "./service.ts";

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
  const store = await mkdtemp(join(tmpdir(), "throughline-nats-"));
  const services: Service[] = [];
  try {
    const { gateway, receiver, nats } = await startPipeline(root, results, store, faults, services);
    say(`run ${run}: NATS JetStream ${nats.url}, gateway ${gateway.url}, receiver ${receiver.url}`);
    const start = (test: "websocket" | "nats" | "http", variables: Record<string, string>) =>
      runK6(root, { test, variables: { ...SHORT[test], ...variables }, results, signal });
    const shared = { RUN_ID: run, RECEIVER_URL: receiver.url };

    say("publishing 15,000 events over 15 s to 10 WebSocket subscribers");
    const stopProgress = reportProgress(receiver.url, run);
    const pipeline = await Promise.all([
      start("websocket", { ...shared, WS_URL: gateway.wsUrl as string }),
      start("nats", { ...shared, NATS_URL: nats.url }),
    ]);
    stopProgress();
    say("asking the gateway's HTTP endpoints for 10 s");
    const http = await start("http", { HTTP_URL: gateway.url });
    const problems = services.flatMap((service) => service.ended() ?? []);
    return await conclude(run, results, [...pipeline, http], problems);
  } finally {
    for (const service of services.reverse()) await service.stop();
    await rm(store, { recursive: true, force: true });
  }
}

async function startPipeline(
  root: string,
  results: string,
  store: string,
  faults: readonly string[],
  services: Service[],
) {
  const node = (program: string) => [process.execPath, "--enable-source-maps", join(root, `dist/node/${program}.js`)];
  const start = async (name: string, ...command: string[]) => {
    const service = await startService(name, command, join(results, `${name}.log`));
    services.push(service);
    return service;
  };
  const nats = await start("nats-server", join(root, "bin/services"), "nats", "--port", "0", "--store-dir", store);
  const receiver = await start("receiver", ...node("receiver"), "--port", "0");
  const planted = faults.flatMap((fault) => ["--fault", fault]);
  const gateway = await start("gateway", ...node("pulse"), "--port", "0", "--nats", nats.url, ...planted);
  return { nats, receiver, gateway };
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
