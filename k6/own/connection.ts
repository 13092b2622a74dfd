import exec from "k6/execution";
import { failureWords } from "../../core/closewords.ts";
import { DamageTally } from "../../core/damage.ts";
import { eventsIn } from "../../core/echoes.ts";
import type { Identity } from "../../core/identity.ts";
import { beginningOf } from "../../core/redaction.ts";
import type { ArrivalsAnswer } from "../../core/report.ts";
import { CANARY_PUBLISHER, eventId } from "../../core/trace.ts";
import { Allowance } from "../support/allowance.ts";
import { PathLog, readThrough } from "../support/arrivals.ts";
import type { ArrivalJudge } from "../support/judge.ts";
import type { measures } from "../support/metrics.ts";
import { ReadingQueue } from "../support/readingqueue.ts";
import type { Run } from "../support/run.ts";

type Measures = ReturnType<typeof measures<"websocket">>;

/** Texts that are compared with what was published, each second, by all virtual users together. */
const COMPARED_PER_SECOND = 1_000;

/** As much of what is damaged is shown. */
const SHOWN_LENGTH = 100;

/** A connection that is live for so long without an identity is being given something else. */
const STRANGE_AFTER_MS = 5_000;

/** A text waits no longer for those before it on a quiet machine; the objective of lag has the same bound. */
const NOTICED_TURN_MS = 50;

/** What is wrong with a text in which an event arrived; null when it is what was published. @param at Unix ms. */
export type DamageJudge = (text: string, identity: Identity, at: number) => string | null;

/** One connection from its opening to its end. */
export class Connection {
  /** What arrived since it was live; null before. */
  log: PathLog | null = null;
  /** Why it ended by itself; null while it has not. */
  failure: string | null = null;
  private readonly measure: Measures;
  private readonly run: Run;
  private readonly correction: number;
  private readonly damageIn: DamageJudge | null;
  private readonly comparisons = new Allowance(COMPARED_PER_SECOND / exec.instance.vusInitialized);
  private readonly damages = new DamageTally();
  private readonly queue = new ReadingQueue();
  /** Unix ms by the receiver's clock at which it ended by itself. */
  private failedAt = Number.POSITIVE_INFINITY;
  /** The first text while none has had an identity; null when one had, or when it has been told. */
  private stranger: string | null = null;
  private isKnown = false;
  private liveAt = 0;
  /** By how many ms the last pause was longer than asked. */
  late = 0;
  /** Whether the file tells when a text was read from its socket; else the last pause says how long texts wait. */
  private isTimed = false;
  /** How late the last text since the last report was handled, in ms. */
  private lag = 0;
  private isDraining = false;

  /** @param damageIn null where only the identity is looked at. */
  constructor(measure: Measures, run: Run, correction: number, damageIn: DamageJudge | null) {
    this.measure = measure;
    this.run = run;
    this.correction = correction;
    this.damageIn = damageIn;
  }

  live(name: string, filter: Readonly<Record<string, readonly string[]>>): void {
    if (this.log !== null) return;
    this.liveAt = Date.now();
    this.log = new PathLog(name, filter, this.liveAt + this.correction);
  }

  failed(why: string): void {
    if (this.failure !== null) return;
    this.failure = failureWords(why);
    this.failedAt = Date.now() + this.correction;
  }

  /** @param timestamp Unix ms at which it was read from the socket, where that is known. */
  arrived(text: string, timestamp?: number): void {
    const readAt = timestamp ?? Date.now();
    this.isTimed = timestamp !== undefined;
    const at = readAt + this.correction;
    const { identities, damaged } = eventsIn(text, { runs: [this.run.number ?? 0], at });
    this.measure.ws_events_received.add(1);
    this.measure.ws_events_damaged.add(damaged, Math.max(1, identities.length + damaged));
    if (damaged > 0) this.damaged("its identity", "as it was published", text, damaged);
    const { lag, turn } = this.queue.handle(readAt, Date.now());
    this.measure.generator_lag_ms.add(Math.max(lag, this.lateness));
    if (turn >= NOTICED_TURN_MS) this.measure.generator_turn_ms.add(turn);
    if (identities.length > 0) this.isKnown = true;
    else if (!this.isKnown) this.stranger ??= beginningOf(text, SHOWN_LENGTH);
    if (this.log === null || identities.length === 0) this.measure.ws_events_foreign.add(1);
    // What knows no time of publishing is told as if it had taken none.
    for (const one of identities) {
      this.log?.record(eventId({ ...one, publishedAt: one.publishedAt ?? at }), at);
      this.compare(text, one, at);
    }
    this.lag = Date.now() - readAt;
  }

  /** Enters whether it ended by itself, and when. */
  enterEnd(): void {
    this.measure.ws_sessions_lost.add(this.failure === null ? 0 : 1);
    if (this.failure !== null) this.measure.ws_sessions_lost_at.add(this.failedAt);
  }

  /** A text without an identity, where nothing else has come; each connection tells one. */
  takeStranger(): string | null {
    const { stranger } = this;
    if (stranger === null || this.isKnown || this.log === null || Date.now() - this.liveAt < STRANGE_AFTER_MS)
      return null;
    this.isKnown = true;
    const hint = stranger.startsWith("[object ") ? ": no text, decode what is binary" : "";
    return `a text without an identity: ${stranger}${hint}`;
  }

  /** An event that is not what was published, where the pipeline says how that shows. */
  private compare(text: string, identity: Identity, at: number): void {
    const { run, publisher, seq } = identity;
    if (this.damageIn === null || run !== this.run.number || publisher === CANARY_PUBLISHER) return;
    if (!this.comparisons.take(at)) return;
    const damage = this.damageIn(text, identity, at);
    this.measure.ws_events_damaged.add(damage === null ? 0 : 1);
    if (damage !== null) this.damaged("an event", `event ${seq}`, damage, 1);
  }

  private get lateness(): number {
    return this.isTimed ? 0 : this.late;
  }

  private damaged(field: string, sent: string, received: string, count: number): void {
    this.damages.enter({ field, sent, received: beginningOf(received, SHOWN_LENGTH) }, count);
  }

  /** Tells the receiver what arrived. @returns how the run stands. */
  async report(judge: ArrivalJudge, closed: boolean): Promise<ArrivalsAnswer> {
    const { log, damages } = this;
    // It listened until it ended, however much later this is reported.
    const lag = Math.max(this.lag, this.lateness);
    const through = Math.min(readThrough(Date.now(), lag) + this.correction, this.failedAt);
    this.lag = 0;
    // Once all is published the run waits for the word of every path.
    const isDue = log !== null && (closed || this.isDraining || log.isDue(through));
    const paths = isDue ? [log.take(through, closed, closed && this.failure !== null)] : [];
    const answer = await judge(paths, damages.take(), 0);
    this.isDraining = answer.draining;
    return answer;
  }
}
