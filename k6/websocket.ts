/** WebSocket fan-out: subscribers hold their connections and account for every event that reaches them. */
import { sleep } from "k6";
import exec from "k6/execution";
import { setTimeout } from "k6/timers";
import { once } from "../core/once.ts";
import { withoutCredentials } from "../core/redaction.ts";
import { fallsAt, lengthOf, peakOf } from "../core/shape.ts";
import type { K6Data } from "../core/summary.ts";
import { excessOf, isAmong, mannerOf, nextDue, ownRate } from "../systems/pulse/churn.ts";
import { streamOf } from "../systems/pulse/events.ts";
import { Agenda } from "../systems/pulse/k6/agenda.ts";
import { ownSockets } from "../systems/pulse/k6/ownsocket.ts";
import { socketModule } from "../systems/pulse/k6/rudeness.ts";
import { Session } from "../systems/pulse/k6/session.ts";
import type { SessionEnd } from "../systems/pulse/k6/sessionparts.ts";
import { type Manner, Subscriber } from "../systems/pulse/k6/subscriber.ts";
import { opensAfter } from "../systems/pulse/opening.ts";
import { Access } from "./support/access.ts";
import { elapsed } from "./support/clock.ts";
import { BAD_HANDSHAKE, Door } from "./support/door.ts";
import { guarded } from "./support/guard.ts";
import { requireHealth, type WatchStart } from "./support/health.ts";
import { gapJudge, receiverJudge } from "./support/judge.ts";
import { lead } from "./support/lead.ts";
import { countBounds, declareCounters, measures } from "./support/metrics.ts";
import { pause } from "./support/pause.ts";
import { compareWhileLoaded, openRun, type Run } from "./support/run.ts";
import { settingsOf } from "./support/told.ts";

const config = settingsOf("websocket");
const load = config.load;
if (load.kind !== "visitors") throw "websocket subscribes: it publishes nothing";
const stream = once(() => streamOf({ seed: config.SEED, chains: config.CHAINS }));
countBounds(config);
const metrics = measures("everywhere", "websocket", "account", "health");
const access = new Access(config, "WS");
const { WS_URL: url, WS_PROTOCOLS: protocols, WS_DEFLATE: deflate } = config;
const door = new Door({ url, protocols, deflate }, access);

const churns = config.SCENARIO === "churn";
const clients = Math.max(1, Math.round(peakOf(load.shape)));
const churn = {
  ...{ clients, stays: config.SESSION, length: lengthOf(load.shape) },
  rate: config.SESSION_RATE ?? ownRate(clients, config.SESSION),
};
if (config.SESSION_RATE !== undefined && !churns) throw `SESSION_RATE=${config.SESSION_RATE}: only with SCENARIO=churn`;
const excess = excessOf(churn);
if (churns && excess !== null) throw excess;
if (config.SLOW_READERS > 0 && socketModule() === null)
  throw `SLOW_READERS=${config.SLOW_READERS}: k6 reads all there is; allowed: with dist/sockets.js and bin/k6`;

