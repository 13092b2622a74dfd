import exec from "k6/execution";
import { clearTimeout, setTimeout } from "k6/timers";
import { environmentOf } from "../../core/ownvariables.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import type { PipelineEvents } from "../../core/pipelineevents.ts";
import { beginningOf, safeMessageOf } from "../../core/redaction.ts";
import { answerOf, senderOf, type UserSender } from "../../core/sending.ts";
import { isUnreachable } from "../../core/shortage.ts";
import type { Trace } from "../../core/trace.ts";
import type { Answer, Outcome, SeriesSender } from "../../core/transport.ts";
import { backoff } from "../support/backoff.ts";
import { now } from "../support/clock.ts";
import { isShortage } from "../support/host.ts";
import { lead } from "../support/lead.ts";
import type { measures } from "../support/metrics.ts";
import { type SendOutcome, type Tick, traceOf } from "../support/publishing.ts";
import type { Run } from "../support/run.ts";
import { type Sent, sendEach, sumOf } from "../support/sending.ts";
import { enterUnreached, isOfGo, seriesOf, seriesSender } from "../support/series.ts";
import type { OwnAccess } from "./access.ts";

/** More of an answer tells nothing that its beginning does not. */
const MOST_SAID = 200;
/** Refusals that are kept apart; a target that writes a number into each would otherwise fill the memory and the log. */
const MOST_WORDS = 50;

const AWAY: Answer = { outcome: "unsent", said: "not connected: the connection has ended and is opened anew" };

interface SenderOptions {
  readonly config: { readonly ACK_TIMEOUT: number };
  readonly metrics: ReturnType<typeof measures<"everywhere" | "publishing">>;
  readonly pipeline: AnyPipeline;
  readonly events: Pick<PipelineEvents, "name" | "write" | "template">;
  readonly access: OwnAccess;
  /** Whether each virtual user has one iteration: what it keeps open is opened once. */
  readonly isPaced: boolean;
}

/** How a virtual user sends the events of a pipeline, in whichever form its publish() has. */
export class Sender {
  private readonly options: SenderOptions;
  private sending: UserSender | null = null;
  /** Connections that ended one after the other, and Unix ms before which the next is not opened. */
  private ended = 0;
  private opensAt = 0;
  private series: ReturnType<typeof seriesSender> | null = null;
  private readonly words = new Set<string>();
  /** What publish() threw for the last canary; null where it answered. */
  thrown: unknown = null;

  constructor(options: SenderOptions) {
    this.options = options;
  }

  /** What transports answered when they refused: each once. */
  get refusals(): readonly string[] {
    return [...this.words];
  }

  /** Closes what is open, because k6 ends nothing in which something is. */
  release(): void {
    const over = this.sending;
    if (over?.close === undefined) return;
    this.sending = null;
    over.close();
  }

  /** Before the load: makes the template of a series. @throws RangeError in one line where none can be made. */
  async prepare(run: Run): Promise<void> {
    if ((await this.opened())?.series === undefined) return;
    this.options.events.template();
    await this.warm(run);
  }

  /** Opens what the first events need. */
  async warm(run: Run): Promise<void> {
    const series = (await this.opened())?.series;
    if (series !== undefined) await this.seriesOf(series).warm(run);
  }

  /** Sends the events of a tick. */
  async send(run: Run, tick: Tick): Promise<SendOutcome> {
    const { batch, series } = (await this.opened()) ?? {};
    if (series !== undefined) return this.seriesOf(series).send(run, tick);
    if (batch !== undefined) return this.sendBatch(batch, run, tick);
    return this.within("an event", (late) =>
      sendEach(run, tick, async (trace) => {
        const began = now();
        const answer = await this.sendOne(trace, late);
        return this.sentOf(answer, now() - began);
      }),
    );
  }

  /** Sends a canary. */
  async sendCanary(run: Run, trace: Trace): Promise<Answer> {
    this.thrown = null;
    const series = (await this.opened())?.series;
    const answer =
      series === undefined
        ? await this.within("an event", (late) => this.sendOne(trace, late))
        : await this.sendFirst(series, run, trace);
    this.tell(outcomeOf(answer), saidIn(answer));
    return answer;
  }

  /** What sends; null while a connection that has ended is not opened anew. */
  private async opened(): Promise<UserSender | null> {
    const { pipeline, access, isPaced } = this.options;
    await access.ready();
    if (this.sending?.isOpen?.() === false) {
      const over = this.sending;
      this.sending = null;
      over.close?.();
      this.opensAt = now() + backoff(this.ended++);
    }
    if (now() < this.opensAt) return null;
    try {
      this.sending ??= senderOf(pipeline, pipeline.publish(this.environment(), access));
    } catch (problem) {
      // What could be opened once is away now.
      if (this.ended === 0) throw problem;
      this.opensAt = now() + backoff(this.ended++);
      return null;
    }
    // Each batch is an iteration of its own then, at whose end everything is closed: its opening would be measured.
    if (this.sending.close !== undefined && !isPaced) {
      this.release();
      exec.test.abort("RATE=max: publish() keeps something open; allowed: a number of events per second");
    }
    return this.sending;
  }

  /** What is read is looked at only where the answer to it may end the test, before the load. */
  private environment() {
    const { pipeline, access } = this.options;
    const variables = environmentOf(pipeline, __ENV);
    return lead === null ? variables : access.watched(variables);
  }

