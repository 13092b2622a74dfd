import { now } from "../../../k6/support/clock.ts";
import { enterLeaks } from "../../../k6/support/health.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import type { Run } from "../../../k6/support/run.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { TRIALS, type Trial } from "../trials.ts";
import { CONTRACT, holdsUnderOverload, keepsLimit, markRepeats } from "../wire.ts";
import { EqualSignals } from "./equal.ts";
import { kindsOf, Rounds, type SentTogether, until } from "./rounds.ts";
import { inWords, tell } from "./roundwords.ts";
import type { Signals, TimedAnswer, Unusual } from "./signals.ts";
import { FILL } from "./webhookcount.ts";
import type { Webhook } from "./webhooks.ts";

type TrialMeasures = ReturnType<typeof measures<"signals" | "health">>;

/** Headers with which a client may pretend to have another address. */
const DISGUISES: readonly ((address: string) => Record<string, string>)[] = [
  (address) => ({ "X-Forwarded-For": address }),
  (address) => ({ "X-Real-IP": address }),
  (address) => ({ Forwarded: `for=${address};proto=https` }),
  (address) => ({ "X-Forwarded-For": `${address}, 127.0.0.1`, "X-Real-IP": address, Forwarded: `for=${address}` }),
];

/** A limit's window of one second, and the error of clocks. */
const WINDOW_MS = 1_250;
/** The longest wait for a Retry-After, in seconds; for a limit per second it should be 1. */
const LONGEST_RETRY_AFTER = 10;

/** The trials after the load: each method is one trial, and logs what failed. */
export class Trials {
  private readonly config: Settings<"webhook">;
  private readonly measure: TrialMeasures;
  private readonly signals: Signals;
  private readonly rounds: Rounds;
  private readonly equal: EqualSignals;

  /** @param firstSeq the first sequence number after those of the load. */
  constructor(
    config: Settings<"webhook">,
    measure: TrialMeasures,
    signals: Signals,
    run: Run & { readonly webhooks: readonly Webhook[] },
    firstSeq: number,
  ) {
    this.config = config;
    this.measure = measure;
    this.signals = signals;
    this.rounds = new Rounds(config, signals, run, firstSeq);
    this.equal = new EqualSignals(config, measure, signals, run, this.rounds);
  }

  /** Runs one trial. @returns its observations in words. */
  async try(trial: Trial): Promise<string> {
    if (trial === "identical" || trial === "race" || trial === "expiry") await this.equal[trial]();
    else await this[trial]();
    return inWords(this.rounds.takeSeen());
  }

  /** As many signals at once as the limits of all webhooks allow. */
  private async hft(): Promise<void> {
    const { signals } = TRIALS.hft;
    const { webhooks } = this.rounds;
    const each = Math.floor(FILL * this.config.SIGNAL_LIMIT);
    for (let sent = 0; sent < signals; ) {
      await this.rounds.rest(...webhooks);
      const places = Math.min(signals - sent, each * webhooks.length);
      await this.rounds.together(places, "hft", (place) => webhooks[place % webhooks.length] as Webhook);
      sent += places;
    }
  }

  /** Twice the limit at once: exactly the limit is accepted, and the rest later. */
  private async limit(): Promise<void> {
    const { limit, signals } = this.atLimit(TRIALS.limit.signals);
    await this.rounds.overlapping(TRIALS.limit.rounds, async (webhook) => {
      const sent = await this.rounds.atOnce(signals, "trial", () => webhook);
      const holds = keepsLimit(sent.counted, signals, limit);
      this.measure.signal_limit_broken.add(holds ? 0 : 1);
      if (!holds) tell(`${signals} signals at once`, sent.counted, `exactly ${limit} may pass`);
      return async () => {
        const kinds = await this.tryAgain(webhook, sent);
        await this.rounds.report(sent.firstSeq, kinds, sent.sentFrom);
      };
    });
  }

  /** Retries limited signals, which must still count as new. @returns the final kind of each answer. */
  private async tryAgain(webhook: Webhook, { traces, answers }: SentTogether): Promise<TimedAnswer["kind"][]> {
    const kinds = kindsOf(answers);
    const place = kinds.indexOf("limited");
    const [trace, limited] = [traces[place], answers[place]];
    if (trace === undefined || limited?.kind !== "limited") return kinds;
    const after = Math.min(limited.retryAfter ?? 0, LONGEST_RETRY_AFTER);
    await until(now() + Math.max(WINDOW_MS, after * 1000));
    const answer = await this.signals.ask(webhook, trace);
    this.rounds.used(webhook);
    const final = markRepeats([...answers, answer]).at(-1) as TimedAnswer;
    this.signals.enter(final, "trial");
    this.rounds.saw([final]);
    this.measure.signal_retry_broken.add(final.kind === "accepted" ? 0 : 1);
    const waited = `${WINDOW_MS / 1000} s${limited.retryAfter === null ? "" : `, and its Retry-After of ${limited.retryAfter} s`}`;
    if (final.kind !== "accepted") console.warn(`a limited signal, sent again after ${waited}, was ${final.kind}`);
    kinds[place] = final.kind;
    return kinds;
  }