export const options = {
  ...lead?.optionsOf(config, churns ? "comeAndGo" : "hold"),
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

/** Virtual users that come within so long of the start come together; a load that rises spreads them by itself. */
const TOGETHER_MS = 1_000;
/** They open their connections in turn: a hundred at once would keep one of them from all else. */
const together = Math.max(1, Math.ceil((load.shape[0]?.from ?? 0) / config.INSTANCES));

/** One connection proves the gateway before there is any load. */
export async function setup(): Promise<Run & WatchStart> {
  declareCounters();
  const watched = requireHealth(config);
  await proveGateway();
  return { ...openRun(config, "subscriber", { variants: stream().variants }), ...watched };
}

/** Holds its connections for the whole profile, or until the load falls. */
export const hold = guarded(metrics.script_errors, async (run: Run) => {
  const started = exec.scenario.startTime;
  const areTogether = Date.now() - started < TOGETHER_MS;
  if (areTogether) sleep(opensAfter(exec.scenario.iterationInInstance, config.OPENING_RATE));
  const elapsed = (Date.now() - started) / 1000;
  const spread = ((exec.vu.idInTest % 100) / 100) * SHORT_SESSION_SECONDS;
  const falls = fallsAt(load.shape, elapsed);
  const ends = falls - elapsed > 2 * SHORT_SESSION_SECONDS && falls < lengthOf(load.shape) ? falls - spread : falls;
  await listen(run, started + Math.max(ends, elapsed + SHORT_SESSION_SECONDS) * 1000, {}, areTogether ? together : 1);
});

/** Comes when it is due, stays for a moment and leaves; k6 starts it over and over. */
export const comeAndGo = guarded(metrics.script_errors, async (run: Run) => {
  if (settled) {
    sleep(1);
    return;
  }
  const started = exec.scenario.startTime;
  const client = placeOfClient() + 1;
  const due = nextDue(churn, client, turn, (Date.now() - started) / 1000);
  if (due === null) {
    sleep(1);
    return;
  }
  turn = due.turn + 1;
  metrics.ws_sessions_missed.add(due.missed, due.missed);
  await pause(started + due.at * 1000 - Date.now());
  const shares = { vanish: config.VANISH_SHARE, resubscribe: config.RESUBSCRIBE_SHARE };
  const { vanishes, resubscribes } = mannerOf(churn, client, due.turn, shares);
  const middle = started + ((due.at + due.until) / 2) * 1000;
  const manner = { vanishes, resubscribesAt: resubscribes ? middle : undefined };
  const subscribed = await listen(run, started + due.until * 1000, manner);
  metrics.ws_sessions_missed.add(subscribed ? 0 : 1);
  if (vanishes) metrics.ws_sessions_vanished.add(1);
});

/** The first turn that this client has not had. */
let turn = 0;
let place: number | null = null;

/** Which of the clients this is, from 0: the number of its first iteration, because ids are taken by others too. */
function placeOfClient(): number {
  place ??= exec.scenario.iterationInTest % clients;
  return place;
}

/** Beside the load: compares clocks with the receiver. */
export const compareClock = compareWhileLoaded(config, "subscriber", { lateness: metrics.generator_lateness_ms });

export const teardown = lead?.endRun(config, metrics, "subscriber");

export const handleSummary = lead?.summaryOf(config, notesOf);

/** What became of clients that are not the well-behaved ones that stay. */
function notesOf({ metrics: measured }: K6Data): string[] {
  const countOf = (metric: string) => measured[metric]?.values["count"] ?? 0;
  const notes: string[] = [];
  if (churns) {
    const [missed, asked] = [countOf("ws_sessions_missed"), countOf("ws_sessions_missed_samples")];
    const how = socketModule() === null ? "with a closing frame but no unsubscribe" : "without a word";
    notes.push(
      `${asked - missed} of ${asked} sessions that were asked for came to be subscribed; ` +
        `${countOf("ws_sessions_vanished")} left ${how}, ${countOf("ws_resubscribed")} subscribed anew on their connection`,
    );
  }
  if (config.SLOW_READERS > 0) {
    notes.push(
      `clients that read ${config.SLOW_READ_RATE} kB/s: ${countOf("ws_slow_events")} events read and judged by nobody, ` +
        `${countOf("ws_slow_sessions_lost")} connections ended by the gateway`,
    );
  }
  return notes;
}

let settled = false;

/**
 * Subscribes until a moment in Unix ms; once the run is settled there is nothing to listen to.
 *
 * @param turn virtual users that open their connections in turn.
 * @returns whether a subscription was live.
 */
async function listen(run: Run, until: number, manner: Manner = {}, turn = 1): Promise<boolean> {
  if (settled) {
    sleep(1);
    return true;
  }
  const isSlow = isAmong(placeOfClient(), config.SLOW_READERS);
  socketModule()?.follow(isSlow ? config.SLOW_READ_RATE * 1000 : 0);
  const judge =
    config.RECEIVER_URL === undefined ? gapJudge(stream(), run.number, metrics) : receiverJudge(config, run);
  const subscriber = new Subscriber(config, door, metrics, run, judge, samplesPerSecond, { ...manner, isSlow });
  await subscriber.hold(until, turn);
  settled = subscriber.settled;
  return subscriber.subscribed;
}

async function proveGateway(): Promise<void> {
  await access.ready();
  let failed: string | null = null;
  const everything = { chains: [], event_types: [], accounts: [], program_ids: [] };
  const end = await new Promise<SessionEnd>((over) => {
    const session: Session = new Session(
      config,
      ownSockets(door),
      everything,
      { until: elapsed() + 60_000, pingEvery: config.PING_EVERY * 1000, agenda: new Agenda(elapsed) },
      {
        operation: (operation, failure) => {
          if (failure !== null) failed ??= `${operation}: ${failure}`;
        },
        live: () => void setTimeout(() => session.end(), 0),
        leaving: () => undefined,
        unsubscribed: () => undefined,
        event: () => undefined,
        strange: () => undefined,
        over,
      },
    );
  });
  if (failed !== null || end !== "ended") {
    const answer = door.statusNow();
    access.requireAdmission(answer, `GET ${config.WS_URL}`);
    const why = `no working gateway: ${failed ?? `the connection ${end}`}${statusOf(answer, failed)}`;
    exec.test.abort(withoutCredentials(`WS_URL=${config.WS_URL}: ${why}`));
  }
}

/** What an upgrade that was refused is answered with, which k6 does not tell. */
function statusOf({ status }: { readonly status: number }, failed: string | null): string {
  if (failed?.endsWith(BAD_HANDSHAKE) !== true || status < 300) return "";
  return `, status ${status}${status === 404 ? ": is the path of WS_URL right?" : ""}`;
}
