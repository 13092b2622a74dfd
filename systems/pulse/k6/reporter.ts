import exec from "k6/execution";
import { setTimeout } from "k6/timers";
import { reportedName } from "../../../core/pathname.ts";
import type { PathReport } from "../../../core/report.ts";
import { Words } from "../../../core/words.ts";
import { PathLog, readThrough } from "../../../k6/support/arrivals.ts";
import type { Door } from "../../../k6/support/door.ts";
import type { ArrivalJudge } from "../../../k6/support/judge.ts";
import { Pace } from "../../../k6/support/pace.ts";
import { clockCorrection, type Run } from "../../../k6/support/run.ts";
import { tellWords } from "../../../k6/support/words.ts";
import { describeFilter, type Filter } from "../filters.ts";
import type { Inspection, Measures } from "./inspection.ts";
import { Intake, type TakesEvents } from "./intake.ts";
import { ownSockets } from "./ownsocket.ts";
import type { Reader } from "./reader.ts";
import { socketModule } from "./rudeness.ts";
import type { SessionSocket, SocketSource } from "./sessionparts.ts";

export interface ReporterSettings {
  readonly INSTANCES: number;
  readonly test: string;
  readonly RECEIVER_URL: string | undefined;
}

/** How a virtual user reads what it receives. */
interface Reading {
  /** Latencies that it may keep one by one. */
  readonly samplesPerSecond: number;
  /** So slowly that what it is told is judged by nobody. */
  readonly isSlow: boolean;
}

/** The longest pause between two reports. */
export const REPORT_MS = 1_000;
/** So many arrivals are reported without waiting for more: to write them takes 5 ms, in which frames wait. */
const REPORTED_TOGETHER = 5_000;

/** Subscriptions that this virtual user has opened, over all its iterations: no two may share a name. */
let opened = 0;

/** Reads what the subscriptions of one virtual user receive, and reports it in time. */
export class Reporter {
  /** Opens the sockets whose events it reads. */
  readonly source: SocketSource;
  /** Reported beside arrivals: what the gateway said, and how it refused and closed connections. */
  readonly words = new Words();
  private readonly config: ReporterSettings;
  private readonly measure: Measures;
  private readonly run: Run;
  private readonly judge: ArrivalJudge;
  private readonly isSlow: boolean;
  private readonly inspection: Inspection;
  /** Of the messages that this script is handed. */
  private readonly intake: Intake;
  /** Reads what this script is not handed. */
  private readonly reader: Reader | null;
  /** Where all events are kept. */
  private readonly events: TakesEvents;
  private readonly correction: number;
  private readonly pace: Pace;
  /** Subscriptions that are live. */
  private readonly logs = new Set<PathLog>();
  /** Live subscriptions on which nothing has arrived. */
  private readonly unreached = new Set<PathLog>();
  /** Reports of those that are over. */
  private readonly closing: PathReport[] = [];
  private longestPause = -1;
  private isDraining = false;
  private isSettled = false;
  private hasNews = false;
  private hasEnded = false;
  private wake: () => void = () => undefined;

  constructor(
    config: ReporterSettings,
    door: Door,
    measure: Measures,
    run: Run,
    judge: ArrivalJudge,
    inspection: Inspection,
    { samplesPerSecond, isSlow }: Reading,
  ) {
    this.config = config;
    this.measure = measure;
    this.run = run;
    this.judge = judge;
    this.inspection = inspection;
    this.isSlow = isSlow;
    this.pace = new Pace(REPORT_MS, config.INSTANCES);
    this.correction = clockCorrection(run);
    this.intake = new Intake(inspection, this.correction, samplesPerSecond);
    const module = socketModule();
    const settings = { judges: !isSlow, samplesPerSecond, enough: REPORTED_TOGETHER };
    const news = (first: boolean, enough: boolean) => this.toldNews(first, enough);
    this.reader = module === null ? null : module.reader(door, inspection, settings, news);
    this.source = this.reader ?? ownSockets(door);
    this.events = this.reader ?? this.intake;
  }

