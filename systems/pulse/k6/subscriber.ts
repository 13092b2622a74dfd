import exec from "k6/execution";
import { setTimeout } from "k6/timers";
import { withoutCredentials } from "../../../core/redaction.ts";
import type { PathReport } from "../../../core/report.ts";
import { Words } from "../../../core/words.ts";
import { PathLog, readThrough } from "../../../k6/support/arrivals.ts";
import { backoff } from "../../../k6/support/backoff.ts";
import { BAD_HANDSHAKE, type Door } from "../../../k6/support/door.ts";
import { isShortage } from "../../../k6/support/host.ts";
import type { ReportArrivals } from "../../../k6/support/judge.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { Pace } from "../../../k6/support/pace.ts";
import { pause } from "../../../k6/support/pause.ts";
import { clockCorrection, type Run } from "../../../k6/support/run.ts";
import { tellWords } from "../../../k6/support/words.ts";
import { type Variant, variants } from "../events.ts";
import { type Filter, type FilterField, filterAt } from "../filters.ts";
import { type OpeningRate, opensAfter } from "../opening.ts";
import { Connection } from "./connection.ts";
import { Inspection } from "./inspection.ts";
import { Intake, type TakesEvents } from "./intake.ts";
import type { Operation } from "./operations.ts";
import { ownSockets } from "./ownsocket.ts";
import type { Reader } from "./reader.ts";
import { socketModule } from "./rudeness.ts";
import { Session, type SessionEnd, type SessionSettings } from "./session.ts";
import type { SessionSocket, SocketSource } from "./sessionparts.ts";

export interface SubscriberSettings extends SessionSettings {
  readonly SEED: number;
  readonly CHAINS: readonly string[];
  readonly SOCKETS: number;
  readonly INSTANCES: number;
  readonly OPENING_RATE: OpeningRate;
  readonly FILTERS: readonly string[];
  /** Fields that complex filters name. */
  readonly FILTER_FIELDS: readonly FilterField[];
  readonly END_WHEN_SETTLED: boolean;
  readonly test: string;
  readonly RECEIVER_URL: string | undefined;
}

type Measures = ReturnType<typeof measures<"websocket" | "everywhere">>;

/** The longest pause between two reports. */
const REPORT_MS = 1_000;
/** So many arrivals are reported without waiting for more: to write them takes 5 ms, in which frames wait. */
const REPORTED_TOGETHER = 5_000;

/** How the sessions of a virtual user go. */
export interface Manner {
  /** Unix ms at which each unsubscribes and subscribes again. */
  readonly resubscribesAt?: number | undefined;
  /** They leave without a word. */
  readonly vanishes?: boolean;
  /** They read so slowly that what they are told is judged by nobody. */
  readonly isSlow?: boolean;
}

/** Subscriptions that this virtual user has opened, over all its iterations: no two may share a name. */
let opened = 0;

/** The subscriptions of one virtual user: holds its connections and accounts for what they receive. */
export class Subscriber {
  private readonly config: SubscriberSettings;
  private readonly door: Door;
  private readonly measure: Measures;
  private readonly run: Run;
  private readonly judge: ReportArrivals;
  private readonly manner: Manner;
  private readonly isSlow: boolean;
  private readonly all: readonly Variant[];
  private readonly inspection: Inspection;
  /** Of the messages that this script is handed. */
  private readonly intake: Intake;
  /** Reads what this script is not handed. */
  private readonly reader: Reader | null;
  private readonly source: SocketSource;
  /** Where all events are kept. */
  private readonly events: TakesEvents;
  private readonly correction: number;
  /** Which subscriber this is. Virtual users have no such number: those beside the load take ids in between. */
  private readonly place = exec.scenario.iterationInTest;
  private readonly logs = new Set<PathLog>();
  private readonly sessions = new Set<Session>();
  private readonly words = new Words();
  private finished: PathReport[] = [];
  private longestPause = -1;
  private isDraining = false;
  private runIsSettled = false;
  private wasLive = false;
  private hasNews = false;
  private hasEnded = false;
  private readonly pace: Pace;
  /** Subscriptions on which nothing has arrived. */
  private readonly unreached = new Set<PathLog>();
  private wake: () => void = () => undefined;

