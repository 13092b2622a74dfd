import exec from "k6/execution";
import { identitiesIn } from "../../core/identity.ts";
import { combinations } from "../../core/made.ts";
import { type AnyPipeline, type Closable, environmentOf } from "../../core/pipeline.ts";
import { lengthOf } from "../../core/shape.ts";
import { eventId } from "../../core/trace.ts";
import { defineTestsOf, subscribersOf } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { enterAccount } from "../support/account.ts";
import { PathLog } from "../support/arrivals.ts";
import { backoff } from "../support/backoff.ts";
import { certificatesOf } from "../support/certificates.ts";
import { guarded, reasonOf } from "../support/guard.ts";
import { enterHealth, requireHealth, type WatchStart } from "../support/health.ts";
import { isShortage } from "../support/host.ts";
import { type ReportArrivals, receiverJudge } from "../support/judge.ts";
import { declareCounters, measures } from "../support/metrics.ts";
import { optionsOf } from "../support/options.ts";
import { pause } from "../support/pause.ts";
import { clockCorrection, compareWhileLoaded, openRun, type Run, settleRun } from "../support/run.ts";
import { type Settings, settings } from "../support/settings.ts";
import { summaryOf } from "../support/summary.ts";
import { filterOf } from "./publisher.ts";

const REPORT_MS = 500;

/** The test that holds the subscriptions of a pipeline: each virtual user one connection. */
export function subscribersTest(pipeline: AnyPipeline) {
  const { observe } = pipeline;
  if (observe.kind !== "subscription")
    throw `pipeline ${pipeline.name}: observe is no subscription, but ${observe.kind}`;
  const { open } = observe;
  defineTestsOf(pipeline);
  const config = settings(subscribersOf(pipeline.name) as RunnableTest) as unknown as Settings<"websocket">;
  const { load } = config;
  if (load.kind !== "visitors") throw `${config.test} subscribes: it publishes nothing`;
  const metrics = measures("everywhere", "websocket", "account", "health");
  const paths = Object.entries(observe.paths);
  const variants = combinations(pipeline.events.attributes);
  let settled = false;
  let opened = 0;

  async function listen(run: Run): Promise<void> {
    const until = exec.scenario.startTime + lengthOf(load.kind === "visitors" ? load.shape : []) * 1000;
    const [path, selection] = paths[exec.scenario.iterationInTest % paths.length] as (typeof paths)[number];
    const judge = receiverJudge(config, run);
    const correction = clockCorrection(run);
    for (let failures = 0; !settled && Date.now() < until; ) {
      const connection = new Connection(metrics, run, correction);
      metrics.ws_connections_total.add(1);
      const env = environmentOf(pipeline, __ENV);
      const name = `${run.instance}/${path}/${exec.vu.idInTest}/${++opened}`;
      let socket: Closable | null = null;
      try {
        socket = open({
          env,
          path,
          selection,
          live: () => connection.live(name, filterOf(selection)),
          arrived: (text, at) => connection.arrived(text, at ?? Date.now()),
          failed: (why) => connection.failed(why),
        });
      } catch (problem) {
        connection.failed(reasonOf(problem));
      }
      while (connection.failure === null && !settled && Date.now() < until) {
        await pause(REPORT_MS);
        settled = await connection.report(judge, false);
      }
      const wasLive = connection.log !== null;
      // Nothing that the far end did, so that no error of it is told.
      const isOurs = !wasLive && isShortage(metrics, connection.failure);
      if (wasLive) isShortage(metrics, null);
      await connection.report(judge, true);
      socket?.close();
      if (wasLive) metrics.ws_sessions_lost.add(connection.failure === null ? 0 : 1);
      if (!isOurs) metrics.ws_connection_errors_total.add(wasLive ? 0 : 1);
      if (!isOurs) metrics.ws_error_rate.add(connection.failure !== null);
      failures = wasLive ? 0 : failures + 1;
      if (connection.failure !== null) {
        console.warn(`${path}: ${connection.failure}`);
        await pause(backoff(failures));
      }
    }
  }

  return {
    options: { ...optionsOf(config, "listen"), ...certificatesOf(config, "TLS") },
    setup(): Run & WatchStart {
      declareCounters();
      const watched = requireHealth(config);
      return { ...openRun(config, "subscriber", { variants }), ...watched };
    },
    listen: guarded(metrics.script_errors, listen),
    compareClock: compareWhileLoaded(config, "subscriber", { lateness: metrics.generator_lateness_ms }),
    teardown(run: Run & WatchStart): void {
      enterHealth(config, metrics, run);
      if (config.RECEIVER_URL !== undefined) enterAccount(metrics, settleRun(config, run, "subscriber"), config.slos);
    },
    handleSummary: summaryOf(config),
  };
}

type Measures = ReturnType<typeof measures<"websocket">>;

/** One connection from its opening to its end. */
class Connection {
  log: PathLog | null = null;
  failure: string | null = null;
  private readonly measure: Measures;
  private readonly run: Run;
  private readonly correction: number;
  private longestLag = 0;

  constructor(measure: Measures, run: Run, correction: number) {
    this.measure = measure;
    this.run = run;
    this.correction = correction;
  }

  live(name: string, filter: Readonly<Record<string, readonly string[]>>): void {
    this.log ??= new PathLog(name, filter, Date.now() + this.correction);
  }

  failed(why: string): void {
    this.failure ??= why;
  }

  arrived(text: string, readAt: number): void {
    const at = readAt + this.correction;
    const { identities, damaged } = identitiesIn(text, { runs: [this.run.number ?? 0], at });
    this.measure.ws_events_received.add(1);
    this.measure.ws_events_damaged.add(damaged, Math.max(1, identities.length + damaged));
    this.longestLag = Math.max(this.longestLag, Date.now() - readAt);
    this.measure.generator_lag_ms.add(Math.max(0, Date.now() - readAt));
    if (this.log === null || identities.length === 0) this.measure.ws_events_foreign.add(1);
    // What knows no time of publishing is told as if it had taken none.
    for (const one of identities) this.log?.record(eventId({ ...one, publishedAt: one.publishedAt ?? at }), at);
  }

  /** @returns whether the run is settled, so that nothing more is to come. */
  async report(judge: ReportArrivals, closed: boolean): Promise<boolean> {
    const { log } = this;
    const through = Date.now() + this.correction;
    if (log === null || (!closed && !log.isDue(through))) return (await judge([], [], 0)).settled;
    const { settled } = await judge([log.take(through, closed)], [], 0);
    return settled;
  }
}
