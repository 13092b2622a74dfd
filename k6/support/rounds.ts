/** Canaries sent before looking again: few, because each reaches every path that matches it. */
const ROUND = 10;
export const ROUND_SECONDS = 0.2;
/** What a pipeline is given in a quick lap, in which each variant is sent once, if each canary reached every path. */
const LAP_DELIVERIES_PER_SECOND = 50_000;

/** A lap that brought nothing is repeated after ever longer pauses: what comes out of nowhere would only fill up. */
const REPEAT_GROWTH = 5;
const LONGEST_REPEAT_SECONDS = 10;

/** While a target refuses all: its answer is looked at, and what it refuses goes nowhere. */
const REFUSED_PAUSE_SECONDS = 0.5;

interface RoundLimits {
  /** How many variants there are; to send each once is a lap. */
  readonly variants: number;
  /** The most canaries, spread over the time; undefined for laps with growing pauses between them. */
  readonly most: number | undefined;
  /** Unix ms. */
  readonly deadline: number;
}

/** Who has joined. */
interface Joined {
  readonly paths: number;
  /** How many of them have had a canary. */
  readonly ready: number;
  /** Whether these are all that were asked for. */
  readonly isComplete: boolean;
}

/** When canaries are due, and how many. */
export class Rounds {
  private readonly limits: RoundLimits;
  private nextAt = 0;
  private repeat = ROUND_SECONDS;
  private progress = 0;
  private isComplete = false;
  /** Canaries after which the quick lap is over. */
  private quickUntil: number;
  /** Canaries that were due so far, without those that the target refused. */
  sent = 0;

  constructor(limits: RoundLimits) {
    const { variants, most = 0 } = limits;
    this.limits = limits;
    this.quickUntil = 2 * variants > most ? 0 : variants;
  }

  /** How many are due at a time. */
  due(at: number, { paths, ready, isComplete }: Joined): number {
    const { variants, most } = this.limits;
    // Who has just come may have missed what was sent before. What is limited must last for those who come later.
    if (this.progress !== paths + ready && most === undefined) {
      this.nextAt = Math.min(this.nextAt, at + 1000 * ROUND_SECONDS);
      this.repeat = ROUND_SECONDS;
    }
    this.progress = paths + ready;
    if (isComplete && !this.isComplete && this.sent > 0) this.hurry(at);
    this.isComplete = isComplete;
    if (at < this.nextAt) return 0;
    const leftInLap = variants - (this.sent % variants);
    const round = Math.min(ROUND, leftInLap, (most ?? Number.POSITIVE_INFINITY) - this.sent);
    if (round <= 0) return 0;
    this.nextAt = at + 1000 * (most === undefined ? this.growing(round === leftInLap) : this.even(at, round, paths));
    this.sent += round;
    return round;
  }

  /** All have joined: a quick lap for the last of them, as for the first, where another is left. */
  private hurry(at: number): void {
    const { variants, most } = this.limits;
    if (most === undefined || this.sent + 2 * variants > most) return;
    this.quickUntil = this.sent + variants;
    this.nextAt = Math.min(this.nextAt, at + 1000 * ROUND_SECONDS);
  }

  /** The target has refused all so far: they are as if they had not been sent, and the first are due again. */
  refused(at: number): void {
    this.sent = 0;
    this.repeat = ROUND_SECONDS;
    this.nextAt = at + 1000 * REFUSED_PAUSE_SECONDS;
  }

  /** Seconds until the next round: within a lap a path may want the last variant, however many there are. */
  private growing(isLap: boolean): number {
    if (!isLap) return ROUND_SECONDS;
    const pause = this.repeat;
    this.repeat = Math.min(LONGEST_REPEAT_SECONDS, REPEAT_GROWTH * pause);
    return pause;
  }

  /** Seconds until the next round, where what is left must last until the time is over. */
  private even(at: number, round: number, paths: number): number {
    const { most = 0, deadline } = this.limits;
    const share = Math.max(ROUND_SECONDS, ((deadline - at) / 1000) * (round / (most - this.sent)));
    // Of many variants a path may want the last one. How much a pipeline takes at once is known of those with a limit.
    const isQuick = this.sent + round < this.quickUntil;
    return isQuick ? Math.min(share, (round * paths) / LAP_DELIVERIES_PER_SECOND) : share;
  }
}