  /**
   * @param samplesPerSecond latencies that this virtual user may keep one by one; a share of one where it is one of many.
   * @param manner how its sessions go, where they do not stay for the whole load and behave.
   */
  constructor(
    config: SubscriberSettings,
    door: Door,
    measure: Measures,
    run: Run,
    judge: ReportArrivals,
    samplesPerSecond: number,
    manner: Manner = {},
  ) {
    this.manner = manner;
    this.isSlow = manner.isSlow === true;
    this.config = config;
    this.pace = new Pace(REPORT_MS, config.INSTANCES);
    this.door = door;
    this.measure = measure;
    this.run = run;
    this.judge = judge;
    const workload = { seed: config.SEED, chains: config.CHAINS };
    this.all = variants(workload);
    this.inspection = new Inspection(workload, this.all, measure, run.number);
    this.correction = clockCorrection(run);
    this.intake = new Intake(this.inspection, this.correction, samplesPerSecond);
    const module = socketModule();
    const settings = { judges: !this.isSlow, samplesPerSecond, enough: REPORTED_TOGETHER, correction: this.correction };
    const news = (first: boolean, enough: boolean) => this.toldNews(first, enough);
    this.reader = module === null ? null : module.reader(door, this.inspection, settings, news);
    this.source = this.reader ?? ownSockets(door);
    this.events = this.reader ?? this.intake;
  }

  /** Whether the receiver has settled the run and nothing more is to come. */
  get settled(): boolean {
    return this.runIsSettled;
  }

  /** Holds all connections until a moment in Unix ms, and opens anew those that the gateway ends. */
  async hold(until: number): Promise<void> {
    const slots = Array.from({ length: this.config.SOCKETS }, (_, slot) => this.keepConnected(slot, until));
    let open = true;
    const over = Promise.all(slots).finally(() => {
      open = false;
      this.wake();
    });
    while (open) {
      const due = Date.now() + this.pace.pause;
      await this.reportIsDue();
      this.paused(Math.max(0, Date.now() - due));
      await this.report();
    }
    await over;
    await this.report();
  }

  /** Waits until it is time for a report, or there is enough for one. */
  private async reportIsDue(): Promise<void> {
    if (this.hasNews) return;
    await new Promise<void>((resolve) => {
      // Not cleared when it is not needed: where it is due already, k6 takes the next timer for it.
      setTimeout(resolve, this.pace.pause);
      this.wake = resolve;
    });
    this.pace.slowDown();
  }

  /** The run waits for what is reported next. */
  private hurry(): void {
    if (this.pace.hurry()) setTimeout(() => this.wake(), this.pace.pause);
  }

  private reportSoon(): void {
    this.hasNews = true;
    this.wake();
  }

  /** Only what is longer than all before is a sample: k6 would hold one for each second of each virtual user. */
  private paused(milliseconds: number): void {
    if (milliseconds <= this.longestPause) return;
    this.longestPause = milliseconds;
    this.measure.generator_pause_ms.add(milliseconds);
  }

  private async keepConnected(slot: number, until: number): Promise<void> {
    if (slot > 0) await pause(opensAfter(slot, this.config.OPENING_RATE) * 1000);
    const { FILTERS, FILTER_FIELDS, SOCKETS } = this.config;
    const filter = filterAt(this.place * SOCKETS + slot, FILTERS, this.all, FILTER_FIELDS);
    for (let failures = 0; Date.now() < until && !this.runIsSettled; ) {
      if (this.door.isDue) await this.door.ready();
      const leaves = Math.min(until, this.door.endsAt);
      const end = await this.connect(filter, leaves);
      if (end === "renewed" || (end === "ended" && leaves < until && !this.runIsSettled)) continue;
      if (end === "ended") return;
      failures = end === "failed" ? failures + 1 : 0;
      await this.unlessSettled(Math.min(until, Date.now() + backoff(failures)));
    }
  }

  /** Waits until a moment in Unix ms; there is nothing to wait for once the run is settled. */
  private async unlessSettled(moment: number): Promise<void> {
    do await pause(Math.min(REPORT_MS, moment - Date.now()));
    while (Date.now() < moment && !this.runIsSettled);
  }

  /** One connection from its opening to its end. */
  private async connect(filter: Filter, until: number): Promise<SessionEnd | "renewed"> {
    const connection = new Connection(this, filter);
    this.measure.ws_connections_total.add(1);
    const { resubscribesAt, vanishes } = this.manner;
    // A goodbye would be answered behind all that is still to be read.
    const vanish = vanishes === true || this.isSlow ? () => this.vanish() : undefined;
    const session = new Session(this.config, this.source, filter, { until, resubscribesAt, vanish }, connection);
    this.sessions.add(session);
    const end = await session.over;
    this.sessions.delete(session);
    if (connection.log !== null) {
      this.finish(connection, end === "lost");
      if (!this.isSlow) this.measure.ws_sessions_lost.add(end === "lost" ? 1 : 0);
      else if (end === "lost") this.measure.ws_slow_sessions_lost.add(1);
    }
    if (end === "lost") this.words.count("closed", session.closedWith ?? "");
    if (end !== "failed" || session.closedWith !== BAD_HANDSHAKE) return end;
    const { status, renewed } = await this.door.refused();
    this.words.count("refused", status === 0 ? "the handshake" : `the handshake with ${status}`);
    return renewed ? "renewed" : end;
  }

  /** All its connections are gone from one moment to the next, as those of a client whose process ends. */
  private vanish(): void {
    const sockets = socketModule();
    for (const session of this.sessions) session.abandon(sockets === null);
    sockets?.vanish();
  }

