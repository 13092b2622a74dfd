/** Signal webhooks: signals are sent to webhooks within their limits; then what a webhook must withstand is tried. */
import { sleep } from "k6";
import exec from "k6/execution";
import { secondsOf } from "../core/plan.ts";
import { describeQuotes, quotesIn } from "../core/quotes.ts";
import { safeMessageOf, withoutCredentials } from "../core/redaction.ts";
import { LEAD_SECONDS } from "../core/schedule.ts";
import { peakOf } from "../core/shape.ts";
import type { K6Data } from "../core/summary.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import { TargetClock } from "../systems/signals/clock.ts";
import { Signals, sentOf } from "../systems/signals/k6/signals.ts";
import { longestTrials, webhooksFor } from "../systems/signals/k6/webhookcount.ts";
import {
  createsWebhooks,
  openWebhooks,
  removeWebhooks,
  type Webhook,
  webhookName,
} from "../systems/signals/k6/webhooks.ts";
import type { ClockOfTarget } from "../systems/signals/wire.ts";
import { Access } from "./support/access.ts";
import { now } from "./support/clock.ts";
import { guarded } from "./support/guard.ts";
import { enterHealth, type WatchStart } from "./support/health.ts";
import { lead } from "./support/lead.ts";
import { countBounds, measures } from "./support/metrics.ts";
import { KEPT_CONNECTIONS, publisherTest } from "./support/publisher.ts";
import { publishing, publishingLoad, traceOf } from "./support/publishing.ts";
import { quote } from "./support/quotes.ts";
import { clockCorrection, type Run } from "./support/run.ts";
import { sendEach } from "./support/sending.ts";
import { settingsOf } from "./support/told.ts";

const given = settingsOf("webhook");
const byCount = given.EXECUTED_BY === "count";
// By count there is nothing that a receiver could join.
const config = byCount ? { ...given, RECEIVER_URL: undefined } : given;
const load = publishingLoad(config);
if (load.kind !== "paced")
  throw "RATE=max: signals are sent within limits; allowed: a number of events per second above 0";
if (byCount && config.SIGNALS_EXECUTED_URL === undefined)
  throw "EXECUTED_BY=count: SIGNALS_EXECUTED_URL says where what was executed is counted; give it";
if (!byCount && (config.RECEIVER_URL === undefined) !== (config.SIGNALS_EXECUTED_URL === undefined))
  throw "RECEIVER_URL and SIGNALS_EXECUTED_URL: one joins what the other lists with what was accepted; give both or none";
// Trials are sent by one virtual user, and what was executed is joined once.
if (config.INSTANCES > 1) throw `INSTANCES=${config.INSTANCES}: signals come from one k6 process; allowed: 1`;
/** What the quotes of trials are about. */
const TRIAL = "trial";
const count = webhooksFor(config, peakOf(load.shape));
countBounds(config);
const metrics = measures("everywhere", "publishing", "account", "signals", "health");
const access = new Access(config, "SIGNALS");
const signals = new Signals(config, access, metrics);

/** What a run knows of its webhooks. */
interface Opened {
  readonly webhooks: readonly Webhook[];
  /** Unix ms by the receiver's clock, before the first signal. */
  readonly openedAt: number;
  /** The clock that the target tells its times by. */
  readonly targetClock: ClockOfTarget;
  /** How many executed signals were listed before any of ours; null where they are not counted. */
  readonly executedBefore: number | null;
}

type SignalRun = Run & Opened;

let executedBefore: number | null = null;

export const { options, setup, publish, handleSummary } = publisherTest<Opened>(config, metrics, {
  beside: config.TRIALS.length === 0 ? {} : { trials: afterLoad() },
  options: { ...KEPT_CONNECTIONS, ...access.options },
  async require() {
    if (byCount) executedBefore = await executedNow();
  },
  // Signals are executed by several workers.
  opening: () => ({ order: "none" }),
  async proven(run) {
    const webhooks = openWebhooks(config, access, count, run.id);
    const opened = { webhooks, openedAt: now() + clockCorrection(run), executedBefore };
    return { ...opened, targetClock: await proveWebhooks({ ...run, ...opened }) };
  },
  publish: publishing(config, metrics, async (run, tick) => {
    const { webhooks, targetClock } = run as SignalRun;
    signals.compareTimes(targetClock);
    return sendEach(run, tick, async (trace) =>
      sentOf(await signals.send(webhooks[trace.seq % webhooks.length] as Webhook, trace, "load")),
    );
  }),
  notes: notesOf,
  evidence({ root_group }) {
    const failures = describeQuotes(quotesIn(root_group).filter(({ about }) => about === "a signal"));
    return failures === null ? {} : { signal_failed: failures };
  },
});

/** Once, after the load: one trial after the other. */
export const attempt = guarded(metrics.script_errors, async (run: SignalRun) => {
  const { Trials } = await import("../systems/signals/k6/trials.ts");
  const trials = new Trials(config, metrics, signals, run, load.events ?? 0);
  signals.compareTimes(run.targetClock);
  for (const trial of config.TRIALS) {
    console.log(`trial: ${trial}`);
    quote(TRIAL, `${trial}: ${await trials.try(trial)}`);
    metrics.trials_done.add(1);
  }
});

export async function teardown(run: SignalRun & WatchStart): Promise<void> {
  enterHealth(config, metrics, run);
  const { settleCount, settleExecuted } = await loadExecuted();
  if (run.executedBefore !== null) {
    const executed = settleCount(config, access, run.executedBefore);
    metrics.signal_executed.add(executed);
    metrics.signal_unexecuted.add(-executed, 0);
  }
  if (config.RECEIVER_URL !== undefined) {
    lead?.enterAccount(metrics, await settleExecuted(config, access, run, metrics.signal_untimed), config.slos);
  }
  if (createsWebhooks(config) && removeWebhooks(config, access, run.webhooks) > 0 && config.DELETE_PATH !== undefined) {
    console.warn(`DELETE_PATH=${config.DELETE_PATH}: not all webhooks of run ${run.id} could be deleted`);
  }
}

