import exec from "k6/execution";
import { CANARY_PUBLISHER, type Trace } from "../../../core/trace.ts";
import { now } from "../../../k6/support/clock.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { pause } from "../../../k6/support/pause.ts";
import { traceOf } from "../../../k6/support/publishing.ts";
import type { Run } from "../../../k6/support/run.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { TRIALS } from "../trials.ts";
import { CONTRACT, keepsOne, markRepeats, type Round, unprovenRepeats } from "../wire.ts";
import type { Rounds } from "./rounds.ts";
import { tell } from "./roundwords.ts";
import type { Signals, TimedAnswer } from "./signals.ts";
import type { Webhook } from "./webhooks.ts";

type EqualMeasures = ReturnType<typeof measures<"signals">>;

/** Few webhooks need more rounds of the race, but not without end: each has to rest. */
const MOST_RACE_ROUNDS = 40;

/** Trials that send the same signal several times. */
export class EqualSignals {
  private readonly config: Settings<"webhook">;
  private readonly measure: EqualMeasures;
  private readonly signals: Signals;
  private readonly run: Run;
  private readonly rounds: Rounds;

  constructor(config: Settings<"webhook">, measure: EqualMeasures, signals: Signals, run: Run, rounds: Rounds) {
    this.config = config;
    this.measure = measure;
    this.signals = signals;
    this.run = run;
    this.rounds = rounds;
  }

  /** Many equal signals at once: one is first, and the others get its answer or are limited. */
  async identical(): Promise<void> {
    const { signals, rounds } = TRIALS.identical;
    for (let round = 0; round < rounds; round++) {
      const webhook = await this.rounds.rested(round);
      const sentFrom = now();
      const counted = await this.atOnce(webhook, signals);
      const holds = keepsOne(counted, signals, this.config.SIGNAL_LIMIT, (now() - sentFrom) / 1000);
      this.measure.signal_idempotency_broken.add(holds ? 0 : 1);
      const rule = `one must be first, the others repeat it, and ${this.config.SIGNAL_LIMIT} may pass`;
      if (!holds) tell(`${signals} equal signals at once`, counted, rule);
    }
  }

  /**
   * A few equal signals at once, at many webhooks, repeatedly. A target that first looks a signal up and then records
   * it fails in only some of these races.
   */
  async race(): Promise<void> {
    const { webhooks } = this.rounds;
    const { rounds, webhooks: wanted, signals } = TRIALS.race;
    const equal = Math.min(signals, this.config.SIGNAL_LIMIT);
    const racing = webhooks.slice(0, wanted);
    const again = Math.min(MOST_RACE_ROUNDS, Math.ceil((rounds * wanted) / racing.length));
    for (let round = 0; round < again; round++) {
      await this.rounds.rest(...racing);
      const sentFrom = now();
      const counts = await Promise.all(racing.map((webhook) => this.atOnce(webhook, equal)));
      const seconds = (now() - sentFrom) / 1000;
      for (const counted of counts) {
        const holds = keepsOne(counted, equal, this.config.SIGNAL_LIMIT, seconds);
        this.measure.signal_race_broken.add(holds ? 0 : 1);
        if (!holds) tell(`${equal} equal signals at once`, counted, "one must be first, and the others repeat it");
      }
    }
  }

  /** A signal is known for a second, and new after that. */
  async expiry(): Promise<void> {
    const known = CONTRACT.idempotentSeconds;
    await this.rounds.overlapping(TRIALS.expiry.rounds, async (webhook) => {
      // The target rightly executes it twice, which an account would call a duplicate.
      const trace = traceOf(this.run, CANARY_PUBLISHER, this.rounds.takeSeq());
      const answers = [await this.signals.ask(webhook, trace)];
      return async () => {
        for (const seconds of [known / 2, known]) {
          await pause(seconds * 1000);
          answers.push(await this.signals.ask(webhook, trace));
        }
        this.rounds.used(webhook);
        const kinds = this.entered(answers).map(({ kind }) => kind);
        const holds = kinds.join() === "accepted,duplicate,accepted";
        this.measure.signal_expiry_broken.add(holds ? 0 : 1);
        if (!holds) console.warn(`equal signals after 0, ${known / 2} and ${1.5 * known} s were ${kinds.join(", ")}`);
      };
    });
  }

  /** Sends the same signal several times at once, and reports it as one event. */
  private async atOnce(webhook: Webhook, count: number): Promise<Round> {
    const seq = this.rounds.takeSeq();
    const trace: Trace = traceOf(this.run, exec.vu.idInTest, seq);
    const arrived: TimedAnswer[] = [];
    const sentFrom = now();
    const ask = async () => arrived.push(await this.signals.ask(webhook, trace));
    await Promise.all(Array.from({ length: count }, ask));
    this.rounds.used(webhook);
    this.measure.signal_repeats_unproven.add(unprovenRepeats(arrived), arrived.length);
    const counted = this.rounds.saw(this.entered(arrived));
    const became = counted.first > 0 ? "accepted" : counted.failed > 0 ? "failed" : "limited";
    await this.rounds.report(seq, [became], sentFrom);
    return counted;
  }

  /** Enters answers to equal signals, with repeated answers as such. */
  private entered(arrived: readonly TimedAnswer[]): TimedAnswer[] {
    const answers = markRepeats(arrived);
    for (const answer of answers) this.signals.enter(answer, "trial");
    return answers;
  }
}