  private seriesOf(series: SeriesSender) {
    const { metrics, config } = this.options;
    this.series ??= seriesSender(metrics, { events: this.options.events, series, timeout: config.ACK_TIMEOUT * 1000 });
    return this.series;
  }

  /** @param late the answer where it comes too late. */
  private async sendOne(trace: Trace, late: Promise<Answer>): Promise<Answer> {
    const open = await this.opened();
    if (open === null) return AWAY;
    const { send, batch } = open;
    const wire = this.options.events.write(trace);
    const first = async () => (await batch?.([wire]))?.[0] ?? "unknown";
    let answer: Answer;
    try {
      answer = await Promise.race([send === undefined ? first() : send(wire), late]);
    } catch (problem) {
      this.thrown = problem;
      return { outcome: "unknown", said: safeMessageOf(problem) };
    }
    return answerOf(this.options.pipeline, answer);
  }

  /**
   * Answers are waited for as long as events are, whatever the transport's own patience: k6 gives requests 60 s and ends
   * the load before, with an event of which nobody ever tells. What is sent at the same time has one timer.
   *
   * @param work is given the answer that counts once nothing is waited for any more.
   */
  private async within<Result>(what: string, work: (late: Promise<Answer>) => Promise<Result>): Promise<Result> {
    const { ACK_TIMEOUT } = this.options.config;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Answer>((resolve) => {
      const said = `no answer to ${what} within ACK_TIMEOUT=${ACK_TIMEOUT}s`;
      timer = setTimeout(() => resolve({ outcome: "unknown", said }), ACK_TIMEOUT * 1000);
    });
    try {
      return await work(late);
    } finally {
      if (timer !== undefined) clearTimeout(timer);
    }
  }

  /** A series of one event. */
  private async sendFirst(series: SeriesSender, run: Run, { publisher, seq }: Trace): Promise<Answer> {
    this.options.events.template();
    const { name, template: make } = this.options.events;
    const limits = { timeout: this.options.config.ACK_TIMEOUT * 1000 };
    try {
      const one = seriesOf(run, { publisher, firstSeq: seq, count: 1 });
      const { failures } = await series({ name, make }, one, limits);
      const [failure] = Array.from(failures);
      if (failure === undefined) return "acknowledged";
      return { outcome: failure.refused ? "refused" : failure.sent ? "unknown" : "unsent", said: failure.error };
    } catch (problem) {
      if (!isOfGo(problem)) throw problem;
      return { outcome: "unknown", said: safeMessageOf(problem) };
    }
  }

  private async sendBatch(batch: NonNullable<UserSender["batch"]>, run: Run, tick: Tick): Promise<SendOutcome> {
    const sentFrom = now();
    const traces = Array.from({ length: tick.count }, (_, place) =>
      traceOf(run, tick.publisher, tick.firstSeq + place),
    );
    const wires = traces.map((trace) => this.options.events.write(trace));
    const answers = await this.within(`a batch of ${tick.count}`, (late) =>
      Promise.race([answersOf(batch, wires), late.then((answer) => wires.map(() => answer))]),
    );
    const took = now() - sentFrom;
    const sent = traces.map((_, place) =>
      this.sentOf(answerOf(this.options.pipeline, answers[place] ?? "unknown"), took),
    );
    return sumOf(tick, sentFrom, sent);
  }

  /** What an answer says of its event; one for which this machine lacked something never left. */
  private sentOf(answer: Answer, took: number): Sent {
    const [outcome, said] = [outcomeOf(answer), saidIn(answer)];
    this.tell(outcome, said);
    const isMissing = outcome === "unknown" || outcome === "unsent";
    const failure = isMissing ? (said ?? null) : null;
    if (isShortage(this.options.metrics, failure)) return { outcome: "unsent", took: null };
    if (outcome === "unsent" || (failure !== null && isUnreachable(failure))) {
      enterUnreached(this.options.metrics, 1);
      return { outcome: "unsent", took: null };
    }
    if (outcome === "acknowledged") this.ended = 0;
    return outcome === "acknowledged" ? { outcome, took } : { outcome, took: null, said };
  }

  /** Keeps what a transport answers when it refuses, and says it once. */
  private tell(outcome: Outcome, said: string | undefined): void {
    const shown = said?.slice(0, MOST_SAID);
    if (shown === undefined || outcome === "acknowledged" || this.words.has(shown)) return;
    if (this.words.size >= MOST_WORDS) return;
    this.words.add(shown);
    if (exec.vu.idInTest <= 1) console.warn(`${outcome}: ${shown}`);
  }
}

async function answersOf(
  batch: NonNullable<UserSender["batch"]>,
  wires: readonly unknown[],
): Promise<readonly Answer[]> {
  try {
    return await batch(wires);
  } catch (problem) {
    return wires.map(() => ({ outcome: "unknown", said: safeMessageOf(problem) }));
  }
}

/** What an answer says in one word. */
export function outcomeOf(answer: Answer): Outcome {
  return typeof answer === "string" ? answer : answer.outcome;
}

/** The transport's own words, where it has any, without the credentials in them. */
export function saidIn(answer: Answer): string | undefined {
  return typeof answer === "string" || answer.said === undefined ? undefined : beginningOf(answer.said);
}

/** The status of HTTP, where it is told. */
export function statusIn(answer: Answer): number | undefined {
  return typeof answer === "string" ? undefined : answer.status;
}
