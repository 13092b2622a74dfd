import exec from "k6/execution";
import type { Trace } from "../../../core/trace.ts";
import { now } from "../../../k6/support/clock.ts";
import { pause } from "../../../k6/support/pause.ts";
import { traceOf } from "../../../k6/support/publishing.ts";
import { clockCorrection, type Run, reportPublished } from "../../../k6/support/run.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { countRound, type Round } from "../wire.ts";
import type { Purpose, Signals, TimedAnswer, Unusual } from "./signals.ts";
import type { Webhook } from "./webhooks.ts";

/** After this time a webhook accepts as many requests as its limit again. */
const REST_MS = 1_250;

/** Sends rounds of signals to a run's webhooks, with rests in between, and collects the results. */
export class Rounds {
  readonly webhooks: readonly Webhook[];
  private readonly config: Settings<"webhook">;
  private readonly signals: Signals;
  private readonly run: Run;
  private readonly usedAt = new Map<string, number>();
  private nextSeq: number;
  private seen: Round = countRound([]);

  /** @param firstSeq the first sequence number after those of the load. */
  constructor(
    config: Settings<"webhook">,
    signals: Signals,
    run: Run & { readonly webhooks: readonly Webhook[] },
    firstSeq: number,
  ) {
    this.config = config;
    this.signals = signals;
    this.run = run;
    this.webhooks = run.webhooks;
    this.nextSeq = firstSeq;
  }

  /** Returns and resets the counts. */
  takeSeen(): Round {
    const { seen } = this;
    this.seen = countRound([]);
    return seen;
  }

  /** Adds answers to the counts. */
  saw(answers: readonly TimedAnswer[]): Round {
    const counted = countRound(answers);
    const { seen } = this;
    this.seen = {
      first: seen.first + counted.first,
      passed: seen.passed + counted.passed,
      limited: seen.limited + counted.limited,
      refused: seen.refused + counted.refused,
      failed: seen.failed + counted.failed,
    };
    return counted;
  }

  /** A new sequence number. */
  takeSeq(): number {
    return this.nextSeq++;
  }

  trace(seq: number): Trace {
    return traceOf(this.run, exec.vu.idInTest, seq);
  }

  /** Sends different signals at once, waits for all answers, and reports them to the receiver. */
  async together(
    count: number,
    purpose: Purpose,
    to: (place: number) => Webhook,
    unusual?: (place: number) => Unusual,
  ): Promise<Round> {
    const sent = await this.atOnce(count, purpose, to, unusual);
    await this.report(sent.firstSeq, kindsOf(sent.answers), sent.sentFrom);
    return sent.counted;
  }

  /** The same without the report, for answers that are not final. */
  async atOnce(
    count: number,
    purpose: Purpose,
    to: (place: number) => Webhook,
    unusual: (place: number) => Unusual = () => ({}),
  ): Promise<SentTogether> {
    const firstSeq = this.nextSeq;
    this.nextSeq += count;
    const sentFrom = now();
    const traces = Array.from({ length: count }, (_, place) => this.trace(firstSeq + place));
    const answers = await Promise.all(
      traces.map((trace, place) => this.signals.send(to(place), trace, purpose, unusual(place))),
    );
    for (let place = 0; place < count; place++) this.used(to(place));
    return { firstSeq, sentFrom, traces, answers, counted: this.saw(answers) };
  }

  /** Reports the results of consecutive signals to the receiver. */
  async report(firstSeq: number, kinds: readonly TimedAnswer["kind"][], sentFrom: number): Promise<void> {
    if (this.config.RECEIVER_URL === undefined) return;
    const seqsOf = (...some: TimedAnswer["kind"][]) =>
      kinds.flatMap((kind, place) => (some.includes(kind) ? [firstSeq + place] : []));
    const correction = clockCorrection(this.run);
    await reportPublished(this.config, this.run, [
      {
        publisher: exec.vu.idInTest,
        firstSeq,
        count: kinds.length,
        sentFrom: sentFrom + correction,
        sentThrough: now() + correction,
        refused: seqsOf("limited", "refused"),
        unknown: seqsOf("failed"),
      },
    ]);
  }

  /** A rested webhook; a different one in each round, as long as there are enough. */
  async rested(round: number): Promise<Webhook> {
    const webhook = this.webhooks[round % this.webhooks.length] as Webhook;
    await this.rest(webhook);
    return webhook;
  }

  /**
   * Rounds that begin one after the other, each at the next webhook, and wait side by side for the rest of them.
   *
   * @param begin sends what comes at once. @returns what remains of the round, most of which is waiting.
   */
  async overlapping(rounds: number, begin: (webhook: Webhook) => Promise<() => Promise<void>>): Promise<void> {
    const waiting: Promise<void>[] = [];
    for (let round = 0; round < rounds; round++) {
      // Every webhook has its turn before one has another.
      if (round % this.webhooks.length === 0) await Promise.all(waiting.splice(0));
      const rest = (await begin(await this.rested(round)))();
      // It fails where all of them are waited for.
      rest.catch(() => undefined);
      waiting.push(rest);
    }
    await Promise.all(waiting);
  }

  /** Waits until webhooks accept as many requests as their limits again. */
  async rest(...webhooks: readonly Webhook[]): Promise<void> {
    for (const { token } of webhooks) await until((this.usedAt.get(token) ?? 0) + REST_MS);
  }

  used(webhook: Webhook): void {
    this.usedAt.set(webhook.token, now());
  }
}

/** Signals that were sent at once, with their answers. */
export interface SentTogether {
  readonly firstSeq: number;
  readonly sentFrom: number;
  readonly traces: readonly Trace[];
  readonly answers: readonly TimedAnswer[];
  readonly counted: Round;
}

export function kindsOf(answers: readonly TimedAnswer[]): TimedAnswer["kind"][] {
  return answers.map(({ kind }) => kind);
}

/** Waits until a time in Unix ms. */
export async function until(moment: number): Promise<void> {
  const wait = moment - now();
  if (wait > 0) await pause(wait);
}
