/** Toys are posted to the workshop and must come to the receiver, each once. */
import { spell } from "../../../core/identity.ts";
import { CANARY_PUBLISHER } from "../../../core/trace.ts";
import { enterAccount } from "../../../k6/support/account.ts";
import { ask } from "../../../k6/support/ask.ts";
import { awaitCanaries } from "../../../k6/support/canary.ts";
import { now } from "../../../k6/support/clock.ts";
import { guarded } from "../../../k6/support/guard.ts";
import { isShortage } from "../../../k6/support/host.ts";
import { declareCounters, measures } from "../../../k6/support/metrics.ts";
import { optionsOf } from "../../../k6/support/options.ts";
import { publishing, publishingLoad, type SendOutcome, type Tick, traceOf } from "../../../k6/support/publishing.ts";
import { compareWhileLoaded, openRun, type Run, settleRun } from "../../../k6/support/run.ts";
import { settings } from "../../../k6/support/settings.ts";
import { summaryOf } from "../../../k6/support/summary.ts";

const config = settings("toy");
const load = publishingLoad(config);
const metrics = measures("everywhere", "publishing", "account", "toys");

export const options = optionsOf({ ...config, load }, "publish");

export async function setup(): Promise<Run> {
  declareCounters();
  const run = openRun(config, "publisher", { shelf: { room: config.TOYS_ROOM } });
  if (config.RECEIVER_URL === undefined) return run;
  await awaitCanaries(config.RECEIVER_URL, run, config.CANARY_TIMEOUT, {
    wanted: { publishers: config.INSTANCES },
    seqs: [0],
    send: async (seq) => void (await send(run, CANARY_PUBLISHER, seq)),
    explain: () => ["no toy came out of the workshop"],
    swallowed: metrics.canaries_swallowed,
  });
  return run;
}

export const publish = guarded(
  metrics.script_errors,
  publishing(config, metrics, sendTick, () => undefined),
);

async function sendTick(run: Run, { firstSeq, count, publisher }: Tick): Promise<SendOutcome> {
  const sentFrom = now();
  const seqs = Array.from({ length: count }, (_, place) => firstSeq + place);
  const answers = await Promise.all(seqs.map((seq) => send(run, publisher, seq)));
  const seqsThat = (outcome: Answer["outcome"]) => seqs.filter((_, place) => answers[place]?.outcome === outcome);
  const latencies = answers.flatMap(({ latency }) => latency ?? []);
  const outcomes = { refused: [], unknown: seqsThat("unknown"), unsent: seqsThat("unsent") };
  return { sentFrom, ...outcomes, deduplicated: 0, latencies };
}

interface Answer {
  readonly outcome: "acknowledged" | "unknown" | "unsent";
  readonly latency: number | null;
}

/** Posts a toy. */
async function send(run: Run, publisher: number, seq: number): Promise<Answer> {
  const began = now();
  const toy = { id: spell(traceOf(run, publisher, seq), "text"), paint: config.TOYS_PAINT };
  const { answer, error } = await ask("POST", `${config.TOYS_URL}/toys`, JSON.stringify(toy), { timeout: "5s" });
  const isOurs = isShortage(metrics, error);
  if (answer === null) return { outcome: isOurs ? "unsent" : "unknown", latency: null };
  const latency = now() - began;
  metrics.toys_painting_ms.add(latency);
  metrics.toys_unpainted.add(answer.json("paint") === config.TOYS_PAINT ? 0 : 1);
  return { outcome: "acknowledged", latency };
}

export const compareClock = compareWhileLoaded(config, "publisher");

export function teardown(run: Run): void {
  if (config.RECEIVER_URL !== undefined) enterAccount(metrics, settleRun(config, run, "publisher"), config.slos);
}

export const handleSummary = summaryOf(config);