  /** A subscription has become live. */
  opened(filter: Filter, socket: SessionSocket): PathLog {
    const connection = exec.vu.idInTest;
    const name = reportedName(this.run.instance, { connection, opened: ++opened, selects: describeFilter(filter) });
    const now = Date.now();
    const log = new PathLog(name, filter, now + this.correction, socket.arrivals);
    socket.arrivals?.listen(now, log.head, log.first);
    this.logs.add(log);
    if (socket.arrivals === undefined) this.unreached.add(log);
    this.hurry();
    // The one before is reported as over: the receiver might settle the run before it knows of this one.
    if (this.hasEnded) this.reportSoon();
    return log;
  }

  /** A message with events came; `log` is null before the subscription was confirmed. */
  arrived(log: PathLog | null, message: string, readAt: number): void {
    if (this.isSlow) this.intake.count(message);
    else this.intake.add(log, message, readAt);
    const first = log !== null && this.unreached.delete(log);
    this.toldNews(first, this.intake.size >= REPORTED_TOGETHER);
  }

  /** A subscription is about to end: it is reported once more, when it is over. */
  left(log: PathLog): void {
    this.logs.delete(log);
    this.unreached.delete(log);
    log.leave();
  }

  /**
   * A subscription is over.
   *
   * @param leftAt Unix ms up to which it listened, however much later this is reported; what still waits has not been read.
   * @param lost it was the gateway that ended it.
   */
  ended(log: PathLog, leftAt: number | null, lost: boolean): void {
    this.events.read();
    this.left(log);
    this.hasEnded = true;
    const read = readThrough(Date.now(), log.lag ?? this.intake.lag);
    this.closing.push(log.take(Math.min(leftAt ?? read, read) + this.correction, true, lost));
  }

  /** Waits until it is time for a report, or there is enough for one. */
  async untilDue(): Promise<void> {
    const due = Date.now() + this.pace.pause;
    if (!this.hasNews) {
      await new Promise<void>((resolve) => {
        // Not cleared when it is not needed: where it is due already, k6 takes the next timer for it.
        setTimeout(resolve, this.pace.pause);
        this.wake = resolve;
      });
      this.pace.slowDown();
    }
    this.paused(Math.max(0, Date.now() - due));
  }

  /** Nothing more will come: the next report is due now. */
  end(): void {
    this.wake();
  }

  /**
   * Only what is longer than all before is a sample: k6 would hold one for each second of each virtual user. Once the run
   * is settled nothing is measured any more, and thousands of connections say goodbye in one moment.
   */
  private paused(milliseconds: number): void {
    if (this.isSettled || milliseconds <= this.longestPause) return;
    this.longestPause = milliseconds;
    this.measure.generator_pause_ms.add(milliseconds);
  }

  /** The run waits for what is reported next. */
  private hurry(): void {
    if (this.pace.hurry()) setTimeout(() => this.wake(), this.pace.pause);
  }

  private reportSoon(): void {
    this.hasNews = true;
    this.wake();
  }

  private toldNews(first: boolean, enough: boolean): void {
    if (first) this.hurry();
    if (enough) this.reportSoon();
  }

  /** Reports what came since the last report. @returns whether the receiver has settled the run. */
  async report(): Promise<boolean> {
    const { measure, isSlow } = this;
    this.hasNews = false;
    this.events.read();
    const { lag } = this.intake;
    const { events, foreign: unidentified, samples } = this.events.take();
    this.inspection.enter(samples, this.correction);
    (isSlow ? measure.ws_slow_events : measure.ws_events_received).add(events);
    measure.ws_active_connections.add(this.logs.size * exec.instance.vusActive);
    const now = Date.now();
    const all = [...this.closing.splice(0), ...this.due(readThrough(now, lag) + this.correction)];
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
    this.isSettled = settled;
    return settled;
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
