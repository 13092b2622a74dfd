/** What it costs one k6 process to hold 10,000 connections with deliveries flowing, beside one that only holds them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { k6Program } from "../cli/k6.ts";
import type { Account } from "../core/account.ts";
import { startPipeline } from "../systems/pulse/cli/start.ts";
import { variants } from "../systems/pulse/events.ts";
import { filterAt, matches } from "../systems/pulse/filters.ts";
import { bench, bundled, held, measured, root, value } from "./bench.ts";

/** Few virtual users with many connections each: one alone takes 0.9 MB. */
const VUS = 20;
const SOCKETS = 500;
const RUN = "connections";
/** What `throughline run` takes; BUNDLE=websocket is what any k6 runs. */
const BUNDLE = join(root, `dist/${process.env["BUNDLE"] ?? "sockets"}.js`);
/** Ours runs as `throughline run` has it, the peer as k6 comes. What ours is held to: memory beside the peer, and the longest moment in which k6 stood still. */
const MOST_MEMORY = 1.25;
const LONGEST_PAUSE_MS = 1_000;

const SECONDS = 30;
const OPENING_SECONDS = 15;
/** Each connection gets one event a second: its filter, on fields that the gateway sends, lets two kinds through. */
const ALL = variants({ seed: 1, chains: ["ethereum", "solana"] });
const FILTERS = "complex";
const FIELDS = ["chains", "event_types", "accounts"] as const;
const LET_THROUGH = ALL.flatMap((_, at) => ALL.filter((one) => matches(filterAt(at, [FILTERS], ALL, FIELDS), one)));
const RATE = String(ALL.length ** 2 / LET_THROUGH.length);

type Pipeline = Awaited<ReturnType<typeof startPipeline>>;

await bench(`${VUS * SOCKETS} connections in one k6 process, an event a second each`, async (folder) => {
  const pipeline = await startPipeline(root, folder);
  try {
    const bare = await holdOnly(pipeline, folder);
    const { memory, account, pauseMs, verdicts, reasons } = await judgeAll(pipeline, folder);
    console.log(
      `  ${account?.paths} connections held, ${account?.delivered} of ${account?.expected} deliveries, lost ${account?.lost}, ` +
        `longest pause ${Math.round(pauseMs)} ms, verdicts ${verdicts.join(", ")}`,
    );
    console.log(
      `  peak memory ${megabytes(memory)} MB, bare k6 ${megabytes(bare)} MB: ${(memory / bare).toFixed(2)} times`,
    );
    for (const reason of reasons) console.log(`    ${reason}`);
    held(
      ["all connections", account?.paths === VUS * SOCKETS],
      ["every delivery", account !== null && account.delivered === account.expected],
      ["an event a second each", Math.abs((account?.expected ?? 0) / (VUS * SOCKETS * SECONDS) - 1) < 0.01],
      ["PASS", verdicts.every((verdict) => verdict === "PASS")],
      [`at most ${MOST_MEMORY} times the memory`, memory <= MOST_MEMORY * bare],
      [`no pause over ${LONGEST_PAUSE_MS} ms`, pauseMs < LONGEST_PAUSE_MS],
    );
  } finally {
    await pipeline.close();
  }
});

/** The peer's peak memory, in KiB. */
async function holdOnly({ gateway, nats }: Pipeline, folder: string): Promise<number> {
  const script = await bundled("hold", folder);
  const env = {
    ...{ VUS: String(VUS), SOCKETS: String(SOCKETS), SECONDS: String(OPENING_SECONDS + SECONDS) },
    WS_URL: gateway.wsUrl as string,
  };
  const memory = watchMemory(script);
  try {
    const holding = execa(k6Program(root), ["run", "--quiet", "--address", "", script], { env, reject: false });
    await pause(OPENING_SECONDS * 1000);
    const published = { NATS_URL: nats.url, CREATE_STREAM: "1", RATE, DURATION: `${SECONDS - 5}s` };
    await measured(folder, "nats", { ...published, RUN_ID: "bare" });
    await holding;
    return memory.peak();
  } finally {
    memory.stop();
  }
}

async function judgeAll({ receiver, gateway, nats }: Pipeline, folder: string) {
  const shared = { RUN_ID: RUN, RECEIVER_URL: receiver.url };
  const memory = watchMemory(BUNDLE);
  try {
    const [subscribers, publisher] = await Promise.all([
      measured(
        folder,
        "websocket",
        {
          ...shared,
          ...{
            WS_URL: gateway.wsUrl as string,
            VUS: String(VUS),
            SOCKETS: String(SOCKETS),
            FILTERS,
            FILTER_FIELDS: FIELDS.join(),
          },
          ...{ DURATION: "3m", PING_EVERY: "30s", END_WHEN_SETTLED: "1" },
        },
        BUNDLE,
      ),
      allSubscribed(receiver.url).then(() =>
        measured(folder, "nats", { ...shared, NATS_URL: nats.url, RATE, DURATION: `${SECONDS}s` }),
      ),
    ]);
    const tests = [subscribers, publisher];
    return {
      memory: memory.peak(),
      account: publisher.account,
      pauseMs: value(subscribers, "generator_pause_ms", "max"),
      verdicts: tests.map(({ verdict }) => verdict),
      reasons: tests.flatMap(({ reasons }) => reasons.map(({ text }) => text)),
    };
  } finally {
    memory.stop();
  }
}

/** Waits until the receiver has heard of every connection. */
async function allSubscribed(receiver: string): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await pause(500)) {
    const answer = await fetch(`${receiver}/runs/${RUN}`);
    if (answer.ok && ((await answer.json()) as Account).paths >= VUS * SOCKETS) return;
  }
  throw new Error("not all connections were subscribed within 120 s");
}

function megabytes(kibibytes: number): number {
  return Math.round(kibibytes / 1024);
}

/** The peak resident memory, in KiB, of the k6 process that runs a script, as Linux keeps it. */
function watchMemory(script: string): { peak(): number; stop(): void } {
  let peak = 0;
  const timer = setInterval(async () => {
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      const told = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
      if (!(await told("cmdline")).includes(script)) continue;
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(await told("status"))?.[1] ?? 0));
    }
  }, 1_000);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}
