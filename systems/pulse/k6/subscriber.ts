import exec from "k6/execution";
import { withoutCredentials } from "../../../core/redaction.ts";
import type { PathLog } from "../../../k6/support/arrivals.ts";
import { backoff } from "../../../k6/support/backoff.ts";
import { elapsed, momentOf } from "../../../k6/support/clock.ts";
import { BAD_HANDSHAKE, type Door } from "../../../k6/support/door.ts";
import { isShortage } from "../../../k6/support/host.ts";
import type { ArrivalJudge } from "../../../k6/support/judge.ts";
import { pause } from "../../../k6/support/pause.ts";
import { clockCorrection, type Run } from "../../../k6/support/run.ts";
import { type Variant, variants } from "../events.ts";
import { type Filter, type FilterField, filterAt } from "../filters.ts";
import { type OpeningRate, opensAfter } from "../opening.ts";
import { Agenda } from "./agenda.ts";
import { Connection, type Listener } from "./connection.ts";
import { Inspection, type Measures } from "./inspection.ts";
import type { Operation } from "./operations.ts";
import { Plans } from "./plans.ts";
import { REPORT_MS, Reporter, type ReporterSettings } from "./reporter.ts";
import { socketModule } from "./rudeness.ts";
import type { Session, SessionSettings } from "./session.ts";
import type { SessionEnd, SessionSocket } from "./sessionparts.ts";

export interface SubscriberSettings extends SessionSettings, ReporterSettings {
  readonly SEED: number;
  readonly CHAINS: readonly string[];
  readonly SOCKETS: number;
  readonly OPENING_RATE: OpeningRate;
  /** Seconds. */
  readonly PING_EVERY: number;
  readonly FILTERS: readonly string[];
  /** Fields that complex filters name. */
  readonly FILTER_FIELDS: readonly FilterField[];
  readonly END_WHEN_SETTLED: boolean;
}

/** How the sessions of a virtual user go. */
export interface Manner {
  /** Unix ms at which each unsubscribes and subscribes again. */
  readonly resubscribesAt?: number | undefined;
  /** They leave without a word. */
  readonly vanishes?: boolean;
  /** They read so slowly that what they are told is judged by nobody. */
  readonly isSlow?: boolean;
}

/** The subscriptions of one virtual user: opens its connections, and opens anew those that the gateway ends. */
export class Subscriber implements Listener {
  private readonly config: SubscriberSettings;
  private readonly door: Door;
  private readonly measure: Measures;
  private readonly reporter: Reporter;
  private readonly isSlow: boolean;
  private readonly all: readonly Variant[];
  /** Which subscriber this is. Virtual users have no such number: those beside the load take ids in between. */
  private readonly place = exec.scenario.iterationInTest;
  private readonly sessions = new Set<Session>();
  private readonly agenda = new Agenda(elapsed);
  private readonly plans: Plans;
  /** The moment at which all is over. */
  private until = 0;
  /** Connections that are over, and that no other one follows. */
  private gone = 0;
  /** What kept a connection from being opened again: no fault of the gateway. */
  private failure: { readonly problem: unknown } | null = null;
  private runIsSettled = false;
  private wasLive = false;
  /** ms to add to a time here for that of the receiver's clock. */
  private readonly correction: number;

  /**
   * @param samplesPerSecond latencies that this virtual user may keep one by one; a share of one where it is one of many.
   * @param manner how its sessions go, where they do not stay for the whole load and behave.
   */
  constructor(
    config: SubscriberSettings,
    door: Door,
    measure: Measures,
    run: Run,
    judge: ArrivalJudge,
    samplesPerSecond: number,
    manner: Manner = {},
  ) {
    this.isSlow = manner.isSlow === true;
    // A goodbye would be answered behind all that is still to be read.
    const vanish = manner.vanishes === true || this.isSlow ? () => this.vanish() : undefined;
    this.plans = new Plans(this.agenda, config.PING_EVERY * 1000, manner.resubscribesAt, vanish);
    this.config = config;
    this.door = door;
    this.measure = measure;
    this.correction = clockCorrection(run);
    const workload = { seed: config.SEED, chains: config.CHAINS };
    this.all = variants(workload);
    const inspection = new Inspection(workload, this.all, measure, run.number);
    const reading = { samplesPerSecond, isSlow: this.isSlow };
    this.reporter = new Reporter(config, door, measure, run, judge, inspection, reading);
  }

  /** Whether the receiver has settled the run and nothing more is to come. */
  get settled(): boolean {
    return this.runIsSettled;
  }

  /** Whether a subscription of it has ever been live. */
  get subscribed(): boolean {
    return this.wasLive;
  }

  /**
   * Holds all connections until a moment in Unix ms, and reports what they receive.
   *
   * @param turn virtual users that open their connections in turn, this one among them.
   */
  async hold(until: number, turn = 1): Promise<void> {
    this.until = momentOf(until);
    this.keepAll(turn).catch((problem) => this.fail(problem));
    while (!this.areGone && this.failure === null) {
      await this.reporter.untilDue();
      await this.report();
    }
    if (this.failure !== null) for (const session of this.sessions) session.end();
    this.agenda.clear();
    if (this.failure !== null) throw this.failure.problem;
    await this.report();
  }