  /** Three times the limit for seconds: the limit still passes, and no more. */
  private async overload(): Promise<void> {
    const { limit, signals } = this.atLimit(TRIALS.overload.signals);
    const webhook = await this.rounds.rested(0);
    const started = now();
    const sending: Promise<TimedAnswer>[] = [];
    const firstSeq = this.rounds.takeSeq();
    for (let seq = firstSeq; sending.length < signals; seq = this.rounds.takeSeq()) {
      sending.push(this.signals.send(webhook, this.rounds.trace(seq), "trial"));
      if (sending.length === signals) break;
      await until(started + (sending.length * 1_000) / (3 * limit));
    }
    const answers = await Promise.all(sending);
    const seconds = (now() - started) / 1000;
    this.rounds.used(webhook);
    await this.rounds.report(firstSeq, kindsOf(answers), started);
    const counted = this.rounds.saw(answers);
    const holds = holdsUnderOverload(counted, signals, limit, seconds);
    this.measure.signal_overload_broken.add(holds ? 0 : 1);
    if (!holds) tell(`${signals} signals in ${seconds.toFixed(1)} s`, counted, `${limit} a second may pass`);
  }

  /** Twice the limit at once, each request with another pretended address. */
  private async headers(): Promise<void> {
    const { limit, signals } = this.atLimit(TRIALS.headers.signals);
    for (const [round, disguise] of DISGUISES.entries()) {
      const webhook = await this.rounds.rested(round);
      const unusual = (place: number) => ({ headers: disguise(`203.0.113.${place + 1}`) });
      const counted = await this.rounds.together(signals, "trial", () => webhook, unusual);
      this.measure.signal_spoofing.add(counted.passed > limit ? 1 : 0);
      const names = Object.keys(disguise("")).join(", ");
      if (counted.passed > limit) tell(`${signals} signals at once with ${names}`, counted, `only ${limit} may pass`);
    }
  }

  /** Requests without access and invalid signals are rejected. */
  private async access(): Promise<void> {
    const webhook = await this.rounds.rested(0);
    const unknown = { ...webhook, token: "0".repeat(webhook.token.length) };
    const cases: readonly [string, number[], Webhook, Unusual][] = [
      ["a wrong secret", [401], webhook, { secret: "wrong" }],
      ["an empty secret", [401], webhook, { secret: "" }],
      ["no secret", [401], webhook, { secret: null }],
      ["an unknown webhook", [404], unknown, {}],
      ["an unknown action", [422], webhook, { body: '{"action":"HOLD"}' }],
      ["broken JSON", [400, 422], webhook, { body: '{"action":' }],
    ];
    for (const [what, allowed, to, unusual] of cases) {
      const seq = this.rounds.takeSeq();
      const sentFrom = now();
      const answer = await this.signals.send(to, this.rounds.trace(seq), "trial", unusual);
      this.rounds.saw([answer]);
      // A custom body has no trace, so its execution could not be found.
      if (unusual.body === undefined) await this.rounds.report(seq, [answer.kind], sentFrom);
      const holds = answer.kind === "refused" && allowed.includes(answer.status);
      this.measure.signal_access_broken.add(holds ? 0 : 1);
      const got = answer.kind === "refused" ? `status ${answer.status}` : answer.kind;
      if (!holds) console.warn(`${what} must be answered ${allowed.join(" or ")}: ${got}`);
    }
    this.rounds.used(webhook);
  }

  /**
   * A steady load within all limits, long enough to show whether memory rises without end: single signals at regular
   * intervals, no faster than the target's stated rate.
   */
  private async memory(): Promise<void> {
    const { HEALTH_URL: monitor, MEMORY_SIGNALS: signals, MEMORY_RATE, SIGNAL_LIMIT } = this.config;
    if (monitor === undefined) return;
    const { webhooks } = this.rounds;
    await this.rounds.rest(...webhooks);
    const rate = Math.min(MEMORY_RATE, FILL * SIGNAL_LIMIT * webhooks.length);
    const started = now();
    const sending: Promise<unknown>[] = [];
    for (let sent = 0; sent < signals; sent++) {
      sending.push(this.rounds.together(1, "memory", () => webhooks[sent % webhooks.length] as Webhook));
      // A slow target gets no more before it has answered.
      if (sending.length >= MOST_UNDER_WAY) await Promise.all(sending.splice(0));
      await until(started + ((sent + 1) * 1_000) / rate);
    }
    await Promise.all(sending);
    enterLeaks(monitor, this.measure, (now() - started) / 1000);
  }

  /** The sizes of trials are for the contract's limit; another limit scales them. */
  private atLimit(signals: number): { limit: number; signals: number } {
    const limit = this.config.SIGNAL_LIMIT;
    return { limit, signals: Math.round((signals * limit) / CONTRACT.limit) };
  }
}

/** Most signals of the memory trial in flight. */
const MOST_UNDER_WAY = 100;
