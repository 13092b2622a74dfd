/**
 * What an event costs from ten thousand to ten million of them: CPU of publisher, subscriber and receiver for each, and
 * the most memory that each held. What a process takes to start is measured with a few events, and left out.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { baselinesFolder } from "../cli/baseline/store.ts";
import { living, processes } from "../cli/health/proc.ts";
import { runK6 } from "../cli/k6.ts";
import { startService } from "../cli/service.ts";
import type { RunnableTest } from "../systems/variables.ts";
import { bench, held, root } from "./bench.ts";
import { startFlood } from "./flood.ts";
import { command, flush, startRedis } from "./redis.ts";

const FEW = 1_000;
const COUNTS = [10_000, 100_000, 1_000_000, 10_000_000];
/** Deliveries a second: four fifths of what one subscriber accounts for. */
const RATE = 48_000;
/** Below that many, starts differ from each other by more than a tenth of what the events cost. */
const COUNTABLE = 1_000_000;
const MOST_GROWTH = 1.1;
const MOST_SECONDS = 5;
/** The same for all, so that runs can be compared; each ends when it is settled. */
const MOST_RUN_SECONDS = Math.ceil(Math.max(...COUNTS) / RATE) + 60;
const STREAM = "events:11155111";
const THROUGHLINE = join(root, "dist/node/throughline.js");
const LATENCIES = [
  ...["ACCOUNT_DELIVERY_P95_MS_VALUE", "ACCOUNT_DELIVERY_P99_MS_VALUE", "ACCOUNT_DELIVERY_P995_MS_VALUE"],
  ...["WS_EVENT_LATENCY_MS_P95", "WS_EVENT_LATENCY_MS_P99", "WS_ERROR_RATE_RATE"],
];
const BASELINE = "bench-scale";
const LOOK_MS = 50;

