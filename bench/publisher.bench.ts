/**
 * How many events a second nats.js publishes and has acknowledged, beside `nats bench` and a user's pipeline, and
 * what it holds when paced.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { template } from "../cli/own/templates.ts";
import type { Summary } from "../core/summary.ts";
import { settings } from "../k6/support/settings.ts";
import { startPipeline } from "../systems/pulse/cli/start.ts";
import { pulseEvents } from "../systems/pulse/pipeline.ts";
import { STREAM, SUBJECT, subjectsBelow } from "../systems/pulse/wire.ts";
import { bench, held, measured, ownPipeline, root, sideBySide, value } from "./bench.ts";

const EVENTS = 400_000;
const WORKERS = 4;
const BATCH = 500;
const RATE = 5_000;
const SECONDS = 10;
/** What nats.js must reach of the broker's own tool. */
const LEAST_SHARE = 0.6;
/** What a user's pipeline must reach of nats.js, as the inverse. */
const MOST_TIMES_OWN = 1.1;

/** The broker's own tool, pinned by a module of its own; built when it is first needed. */
function natsTool(): string {
  const tool = join(root, "bin/nats");
  const build = [
    "build",
    "-C",
    join(root, "bench/natscli"),
    "-trimpath",
    "-o",
    tool,
    "github.com/nats-io/natscli/nats",
  ];
  const { status, stderr, error } = spawnSync("go", build, { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot build the nats tool: ${error?.message ?? stderr}`);
  return tool;
}

/** Bytes of an event, the mean of a thousand. */
function bytesOfEvent(): number {
  const events = pulseEvents({ seed: 1, chains: settings("nats", {}).CHAINS });
  const trace = { run: 2 ** 31, publisher: 1, publishedAt: Date.now() };
  const texts = Array.from({ length: 1_000 }, (_, seq) => events.write({ ...trace, seq }).data);
  return Math.round(texts.join("").length / texts.length);
}

/** What `init --from nats` writes, with events of the same size on the same stream. */
function ownText(bytes: number): string {
  const filling = "x".repeat(bytes - JSON.stringify({ ref: " ".repeat(48), amount: 500, filling: "" }).length);
  return template("own", "nats", "count")
    .replace("`orders.", "`events.canonical.2.")
    .replace("amount: random % 1_000", `amount: random % 1_000, filling: "${filling}"`);
}

await bench(`nats.js beside nats bench: ${WORKERS} clients, batches of ${BATCH}, file storage`, async (folder) => {
  const tool = natsTool();
  const bytes = bytesOfEvent();
  const pipeline = await startPipeline(root, folder);
  const { url } = pipeline.nats;
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  const common = { NATS_URL: url };

  const own = await ownPipeline(folder, ownText(bytes));
  const load = { RATE: "max", EVENTS: String(EVENTS), WORKERS: String(WORKERS), BATCH: String(BATCH) };

  async function byK6(run: (variables: Record<string, string>) => Promise<Summary>): Promise<number> {
    await streams.purge(STREAM);
    const summary = await run({ ...common, ...load });
    const acknowledged = value(summary, "events_acknowledged", "count");
    const { state } = await streams.info(STREAM);
    held(["every event acknowledged, and in the stream", acknowledged === EVENTS && state.messages === EVENTS]);
    return acknowledged / value(summary, "publishing_seconds", "max");
  }

  async function byTool(): Promise<number> {
    await streams.purge(STREAM);
    const load = ["--stream", STREAM, "--msgs", String(EVENTS), "--clients", String(WORKERS), "--batch", String(BATCH)];
    const command = ["bench", "js", "pub", "async", `${SUBJECT}.2.transfer`, ...load, "--size", String(bytes)];
    const { stdout, stderr } = spawnSync(tool, ["--server", url, ...command, "--no-progress"], { encoding: "utf8" });
    const told =
      /aggregated stats: ([\d,]+) msgs\/sec/.exec(stdout)?.[1] ?? /stats: ([\d,]+) msgs\/sec/.exec(stdout)?.[1];
    if (told === undefined) throw new Error(`nats bench said: ${stdout}${stderr}`);
    return Number(told.replaceAll(",", ""));
  }

  try {
    // Nobody subscribes, and the gateway would only take time from the publisher.
    await pipeline.gateway.stop();
    await streams.add({ name: STREAM, subjects: [subjectsBelow(SUBJECT)] });
    console.log(`  ${EVENTS} events of ${bytes} bytes`);
    const [share = 0, timesOwn = Number.NaN] = await sideBySide(
      { name: "RATE=max", measure: () => byK6((variables) => measured(folder, "nats", variables)) },
      { name: "nats bench js pub async", measure: byTool },
      {
        name: "a user's pipeline",
        measure: () => byK6((variables) => own({ ...variables, RECEIVER_URL: "none" })),
      },
    );
    held([`${LEAST_SHARE} times nats bench`, share >= LEAST_SHARE]);
    held([`${MOST_TIMES_OWN} times its own pipeline at most`, timesOwn <= MOST_TIMES_OWN]);
    await streams.purge(STREAM);
    const summary = await measured(folder, "nats", { ...common, RATE: String(RATE), DURATION: `${SECONDS}s` });
    const achieved = summary.rate?.achieved ?? Number.NaN;
    console.log(
      `  RATE=${RATE}: ${achieved.toFixed(1)}/s achieved, off by ${((achieved / RATE - 1) * 100).toFixed(3)} %, ` +
        `schedule delay p99 ${value(summary, "schedule_delay_ms", "p(99)").toFixed(2)} ms, verdict ${summary.verdict}`,
    );
    held(["PASS", summary.verdict === "PASS"]);
  } finally {
    await connection.close();
    await pipeline.close();
  }
});
