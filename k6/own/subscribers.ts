import exec from "k6/execution";
import { clearTimeout, setTimeout } from "k6/timers";
import type { Stream } from "../../core/event.ts";
import { filterOf } from "../../core/filter.ts";
import { variantsOf } from "../../core/made.ts";
import type { Closable } from "../../core/observe.ts";
import { environmentOf } from "../../core/ownvariables.ts";
import { reportedName } from "../../core/pathname.ts";
import { type AnyPipeline, damageIn, promisedIn, subscribersOf } from "../../core/pipeline.ts";
import { safeMessageOf } from "../../core/redaction.ts";
import { lengthOf } from "../../core/shape.ts";
import { Words } from "../../core/words.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { backoff } from "../support/backoff.ts";
import { elapsed, momentOf } from "../support/clock.ts";
import { concealed, guarded } from "../support/guard.ts";
import { requireHealth, type WatchStart } from "../support/health.ts";
import { isShortage } from "../support/host.ts";
import { type ArrivalJudge, receiverJudge } from "../support/judge.ts";
import { lead } from "../support/lead.ts";
import { declareCounters, measures } from "../support/metrics.ts";
import { Pace } from "../support/pace.ts";
import { pause } from "../support/pause.ts";
import { clockCorrection, compareWhileLoaded, openRun, type Run } from "../support/run.ts";
import type { Settings } from "../support/settings.ts";
import { settingsOf } from "../support/told.ts";
import { tellWords } from "../support/words.ts";
import { OwnAccess } from "./access.ts";
import { Connection, type DamageJudge } from "./connection.ts";

/** The longest pause between two reports. */
const REPORT_MS = 500;
/** A far end that says nothing for so long before the load has not refused us. */
const ADMISSION_MS = 5_000;

/** Up to so many paths are told apart in what was said. */
const NAMED_PATHS = 10;

/** How the connection before the load ended: live, refused with words, or neither in time. */
type Admission = { readonly kind: "live" } | { readonly kind: "refused" | "silent"; readonly text: string };
const LIVE: Admission = { kind: "live" };
const SILENT: Admission = { kind: "silent", text: `open() has not called live() within ${ADMISSION_MS / 1000} s` };

/** What a connection reports. */
interface ConnectionListener {
  live(): void;
  arrived(text: string, at?: number): void;
  failed(why: string): void;
}

