import { sleep } from "k6";
import exec from "k6/execution";
import { setTimeout } from "k6/timers";
import { CANARY_PUBLISHER } from "../../../core/trace.ts";
import { now } from "../../../k6/support/clock.ts";
import { enterLeaks } from "../../../k6/support/health.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { traceOf } from "../../../k6/support/publishing.ts";
import { clockCorrection, type Run, reportPublished } from "../../../k6/support/run.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { TRIALS } from "../../../scenarios.ts";
import { CONTRACT, countRound, holdsUnderOverload, keepsLimit, keepsOne, markRepeats, type Round } from "../wire.ts";
import type { Answered, Purpose, Signals, Unusual } from "./signals.ts";
import { FILL } from "./webhookcount.ts";
import type { Webhook } from "./webhooks.ts";

type TrialMeasures = ReturnType<typeof measures<"signals" | "health">>;

/** A webhook that took requests takes as many again after so long. */
const REST_MS = 1_250;

/** Headers by which a client may try to be another. */
const DISGUISES: readonly ((address: string) => Record<string, string>)[] = [
  (address) => ({ "X-Forwarded-For": address }),
  (address) => ({ "X-Real-IP": address }),
  (address) => ({ Forwarded: `for=${address};proto=https` }),
  (address) => ({ "X-Forwarded-For": `${address}, 127.0.0.1`, "X-Real-IP": address, Forwarded: `for=${address}` }),
];

/** What is tried after the load: each method is one trial, and says on the console what broke. */
export class Trials {
  private readonly config: Settings<"webhook">;
  private readonly measure: TrialMeasures;
  private readonly signals: Signals;
  private readonly run: Run;
  private readonly webhooks: readonly Webhook[];
  private readonly usedAt = new Map<string, number>();
  private nextSeq: number;