  /** It listened until it said goodbye, however much later this is reported; what still waits has not been read. */
  private finish({ log, leftAt }: Connection, lost: boolean): void {
    if (log === null) return;
    this.events.read();
    this.left(log);
    this.hasEnded = true;
    const read = readThrough(Date.now(), log.lag ?? this.intake.lag);
    this.finished.push(log.take(Math.min(leftAt ?? read, read) + this.correction, true, lost));
  }

  /** A subscription is over, and another one follows on its connection. */
  unsubscribed(connection: Connection): void {
    this.measure.ws_resubscribed.add(1);
    this.finish(connection, false);
  }

  /** Whether a subscription of it has ever been live. */
  get subscribed(): boolean {
    return this.wasLive;
  }

  /** A subscription has become live. */
  opened(filter: Filter, socket: SessionSocket): PathLog {
    this.wasLive = true;
    const name = `${this.run.instance}/${exec.vu.idInTest}/${++opened}`;
    const now = Date.now();
    const log = new PathLog(name, filter, now + this.correction, socket.arrivals);
    socket.arrivals?.listen(now, log.head);
    this.logs.add(log);
    if (socket.arrivals === undefined) this.unreached.add(log);
    this.hurry();
    // The one before is reported as over: the receiver might settle the run before it knows of this one.
    if (this.hasEnded) this.reportSoon();
    return log;
  }

  /** A subscription is about to end: it is reported once more, when it is over. */
  left(log: PathLog): void {
    this.logs.delete(log);
    this.unreached.delete(log);
    log.leave();
  }

  /** An operation of a session was answered. */
  operated(operation: Operation, failure: string | null, milliseconds: number): void {
    const { measure } = this;
    if (operation === "connect" && isShortage(measure, failure)) return;
    // Answers wait behind what it has not read yet: that they come late is its own doing.
    if (this.isSlow && operation !== "connect") return;
    measure.ws_error_rate.add(failure !== null);
    if (operation === "connect") measure.ws_connection_errors_total.add(failure === null ? 0 : 1);
    if (failure !== null) {
      console.warn(withoutCredentials(`${operation} failed: ${failure}`));
    } else if (operation === "connect") measure.ws_connect_latency_ms.add(milliseconds);
    else if (operation === "subscribe") measure.ws_subscription_latency_ms.add(milliseconds);
    else if (operation === "ping") measure.ws_ping_latency_ms.add(milliseconds);
  }

  /** The gateway said something that is no event and no answer. */
  told(what: string): void {
    this.words.count("said", what);
  }

  /** A message with events came; `log` is null before the subscription was confirmed. */
  arrived(log: PathLog | null, message: string, readAt: number): void {
    if (this.isSlow) this.intake.count(message);
    else this.intake.add(log, message, readAt);
    const first = log !== null && this.unreached.delete(log);
    this.toldNews(first, this.intake.size >= REPORTED_TOGETHER);
  }

  private toldNews(first: boolean, enough: boolean): void {
    if (first) this.hurry();
    if (enough) this.reportSoon();
  }

  private async report(): Promise<void> {
    const { measure, isSlow } = this;
    this.hasNews = false;
    this.events.read();
    const { lag } = this.intake;
    const { events, foreign: unidentified, samples } = this.events.take();
    this.inspection.enter(samples);
    (isSlow ? measure.ws_slow_events : measure.ws_events_received).add(events);
    measure.ws_active_connections.add(this.logs.size * exec.instance.vusActive);
    const now = Date.now();
    const all = [...this.finished.splice(0), ...this.due(readThrough(now, lag) + this.correction)];
    const written = this.reader?.reports(now + this.correction, this.isDraining);
    // A path that nobody hears of is judged by nobody; whether the run is settled is asked all the same.
    const { draining, settled, damaged, foreign } = await this.judge(
      isSlow ? [] : all,
      this.inspection.takeDamages(),
      unidentified,
      isSlow ? "" : written,
    );
    if (!this.words.isEmpty) await tellWords(this.config, this.run, this.words);
    if (draining && !this.isDraining) this.hurry();
    this.isDraining = draining;
    measure.ws_events_foreign.add(unidentified + foreign);
    measure.ws_events_damaged.add(damaged, damaged);
    if (!settled || !this.config.END_WHEN_SETTLED) return;
    this.runIsSettled = true;
    for (const session of this.sessions) session.end();
  }

  /** What this script reports; the reader reports the rest. */
  private due(through: number): PathReport[] {
    const reports: PathReport[] = [];
    if (this.reader !== null) return reports;
    // Once all is published the run waits for the word of every path, and its signs of life are seconds apart.
    for (const log of this.logs) if (this.isDraining || log.isDue(through)) reports.push(log.take(through, false));
    return reports;
  }
}