/** The test that holds the subscriptions of a pipeline: each virtual user one connection. */
export function subscribersTest(pipeline: AnyPipeline) {
  const { observe } = pipeline;
  if (observe.kind !== "subscription")
    throw `pipeline ${pipeline.name}: observe is no subscription, but ${observe.kind}`;
  const { open } = observe;
  lead?.defineTestsOf(pipeline);
  const config = settingsOf(subscribersOf(pipeline.name) as RunnableTest) as unknown as Settings<"websocket">;
  const { load } = config;
  if (load.kind !== "visitors") throw `${config.test} subscribes: it publishes nothing`;
  const metrics = measures("everywhere", "websocket", "account", "health");
  const paths = Object.entries(observe.paths);
  const variants = variantsOf(pipeline.events);
  const access = new OwnAccess(config, pipeline);
  const damageIn = damageJudge(pipeline, { seed: config.SEED, variants });
  const words = new Words();
  let settled = false;
  let opened = 0;

  async function listen(run: Run): Promise<void> {
    const until = momentOf(exec.scenario.startTime + lengthOf(load.kind === "visitors" ? load.shape : []) * 1000);
    const [path, selection] = paths[exec.scenario.iterationInTest % paths.length] as (typeof paths)[number];
    const judge = receiverJudge(config, run);
    const correction = clockCorrection(run);
    for (let failures = 0; !settled && elapsed() < until; ) {
      await access.ready();
      const connection = new Connection(metrics, run, correction, damageIn);
      metrics.ws_connections_total.add(1);
      const name = reportedName(run.instance, { to: path, connection: exec.vu.idInTest, opened: ++opened });
      const socket = tryToOpen(path, selection, {
        live: () => connection.live(name, filterOf(selection)),
        arrived: (text, at) => connection.arrived(text, at),
        failed: (why) => connection.failed(why),
      });
      await hold(run, connection, Math.min(until, momentOf(access.endsAt)), judge);
      const { failure } = connection;
      const wasLive = connection.log !== null;
      // Nothing that the far end did, so that no error of it is told.
      const isOurs = !wasLive && isShortage(metrics, failure);
      if (wasLive) isShortage(metrics, null);
      settled = (await connection.report(judge, true)).settled;
      socket?.close();
      if (wasLive) connection.enterEnd();
      if (!isOurs) metrics.ws_connection_errors_total.add(wasLive ? 0 : 1);
      if (!isOurs) metrics.ws_error_rate.add(failure !== null);
      failures = wasLive ? 0 : failures + 1;
      if (failure === null) continue;
      const renewed = await tell(path, failure, wasLive);
      await tellWords(config, run, words);
      if (!renewed) await unlessSettled(judge, Math.min(until, elapsed() + backoff(failures)));
    }
  }

  /** Waits until a moment; there is nothing to wait for once the run is settled. */
  async function unlessSettled(judge: ArrivalJudge, moment: number): Promise<void> {
    while (!settled && elapsed() < moment) {
      await pause(Math.min(REPORT_MS, moment - elapsed()));
      settled = (await judge([], [], 0)).settled;
    }
  }

  function tryToOpen(path: string, selection: object, told: ConnectionListener): Closable | null {
    let opened: Closable;
    try {
      opened = open({ env: environmentOf(pipeline, __ENV), path, selection, access, ...told });
    } catch (problem) {
      told.failed(safeMessageOf(problem));
      return null;
    }
    if (typeof (opened as Closable | undefined)?.close === "function") return opened;
    throw new RangeError(`pipeline ${pipeline.name}: observe.open: returns nothing that has a close()`);
  }

  /**
   * One connection shows before the load that we are let in: a load would find nobody. Whatever else is wrong with it,
   * the load tells.
   */
  async function requireAdmission(): Promise<Admission> {
    await access.ready();
    const [path, selection] = paths[0] as (typeof paths)[number];
    let socket: Closable | null = null;
    const admission = await new Promise<Admission>((resolve) => {
      const timer = setTimeout(() => resolve(SILENT), ADMISSION_MS);
      const end = (how: Admission) => {
        clearTimeout(timer);
        resolve(how);
      };
      const failed = (text: string) => end({ kind: "refused", text });
      socket = tryToOpen(path, selection, { live: () => end(LIVE), arrived: () => undefined, failed });
    });
    const { status } = admission.kind === "refused" ? await access.refusedOpening(admission.text) : { status: 0 };
    access.requireAdmission({ status }, `the handshake of path ${path}`);
    // k6 stands still in closing a socket that is not open yet.
    if (isConnecting(socket))
      exec.test.abort(`path ${path}: nobody answers its handshake within ${ADMISSION_MS / 1000} s`);
    (socket as Closable | null)?.close();
    return admission;
  }

  /** Listens until a moment, or until the connection or the run is over. */
  async function hold(run: Run, connection: Connection, leaves: number, judge: ArrivalJudge): Promise<void> {
    const pace = new Pace(REPORT_MS, config.INSTANCES);
    pace.hurry();
    for (let wasDraining = false; connection.failure === null && !settled && elapsed() < leaves; ) {
      // A connection that its token ends a moment later is a lost one.
      connection.late = await pause(Math.min(pace.pause, leaves - elapsed()));
      pace.slowDown();
      const answer = await connection.report(judge, false);
      if (answer.draining && !wasDraining) pace.hurry();
      wasDraining = answer.draining;
      settled = answer.settled;
      const stranger = connection.takeStranger();
      if (stranger === null) continue;
      words.count("said", stranger);
      await tellWords(config, run, words);
    }
  }

  /** Counts how a connection ended. @returns whether another token is at hand, so that there is nothing to wait for. */
  async function tell(path: string, failure: string, wasLive: boolean): Promise<boolean> {
    if (wasLive) {
      words.count("closed", failure);
      return false;
    }
    const { status, renewed } = await access.refusedOpening(failure);
    words.count("refused", ofPath(path, status === 0 ? failure : `the handshake with ${status}`));
    return renewed;
  }

  /** What was said to one of few paths. Of many, each would fill a line of its own with the same. */
  function ofPath(path: string, said: string): string {
    return paths.length > 1 && paths.length <= NAMED_PATHS ? `${path}: ${said}` : said;
  }

  return {
    options: { ...lead?.optionsOf(config, "listen"), ...access.options },
    setup: concealed(async (): Promise<Run & WatchStart> => {
      declareCounters();
      const watched = requireHealth(config);
      const admission = await requireAdmission();
      const run = openRun(config, "subscriber", { variants, order: promisedIn(pipeline) });
      // The publisher waits for us in vain, and says why.
      const [path] = paths[0] as (typeof paths)[number];
      if (admission.kind !== "live") words.count(admission.kind, ofPath(path, admission.text));
      await tellWords(config, run, words);
      return { ...run, ...watched };
    }),
    listen: guarded(metrics.script_errors, listen),
    compareClock: compareWhileLoaded(config, "subscriber", { lateness: metrics.generator_lateness_ms }),
    teardown: lead?.endRun(config, metrics, "subscriber"),
    handleSummary: lead?.summaryOf(config),
  };
}

/** Null where a pipeline says nothing of damage. */
function damageJudge(pipeline: AnyPipeline, stream: Stream): DamageJudge | null {
  if (pipeline.damage === undefined) return null;
  return (text, identity, at) =>
    damageIn(pipeline, stream, text, { ...identity, publishedAt: identity.publishedAt ?? at });
}

/** Of sockets as k6 has them; what else a file opens is taken to be open. */
function isConnecting(socket: Closable | null): boolean {
  return socket !== null && "readyState" in socket && socket.readyState === 0;
}