/** What the trials saw, what stays behind, and what this run cannot say: never that it is well. */
function notesOf(data: K6Data & { setup_data?: unknown }): string[] {
  const { root_group, metrics: measured } = data;
  const trials = quotesIn(root_group).filter(({ about }) => about === TRIAL);
  const order = (text: string) => config.TRIALS.findIndex((trial) => text.startsWith(`${trial}:`));
  const notes = trials.sort((one, other) => order(one.text) - order(other.text)).map(({ text }) => `trial ${text}`);
  const countOf = (metric: string) => measured[metric]?.values["count"] ?? 0;
  const silently = countOf("signal_limited_silently");
  if (silently > 0) notes.push(`${silently} of ${countOf("signal_limited")} answers 429 came without a Retry-After`);
  const untimed = countOf("signal_untimed");
  if (untimed > 0)
    notes.push(`${untimed} executed signals are listed without a time in executed_at: no latency of theirs is known`);
  if (byCount) {
    const executed = countOf("signal_executed");
    notes.push(`by count: ${executed + countOf("signal_unexecuted")} first answers, ${executed} executed`);
  }
  const run = data.setup_data as SignalRun | undefined;
  if (run?.webhooks !== undefined && createsWebhooks(config) && config.DELETE_PATH === undefined) {
    const names = `${webhookName(run.id, 1)} to ${run.webhooks.length}`;
    notes.push(`${run.webhooks.length} webhooks were created and stay: ${names}; DELETE_PATH has them deleted`);
  }
  if (config.HEALTH_URL === undefined) notes.push("no HEALTH_URL: neither deaths nor memory of the target were judged");
  if (config.SIGNALS_EXECUTED_URL === undefined) {
    notes.push("no SIGNALS_EXECUTED_URL: it was not verified that what was accepted was executed");
  }
  return notes;
}

/**
 * Each webhook takes a signal before any load, and what is executed is listed: no health endpoint is believed.
 *
 * @returns the clock that the target tells its times by.
 */
async function proveWebhooks(run: Omit<SignalRun, "targetClock">): Promise<ClockOfTarget> {
  const clock = new TargetClock();
  const deadline = now() + config.CANARY_TIMEOUT * 1000;
  for (const [seq, webhook] of run.webhooks.entries()) {
    for (;;) {
      const answer = await signals.ask(webhook, traceOf(run, CANARY_PUBLISHER, seq));
      if (answer.kind === "accepted") {
        clock.compare(answer.timestamp, answer.took, now() + clockCorrection(run));
        metrics.signal_unexecuted.add(1);
      }
      if (answer.kind === "accepted" || answer.kind === "duplicate") break;
      // What fails now and then is for the load to find.
      if (answer.kind === "failed" && answer.why.startsWith("status 5") && now() < deadline) {
        sleep(0.2);
        continue;
      }
      if (access.problem !== null) exec.test.abort(access.problem);
      const why = answer.kind === "failed" ? answer.why : answer.kind === "refused" ? `status ${answer.status}` : "429";
      exec.test.abort(
        withoutCredentials(`SIGNALS_URL=${config.SIGNALS_URL}: webhook ${seq + 1} does not accept a signal: ${why}`),
      );
    }
  }
  if (config.SIGNALS_EXECUTED_URL === undefined) return clock.known;
  const isListed = await (byCount ? countGrows(run.executedBefore as number) : traceIsListed(run, clock.known));
  try {
    for (; !isListed(); sleep(0.1)) {
      if (now() > deadline) throw new Error(`SIGNALS_EXECUTED_URL: no accepted signal is listed${isListed.hint()}`);
    }
  } catch (problem) {
    exec.test.abort(safeMessageOf(problem));
  }
  return clock.known;
}

/** Whether what was accepted is listed, and what to say where it never is. */
type ListingProbe = (() => boolean) & { hint(): string };

async function traceIsListed(run: Omit<SignalRun, "targetClock">, clock: ClockOfTarget): Promise<ListingProbe> {
  const { ExecutedList } = await loadExecuted();
  const list = new ExecutedList(config, access, run, run.openedAt, clock.correction);
  const traceless =
    `: it lists signals, but none with what TRACE_FIELD=${config.TRACE_FIELD} was sent; ` +
    "where the target keeps no field, EXECUTED_BY=count compares numbers";
  const hint = () => (list.listsSomething ? traceless : "");
  return Object.assign(() => list.arrivals().paths[0].times.length > 0, { hint });
}

async function countGrows(before: number): Promise<ListingProbe> {
  const { ExecutedCount } = await loadExecuted();
  const count = new ExecutedCount(config, access);
  return Object.assign(() => count.now() > before, { hint: () => "" });
}

/** What was executed is read before the load and after it. */
function loadExecuted(): Promise<typeof import("../systems/signals/k6/executed.ts")> {
  return import("../systems/signals/k6/executed.ts");
}

async function executedNow(): Promise<number> {
  const { ExecutedCount } = await loadExecuted();
  try {
    return new ExecutedCount(config, access).now();
  } catch (problem) {
    exec.test.abort(safeMessageOf(problem));
    return 0;
  }
}

function afterLoad() {
  const startTime = `${Math.ceil(LEAD_SECONDS + secondsOf(load)) + 2}s`;
  const maxDuration = `${longestTrials(config, count)}s`;
  return { executor: "per-vu-iterations", exec: "attempt", vus: 1, iterations: 1, startTime, maxDuration };
}