  /** @param firstSeq the first sequence number that the load leaves free. */
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
    this.run = run;
    this.webhooks = run.webhooks;
    this.nextSeq = firstSeq;
  }

  /** As many signals at once as the limits of all webhooks take. */
  async hft(): Promise<void> {
    const { signals } = TRIALS.hft;
    const each = Math.floor(FILL * this.config.SIGNAL_LIMIT);
    for (let sent = 0; sent < signals; ) {
      await Promise.all(this.webhooks.map((webhook) => this.rest(webhook)));
      const places = Math.min(signals - sent, each * this.webhooks.length);
      await this.together(places, "hft", (place) => this.webhooks[place % this.webhooks.length] as Webhook);
      sent += places;
    }
  }

  /** The same signal many times at once: one is first, and the others get its answer or are too many. */
  async identical(): Promise<void> {
    const { signals, rounds } = TRIALS.identical;
    for (let round = 0; round < rounds; round++) {
      const webhook = await this.rested(round);
      const publisher = exec.vu.idInTest;
      const seq = this.nextSeq++;
      const trace = traceOf(this.run, publisher, seq);
      const arrived: Answered[] = [];
      const sentFrom = now();
      await Promise.all(
        Array.from({ length: signals }, async () => arrived.push(await this.signals.ask(webhook, trace))),
      );
      this.used(webhook);
      const answers = markRepeats(arrived);
      for (const answer of answers) this.signals.enter(answer, "trial");
      const counted = countRound(answers);
      await this.report(seq, [counted.first > 0 ? "accepted" : counted.failed > 0 ? "failed" : "limited"], sentFrom);
      const holds = keepsOne(counted, signals);
      this.measure.signal_idempotency_broken.add(holds ? 0 : 1);
      if (!holds) tell(`${signals} equal signals at once`, counted, "one must be first and the others repeat it");
    }
  }

  /** A signal is known for a second, and new after it. */
  async expiry(): Promise<void> {
    const known = CONTRACT.idempotentSeconds;
    for (let round = 0; round < TRIALS.expiry.rounds; round++) {
      const webhook = await this.rested(round);
      // It is executed twice as it should, which an account would call a duplicate.
      const trace = traceOf(this.run, CANARY_PUBLISHER, this.nextSeq++);
      const answers: Answered[] = [];
      for (const pause of [0, known / 2, known]) {
        sleep(pause);
        answers.push(await this.signals.ask(webhook, trace));
      }
      this.used(webhook);
      const marked = markRepeats(answers);
      for (const answer of marked) this.signals.enter(answer, "trial");
      const kinds = marked.map(({ kind }) => kind);
      const holds = kinds.join() === "accepted,duplicate,accepted";
      this.measure.signal_expiry_broken.add(holds ? 0 : 1);
      if (!holds) console.warn(`equal signals after 0, ${known / 2} and ${1.5 * known} s were ${kinds.join(", ")}`);
    }
  }

  /** Twice the limit at once: exactly the limit passes. */
  async limit(): Promise<void> {
    const { limit, signals } = this.atLimit(TRIALS.limit.signals);
    for (let round = 0; round < TRIALS.limit.rounds; round++) {
      const webhook = await this.rested(round);
      const counted = await this.together(signals, "trial", () => webhook);
      const holds = keepsLimit(counted, signals, limit);
      this.measure.signal_limit_broken.add(holds ? 0 : 1);
      if (!holds) tell(`${signals} signals at once`, counted, `exactly ${limit} may pass`);
    }
  }

  /** Three times the limit for seconds: whoever sends too much still gets the limit, and no more. */
  async overload(): Promise<void> {
    const { limit, signals } = this.atLimit(TRIALS.overload.signals);
    const webhook = await this.rested(0);
    const started = now();
    const rounds: Promise<Answered>[] = [];
    const firstSeq = this.nextSeq;
    for (; this.nextSeq < firstSeq + signals; this.nextSeq++) {
      const trace = traceOf(this.run, exec.vu.idInTest, this.nextSeq);
      rounds.push(this.signals.send(webhook, trace, "trial"));
      await until(started + (rounds.length * 1_000) / (3 * limit));
    }
    const answers = await Promise.all(rounds);
    const seconds = (now() - started) / 1000;
    this.used(webhook);
    await this.report(
      firstSeq,
      answers.map(({ kind }) => kind),
      started,
    );
    const counted = countRound(answers);
    const holds = holdsUnderOverload(counted, signals, limit, seconds);
    this.measure.signal_overload_broken.add(holds ? 0 : 1);
    if (!holds) tell(`${signals} signals in ${seconds.toFixed(1)} s`, counted, `${limit} a second may pass`);
  }

  /** Twice the limit at once, each request under another name. */
  async headers(): Promise<void> {
    const { limit, signals } = this.atLimit(TRIALS.headers.signals);
    for (const [round, disguise] of DISGUISES.entries()) {
      const webhook = await this.rested(round);
      const counted = await this.together(
        signals,
        "trial",
        () => webhook,
        (place) => ({ headers: disguise(`203.0.113.${place + 1}`) }),
      );
      this.measure.signal_spoofing.add(counted.passed > limit ? 1 : 0);
      const names = Object.keys(disguise("")).join(", ");
      if (counted.passed > limit) tell(`${signals} signals at once with ${names}`, counted, `only ${limit} may pass`);
    }
  }

  /** Who has no right, or nothing to say, is told so. */
  async access(): Promise<void> {
    const webhook = await this.rested(0);
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
      const seq = this.nextSeq++;
      const sentFrom = now();
      const answer = await this.signals.send(to, this.trace(seq), "trial", unusual);
      // What has a body of its own carries no trace: nobody could tell that it was executed.
      if (unusual.body === undefined) await this.report(seq, [answer.kind], sentFrom);
      const holds = answer.kind === "refused" && allowed.includes(answer.status);
      this.measure.signal_access_broken.add(holds ? 0 : 1);
      const got = answer.kind === "refused" ? `status ${answer.status}` : answer.kind;
      if (!holds) console.warn(`${what} must be answered ${allowed.join(" or ")}: ${got}`);
    }
    this.used(webhook);
  }

  /** A steady load within all limits, long enough to see whether memory rises without an end. */
  async memory(): Promise<void> {
    const { HEALTH_URL: monitor, MEMORY_SIGNALS: signals, SIGNAL_LIMIT } = this.config;
    if (monitor === undefined) return;
    await Promise.all(this.webhooks.map((webhook) => this.rest(webhook)));
    const started = now();
    for (let sent = 0; sent < signals; ) {
      const roundAt = now();
      const places = Math.min(this.webhooks.length, signals - sent);
      await this.together(places, "memory", (place) => this.webhooks[place] as Webhook);
      sent += places;
      await until(roundAt + 1_000 / (FILL * SIGNAL_LIMIT));
    }
    enterLeaks(monitor, this.measure, (now() - started) / 1000);
  }

  /** Sends different signals at once, and waits for all answers. */
  private async together(
    count: number,
    purpose: Purpose,
    to: (place: number) => Webhook,
    unusual: (place: number) => Unusual = () => ({}),
  ): Promise<Round> {
    const firstSeq = this.nextSeq;
    this.nextSeq += count;
    const sentFrom = now();
    const answers = await Promise.all(
      Array.from({ length: count }, (_, place) =>
        this.signals.send(to(place), this.trace(firstSeq + place), purpose, unusual(place)),
      ),
    );
    for (let place = 0; place < count; place++) this.used(to(place));
    await this.report(
      firstSeq,
      answers.map(({ kind }) => kind),
      sentFrom,
    );
    return countRound(answers);
  }

  private trace(seq: number) {
    return traceOf(this.run, exec.vu.idInTest, seq);
  }

  /** Tells the receiver what became of consecutive signals. */
  private async report(firstSeq: number, kinds: readonly Answered["kind"][], sentFrom: number): Promise<void> {
    if (this.config.RECEIVER_URL === undefined) return;
    const seqsOf = (...some: Answered["kind"][]) =>
      kinds.flatMap((kind, place) => (some.includes(kind) ? [firstSeq + place] : []));
    const correction = clockCorrection(this.run);
    await reportPublished(this.config, this.run, {
      publisher: exec.vu.idInTest,
      firstSeq,
      count: kinds.length,
      sentFrom: sentFrom + correction,
      sentThrough: now() + correction,
      refused: seqsOf("limited", "refused"),
      unknown: seqsOf("failed"),
    });
  }

  /** The trial's sizes are those of the contract's limit; another limit scales them. */
  private atLimit(signals: number): { limit: number; signals: number } {
    const limit = this.config.SIGNAL_LIMIT;
    return { limit, signals: Math.round((signals * limit) / CONTRACT.limit) };
  }

  private async rested(round: number): Promise<Webhook> {
    const webhook = this.webhooks[round % this.webhooks.length] as Webhook;
    await this.rest(webhook);
    return webhook;
  }

  private rest(webhook: Webhook): Promise<void> {
    return until((this.usedAt.get(webhook.token) ?? 0) + REST_MS);
  }

  private used(webhook: Webhook): void {
    this.usedAt.set(webhook.token, now());
  }
}

function tell(what: string, { first, passed, limited, refused, failed }: Round, rule: string): void {
  console.warn(
    `${what}: ${passed} passed (${first} first answers), ${limited} limited, ${refused} refused, ${failed} failed; ${rule}`,
  );
}

function until(moment: number): Promise<void> {
  const wait = moment - now();
  return wait <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, wait));
}