  /**
   * Opens one connection after the other. Where this machine is late, the rest are opened later by as much: in a rush,
   * it would be late for all that has been opened.
   */
  private async keepAll(turn: number): Promise<void> {
    const { SOCKETS, OPENING_RATE, FILTERS, FILTER_FIELDS } = this.config;
    let began = Date.now();
    for (let slot = 0; slot < SOCKETS; slot++) {
      if (slot > 0 && OPENING_RATE !== "max") {
        const due = began + opensAfter(slot * turn, OPENING_RATE) * 1000;
        await pause(due - Date.now());
        began += Math.max(0, Date.now() - due);
      }
      const filter = filterAt(this.place * SOCKETS + slot, FILTERS, this.all, FILTER_FIELDS);
      this.keep(new Connection(this, filter));
    }
  }

  /** No connection is open, and none is opened any more. */
  private get areGone(): boolean {
    return this.gone === this.config.SOCKETS;
  }

  private async report(): Promise<void> {
    const settled = await this.reporter.report();
    if (!settled || !this.config.END_WHEN_SETTLED) return;
    this.runIsSettled = true;
    for (const session of this.sessions) session.end();
  }

  /** Opens a connection when it is let in, while there is something to listen to. */
  private keep(connection: Connection): void {
    if (this.agenda.now() >= this.until || this.runIsSettled) {
      this.gone++;
      if (this.areGone) this.reporter.end();
    } else if (this.door.isDue) {
      this.door
        .ready()
        .then(() => this.open(connection))
        .catch((problem) => this.fail(problem));
    } else {
      this.open(connection);
    }
  }

  private open(connection: Connection): void {
    this.measure.ws_connections_total.add(1);
    const plan = this.plans.until(this.until, this.door.endsAt);
    try {
      this.sessions.add(connection.open(this.config, this.reporter.source, plan));
    } catch (problem) {
      this.fail(problem);
    }
  }

  private fail(problem: unknown): void {
    this.failure ??= { problem };
    this.reporter.end();
  }

  /** A connection is over: another one follows it, unless there is nothing more to listen to. */
  over(connection: Connection, session: Session, end: SessionEnd): void {
    this.sessions.delete(session);
    if (connection.log !== null) {
      this.finish(connection, end === "lost");
      const { ws_sessions_lost, ws_sessions_lost_at, ws_slow_sessions_lost } = this.measure;
      if (!this.isSlow) ws_sessions_lost.add(end === "lost" ? 1 : 0);
      else if (end === "lost") ws_slow_sessions_lost.add(1);
      if (!this.isSlow && end === "lost") ws_sessions_lost_at.add(Date.now() + this.correction);
    }
    if (end === "lost") this.reporter.words.count("closed", session.closedWith ?? "");
    if (end === "ended") this.keep(new Connection(this, connection.filter));
    else this.reopen(connection, session, end).catch((problem) => this.fail(problem));
  }

  private async reopen({ filter, failures }: Connection, { closedWith }: Session, end: SessionEnd): Promise<void> {
    const before = end === "failed" ? failures + 1 : 0;
    if (end !== "failed" || closedWith !== BAD_HANDSHAKE || !(await this.isRenewed()))
      await this.unlessSettled(Math.min(this.until, this.agenda.now() + backoff(before)));
    this.keep(new Connection(this, filter, before));
  }

  /** The gateway refused a handshake. @returns whether another token is at hand, so that there is nothing to wait for. */
  private async isRenewed(): Promise<boolean> {
    const { status, renewed } = await this.door.refused();
    this.reporter.words.count("refused", status === 0 ? "the handshake" : `the handshake with ${status}`);
    return renewed;
  }

  /** Waits until a moment; there is nothing to wait for once the run is settled. */
  private async unlessSettled(moment: number): Promise<void> {
    do await pause(Math.min(REPORT_MS, moment - this.agenda.now()));
    while (this.agenda.now() < moment && !this.runIsSettled);
  }

  /** All its connections are gone from one moment to the next, as those of a client whose process ends. */
  private vanish(): void {
    const sockets = socketModule();
    for (const session of this.sessions) session.abandon(sockets === null);
    sockets?.vanish();
  }

  private finish({ log, leftAt }: Connection, lost: boolean): void {
    if (log !== null) this.reporter.ended(log, leftAt, lost);
  }

  /** A subscription is over, and another one follows on its connection. */
  unsubscribed(connection: Connection): void {
    this.measure.ws_resubscribed.add(1);
    this.finish(connection, false);
  }

  /** A subscription has become live. */
  opened(filter: Filter, socket: SessionSocket): PathLog {
    this.wasLive = true;
    return this.reporter.opened(filter, socket);
  }

  /** A subscription is about to end. */
  left(log: PathLog): void {
    this.reporter.left(log);
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
    this.reporter.words.count("said", what);
  }

  /** A message with events came; `log` is null before the subscription was confirmed. */
  arrived(log: PathLog | null, message: string, readAt: number): void {
    this.reporter.arrived(log, message, readAt);
  }
}
