/** Signal webhooks: signals are sent to webhooks within their limits; then what a webhook must withstand is tried. */
import { sleep } from "k6";
import exec from "k6/execution";
import { withoutCredentials } from "../core/redaction.ts";
import { lengthOf, peakOf } from "../core/shape.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import { TargetClock } from "../systems/signals/clock.ts";
import { ExecutedList, settleExecuted } from "../systems/signals/k6/executed.ts";
import { Signals } from "../systems/signals/k6/signals.ts";
import { Trials } from "../systems/signals/k6/trials.ts";
import { longestTrials, webhooksFor } from "../systems/signals/k6/webhookcount.ts";
import { openWebhooks, type Webhook } from "../systems/signals/k6/webhooks.ts";
import { Access } from "./support/access.ts";
import { enterAccount } from "./support/account.ts";
import { now } from "./support/clock.ts";
import { guarded, reasonOf } from "./support/guard.ts";
import { enterHealth, requireHealth, type Watched } from "./support/health.ts";
import { declareCounters, measures } from "./support/metrics.ts";
import { KEPT_CONNECTIONS, optionsOf } from "./support/options.ts";
import { publishing, publishingLoad, traceOf } from "./support/publishing.ts";
import { clockCorrection, openRun, type Run } from "./support/run.ts";
import { settings } from "./support/settings.ts";
import { summaryOf } from "./support/summary.ts";

const config = settings("webhook");
const load = publishingLoad(config);
if (load.kind !== "paced")
  throw "RATE=max: signals are sent within limits; allowed: a number of events per second above 0";
if ((config.RECEIVER_URL === undefined) !== (config.SIGNALS_EXECUTED_URL === undefined))
  throw "RECEIVER_URL and SIGNALS_EXECUTED_URL: one joins what the other lists with what was accepted; give both or none";
// Trials are sent by one virtual user, and what was executed is joined once.
if (config.INSTANCES > 1) throw `INSTANCES=${config.INSTANCES}: signals come from one k6 process; allowed: 1`;
const count = webhooksFor(config, peakOf(load.shape));
const metrics = measures("everywhere", "publishing", "account", "signals", "health");
const access = new Access(config, "SIGNALS");
const signals = new Signals(config, access, metrics);

export const options = {
  ...optionsOf(config, "trade", config.TRIALS.length === 0 ? {} : { trials: afterLoad() }),
  ...KEPT_CONNECTIONS,
  ...access.options,
};

type SignalRun = Run &
  Watched & {
    readonly webhooks: readonly Webhook[];
    /** Unix ms by the receiver's clock, before the first signal. */
    readonly openedAt: number;
    /** Ms to add to the target's time to get the receiver's. */
    readonly targetClock: number;
  };

export async function setup(): Promise<SignalRun> {
  declareCounters();
  const watched = requireHealth(config);
  const webhooks = openWebhooks(config, access, count);
  const run = openRun(config, "publisher");
  const openedAt = now() + clockCorrection(run);
  const opened = { ...run, ...watched, webhooks, openedAt };
  return { ...opened, targetClock: await proveWebhooks(opened) };
}

export const trade = guarded(
  metrics.script_errors,
  publishing(config, metrics, async (run, { firstSeq, count: size, publisher }) => {
    const { webhooks } = run as SignalRun;
    const sentFrom = now();
    const answers = await Promise.all(
      Array.from({ length: size }, (_, place) => {
        const seq = firstSeq + place;
        return signals.send(webhooks[seq % webhooks.length] as Webhook, traceOf(run, publisher, seq), "load");
      }),
    );
    const seqsOf = (...kinds: string[]) =>
      answers.flatMap(({ kind }, place) => (kinds.includes(kind) ? [firstSeq + place] : []));
    const latencies = answers.flatMap(({ kind, took }) => (kind === "accepted" ? [took] : []));
    const refused = seqsOf("limited", "refused");
    return { sentFrom, refused, unknown: seqsOf("failed"), deduplicated: seqsOf("duplicate").length, latencies };
  }),
);

/** Once, after the load: one trial after the other. */
export const attempt = guarded(metrics.script_errors, async (run: SignalRun) => {
  const trials = new Trials(config, metrics, signals, run, load.events ?? 0);
  for (const trial of config.TRIALS) {
    console.log(`trial: ${trial}`);
    await trials[trial]();
    metrics.trials_done.add(1);
  }
});

export async function teardown(run: SignalRun): Promise<void> {
  enterHealth(config, metrics, run);
  if (config.RECEIVER_URL !== undefined) enterAccount(metrics, await settleExecuted(config, access, run));
}

export const handleSummary = summaryOf(config, unjudged);

/** What this run cannot say: never that it is well. */
function unjudged(): string[] {
  const notes: string[] = [];
  if (config.HEALTH_URL === undefined) notes.push("no HEALTH_URL: neither deaths nor memory of the target were judged");
  if (config.SIGNALS_EXECUTED_URL === undefined) {
    notes.push("no SIGNALS_EXECUTED_URL: it was not verified that what was accepted was executed");
  }
  return notes;
}

/**
 * Each webhook takes a signal before any load, and what is executed is listed: no health endpoint is believed.
 *
 * @returns what to add to the target's time to get the receiver's, in ms.
 */
async function proveWebhooks(run: Omit<SignalRun, "targetClock">): Promise<number> {
  const clock = new TargetClock();
  const deadline = now() + config.CANARY_TIMEOUT * 1000;
  for (const [seq, webhook] of run.webhooks.entries()) {
    for (;;) {
      const answer = await signals.ask(webhook, traceOf(run, CANARY_PUBLISHER, seq));
      if (answer.kind === "accepted") clock.compare(answer.timestamp, answer.took, now() + clockCorrection(run));
      if (answer.kind === "accepted" || answer.kind === "duplicate") break;
      // What fails now and then is for the load to find.
      if (answer.kind === "failed" && answer.why.startsWith("status 5") && now() < deadline) {
        sleep(0.2);
        continue;
      }
      const why = answer.kind === "failed" ? answer.why : answer.kind === "refused" ? `status ${answer.status}` : "429";
      exec.test.abort(
        withoutCredentials(`SIGNALS_URL=${config.SIGNALS_URL}: webhook ${seq + 1} does not accept a signal: ${why}`),
      );
    }
  }
  if (config.SIGNALS_EXECUTED_URL === undefined) return clock.correction;
  const list = new ExecutedList(config, access, run, run.openedAt, clock.correction);
  try {
    for (; list.arrivals().times.length === 0; sleep(0.1)) {
      if (now() > deadline) throw new Error(`SIGNALS_EXECUTED_URL: no accepted signal is listed`);
    }
  } catch (problem) {
    exec.test.abort(reasonOf(problem));
  }
  return clock.correction;
}

function afterLoad() {
  const startTime = `${Math.ceil(lengthOf(load.kind === "paced" ? load.shape : [])) + 2}s`;
  const maxDuration = `${longestTrials(config, count)}s`;
  return { executor: "per-vu-iterations", exec: "attempt", vus: 1, iterations: 1, startTime, maxDuration };
}