/** What a process took. */
interface Cost {
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

await bench("the cost of an event, by how many there are", async (folder) => {
  const publishers: Cost[] = [];
  const [subscribers, receivers]: [Cost[], Cost[]] = [[], []];
  for (const events of [FEW, ...COUNTS]) {
    publishers.push(await publish(folder, events));
    const { subscriber, receiver } = await subscribe(folder, events);
    subscribers.push(subscriber);
    receivers.push(receiver);
  }
  tell("publisher, redis.js", publishers);
  tell("subscriber, sockets.js", subscribers);
  tell("receiver", receivers);
  const last = join(resultsIn(folder), `scale-${COUNTS.at(-1)}`);
  await timed("report", last);
  try {
    await timed(`baseline save --failed --name ${BASELINE}`, await copied(last));
    await timed("compare", last, BASELINE);
  } finally {
    await rm(join(baselinesFolder(root), `${BASELINE}.json`), { force: true });
  }
});

/** The same run once more, as a baseline wants it. @returns its folder. */
async function copied(record: string): Promise<string> {
  const again = `${record}-again`;
  const result: object = JSON.parse(await readFile(join(record, "result.json"), "utf8"));
  await mkdir(again);
  await writeFile(join(again, "result.json"), JSON.stringify({ ...result, run: basename(again) }));
  return again;
}

/** Holds a command about a recorded run to its time; that it finds a run worse is an answer as well. */
async function timed(command: string, ...about: readonly string[]): Promise<void> {
  const began = performance.now();
  const args = [THROUGHLINE, ...command.split(" "), ...about];
  const { exitCode, stderr } = await execa(process.execPath, args, { reject: false });
  const seconds = (performance.now() - began) / 1000;
  console.log(`  ${command} of ${COUNTS.at(-1)} events: ${seconds.toFixed(1)} s`);
  held(
    [`a ${command}: ${stderr}`, exitCode === 0 || exitCode === 1],
    [`within ${MOST_SECONDS} s`, seconds < MOST_SECONDS],
  );
}

/** Prints a curve, and holds it to be flat. */
function tell(name: string, [start, ...costs]: readonly Cost[]): void {
  const perEvent = costs.map((cost, place) => {
    const events = COUNTS[place] as number;
    return ((cost.cpuSeconds - (start?.cpuSeconds ?? 0)) / (events - FEW)) * 1e6;
  });
  for (const [place, cost] of costs.entries()) {
    const micros = perEvent[place] as number;
    console.log(
      `  ${name}, ${COUNTS[place]} events: ${micros.toFixed(1)} us of CPU each, ${Math.round(cost.peakMegabytes)} MB`,
    );
  }
  const countable = perEvent.filter((_, place) => (COUNTS[place] as number) >= COUNTABLE);
  const growth = (countable.at(-1) as number) / Math.min(...countable);
  held([`flat for the ${name}: the most events cost ${growth.toFixed(2)} times the least`, growth <= MOST_GROWTH]);
}

async function publish(folder: string, events: number): Promise<Cost> {
  const { url, port, stop } = await startRedis();
  // What was measured is of no use to anyone: the server would need six gigabytes.
  const trimming = setInterval(() => command(port, "XTRIM", STREAM, "MAXLEN", "10000"), 1_000);
  try {
    const variables = { REDIS_URL: url, RECEIVER_URL: "none", RATE: "max", BATCH: "500", EVENTS: String(events) };
    const cost = await costOf(folder, "redis", variables);
    held([
      `${events} events added`,
      Number(command(port, "XINFO", "STREAM", STREAM).match(/entries-added\s+(\d+)/)?.[1]) === events,
    ]);
    return cost;
  } finally {
    clearInterval(trimming);
    flush(port);
    await stop();
  }
}

async function subscribe(folder: string, events: number): Promise<{ subscriber: Cost; receiver: Cost }> {
  const program = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"];
  const receiver = await startService("receiver", program, join(folder, "receiver.log"));
  const run = `scale-${events}`;
  const flood = await startFlood(receiver.url, run, { seed: 1, chains: ["ethereum", "solana"] });
  const flags = ["--ws-url", flood.wsUrl, "--receiver-url", receiver.url, "--run-id", run, "--out", resultsIn(folder)];
  const variables = { VUS: "1", FILTERS: "all", DURATION: `${MOST_RUN_SECONDS}s`, END_WHEN_SETTLED: "1" };
  // Latencies of a flood are not looked at: whether one is just met, clocks would have to say.
  const latencies = LATENCIES.map((bound) => [`SLO_${bound}`, "off"]);
  const set = [...Object.entries(variables), ...latencies].flatMap(([name, value]) => [
    "--set",
    `websocket.${name}=${value}`,
  ]);
  const running = execa(process.execPath, [THROUGHLINE, "run", "websocket", ...flags, ...set], { reject: false });
  const watch = watchCost(() => k6Below(running.pid));
  try {
    // One that is refused subscribes to nothing, and the flood would wait for it.
    const flooding = flood.run(RATE, events / RATE).then(() => true);
    const first = await Promise.race([running.then(() => false), flooding]);
    if (!first) throw new Error((await running).stderr);
    await running;
    return { subscriber: watch.stop(), receiver: costNow(receiver.pid() as number) as Cost };
  } finally {
    watch.stop();
    await flood.close();
    await receiver.stop();
  }
}

function resultsIn(folder: string): string {
  return join(folder, "results");
}

/** The k6 that holds the subscription: a run also asks `k6 version`. */
function k6Below(parent: number | undefined): number | undefined {
  const isRun = (pid: number) => commandOf(pid).split("\0")[1] === "run";
  return [...processes().values()].find((one) => one.parent === parent && one.name === "k6" && isRun(one.pid))?.pid;
}

function commandOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Runs a k6 test. @throws when it left no summary. */
async function costOf(folder: string, test: RunnableTest, variables: Readonly<Record<string, string>>): Promise<Cost> {
  let pid: number | undefined;
  const watch = watchCost(() => pid);
  const started = (one: number) => {
    pid = one;
  };
  const { signal } = new AbortController();
  try {
    const { summary, reasons } = await runK6(root, { test, variables, started, results: folder, signal });
    if (summary === null) throw new Error(`${test}: ${reasons.map(({ text }) => text).join("; ")}`);
    return watch.stop();
  } finally {
    watch.stop();
  }
}

/** Looks at a process again and again: the kernel forgets what one took that has ended. */
function watchCost(pidNow: () => number | undefined): { stop(): Cost } {
  let pid: number | undefined;
  let last: Cost = { cpuSeconds: 0, peakMegabytes: 0 };
  const timer = setInterval(() => {
    if (pid === undefined || living([pid]).size === 0) pid = pidNow();
    const now = pid === undefined ? null : costNow(pid);
    if (now !== null) last = now;
  }, LOOK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return last;
    },
  };
}

/** What a process has taken so far; null for one that has ended: of one that is not collected yet no memory is told. */
function costNow(pid: number): Cost | null {
  const cpuSeconds = living([pid]).get(pid)?.cpuSeconds;
  const peak = existsSync(`/proc/${pid}/status`) && /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return cpuSeconds === undefined || !peak ? null : { cpuSeconds, peakMegabytes: Number(peak[1]) / 1024 };
}
