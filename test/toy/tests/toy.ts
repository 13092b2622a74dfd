/** Toys are posted to the workshop and must come to the receiver, each once. */
import { spell } from "../../../core/identity.ts";
import { CANARY_PUBLISHER, type Trace } from "../../../core/trace.ts";
import { enterAccount } from "../../../k6/support/account.ts";
import { ask } from "../../../k6/support/ask.ts";
import { awaitCanaries } from "../../../k6/support/canary.ts";
import { now } from "../../../k6/support/clock.ts";
import { guarded } from "../../../k6/support/guard.ts";
import { isShortage } from "../../../k6/support/host.ts";
import { lead } from "../../../k6/support/lead.ts";
import { declareCounters, measures } from "../../../k6/support/metrics.ts";
import { publishing, publishingLoad, traceOf } from "../../../k6/support/publishing.ts";
import { compareWhileLoaded, openRun, type Run, settleRun } from "../../../k6/support/run.ts";
import { type Sent, sendEach } from "../../../k6/support/sending.ts";
import { settingsOf } from "../../../k6/support/told.ts";

const config = settingsOf("toy");
const load = publishingLoad(config);
const metrics = measures("everywhere", "publishing", "account", "toys");

export const options = lead?.optionsOf({ ...config, load }, "publish");

export async function setup(): Promise<Run> {
  declareCounters();
  const run = openRun(config, "publisher", { shelf: { room: config.TOYS_ROOM } });
  if (config.RECEIVER_URL === undefined) return run;
  await awaitCanaries(config.RECEIVER_URL, run, config.CANARY_TIMEOUT, {
    wanted: { publishers: config.INSTANCES },
    seqs: [0],
    send: async (seq) => void (await send(traceOf(run, CANARY_PUBLISHER, seq))),
    explain: () => ["no toy came out of the workshop"],
    swallowed: metrics.canaries_swallowed,
  });
  return run;
}

export const publish = guarded(
  metrics.script_errors,
  publishing(config, metrics, (run, tick) => sendEach(run, tick, send)),
);

/** Posts a toy. */
async function send(trace: Trace): Promise<Sent> {
  const began = now();
  const toy = { id: spell(trace, "text"), paint: config.TOYS_PAINT };
  const { answer, error } = await ask("POST", `${config.TOYS_URL}/toys`, JSON.stringify(toy), { timeout: "5s" });
  const isOurs = isShortage(metrics, error);
  if (answer === null) return { outcome: isOurs ? "unsent" : "unknown", took: null };
  const took = now() - began;
  metrics.toys_painting_ms.add(took);
  metrics.toys_unpainted.add(answer.json("paint") === config.TOYS_PAINT ? 0 : 1);
  return { outcome: "acknowledged", took };
}

export const compareClock = compareWhileLoaded(config, "publisher");

export function teardown(run: Run): void {
  if (config.RECEIVER_URL !== undefined) enterAccount(metrics, settleRun(config, run, "publisher"), config.slos);
}

export const handleSummary = lead?.summaryOf(config);
