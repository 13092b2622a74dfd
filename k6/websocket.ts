/** WebSocket fan-out: subscribers hold their connections and account for every event that reaches them. */
import { sleep } from "k6";
import exec from "k6/execution";
import { setTimeout } from "k6/timers";
import { withoutCredentials } from "../core/redaction.ts";
import { fallsAt, lengthOf, peakOf } from "../core/shape.ts";
import { streamOf } from "../systems/pulse/events.ts";
import { Door } from "../systems/pulse/k6/door.ts";
import { Session } from "../systems/pulse/k6/session.ts";
import { Subscriber } from "../systems/pulse/k6/subscriber.ts";
import { Access } from "./support/access.ts";
import { enterAccount } from "./support/account.ts";
import { guarded } from "./support/guard.ts";
import { enterHealth, requireHealth, type Watched } from "./support/health.ts";
import { gapJudge, receiverJudge } from "./support/judge.ts";
import { countBounds, declareCounters, measures } from "./support/metrics.ts";
import { optionsOf } from "./support/options.ts";
import { compareWhileLoaded, openRun, type Run, settleRun } from "./support/run.ts";
import { settings } from "./support/settings.ts";
import { summaryOf } from "./support/summary.ts";

const config = settings("websocket");
const load = config.load;
if (load.kind !== "visitors") throw "websocket subscribes: it publishes nothing";
const stream = streamOf({ seed: config.SEED, chains: config.CHAINS });
countBounds(config);
const metrics = measures("everywhere", "websocket", "account", "health");
const access = new Access(config, "WS");
const door = new Door(config, access);

export const options = {
  ...optionsOf(config, config.SCENARIO === "churn" ? "comeAndGo" : "hold"),
  ...access.options,
};

/** Latencies that k6 may hold one by one over the whole run, at about 29 bytes each ... */
const KEPT_LATENCIES = 2_000_000;
/** ... and that all virtual users together enter each second: a sample costs more than the delivery, and outputs send each. */
const ENTERED_PER_SECOND = 1_000;
const perSecond = Math.min(ENTERED_PER_SECOND, KEPT_LATENCIES / lengthOf(load.shape));
const samplesPerSecond = perSecond / peakOf(load.shape);

/** While the load falls or ends, sessions are short, so that k6 never cuts one off in the middle. */
const SHORT_SESSION_SECONDS = 3;

/** One connection proves the gateway before there is any load. */
export async function setup(): Promise<Run & Watched> {
  declareCounters();
  const watched = requireHealth(config);
  await proveGateway();
  return { ...openRun(config, "subscriber", { variants: stream.variants }), ...watched };
}

/** Holds its connections for the whole profile, or until the load falls. */
export const hold = guarded(metrics.script_errors, async (run: Run) => {
  const started = exec.scenario.startTime;
  const elapsed = (Date.now() - started) / 1000;
  const spread = ((exec.vu.idInTest % 100) / 100) * SHORT_SESSION_SECONDS;
  const falls = fallsAt(load.shape, elapsed);
  const ends = falls - elapsed > 2 * SHORT_SESSION_SECONDS && falls < lengthOf(load.shape) ? falls - spread : falls;
  await listen(run, started + Math.max(ends, elapsed + SHORT_SESSION_SECONDS) * 1000);
});

/** Stays for a moment and leaves, or goes when the load ends; k6 starts it over and over. */
export const comeAndGo = guarded(metrics.script_errors, (run: Run) => {
  const end = exec.scenario.startTime + lengthOf(load.shape) * 1000;
  const shortest = Math.min(config.SESSION, SHORT_SESSION_SECONDS) * 1000;
  return listen(run, Math.max(Date.now() + shortest, Math.min(Date.now() + config.SESSION * 1000, end)));
});

/** Beside the load: compares clocks with the receiver. */
export const compareClock = compareWhileLoaded(config, "subscriber");

export function teardown(run: Run & Watched): void {
  enterHealth(config, metrics, run);
  if (config.RECEIVER_URL !== undefined) enterAccount(metrics, settleRun(config, run, "subscriber"), config.slos);
}

export const handleSummary = summaryOf(config);

let settled = false;

/** Subscribes until a moment in Unix ms; once the run is settled there is nothing to listen to. */
async function listen(run: Run, until: number): Promise<void> {
  if (settled) {
    sleep(1);
    return;
  }
  const judge = config.RECEIVER_URL === undefined ? gapJudge(stream, run.number, metrics) : receiverJudge(config, run);
  const subscriber = new Subscriber(config, door, metrics, run, judge, samplesPerSecond);
  await subscriber.hold(until);
  settled = subscriber.settled;
}

async function proveGateway(): Promise<void> {
  await access.ready();
  let failed: string | null = null;
  const everything = { chains: [], event_types: [], accounts: [], program_ids: [] };
  const session: Session = new Session(config, door, everything, Date.now() + 60_000, {
    operation: (operation, failure) => {
      if (failure !== null) failed ??= `${operation}: ${failure}`;
    },
    live: () => void setTimeout(() => session.end(), 0),
    leaving: () => undefined,
    event: () => undefined,
  });
  const end = await session.over;
  if (failed !== null || end !== "ended") {
    access.requireProof(door.statusNow(), `GET ${config.WS_URL}`);
    const why = `no working gateway: ${failed ?? `the connection ${end}`}`;
    exec.test.abort(withoutCredentials(`WS_URL=${config.WS_URL}: ${why}`));
  }
}
