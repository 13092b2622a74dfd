/** Canaries sent before looking again: few, because each reaches every path that matches it. */
const ROUND = 10;
export const ROUND_SECONDS = 0.2;
/** What a pipeline is given in the first lap, in which each variant is sent once, if each canary reached every path. */
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

/** When canaries are due, and how many. */
export class Rounds {
  private readonly limits: RoundLimits;
  private nextAt = 0;
  private repeat = ROUND_SECONDS;
  private progress = 0;
  /** Canaries that were due so far, without those that the target refused. */
  sent = 0;

  constructor(limits: RoundLimits) {
    this.limits = limits;
  }

  /** How many are due at a time, with so many paths of which so many have had one. */
  due(at: number, paths: number, ready: number): number {
    const { variants, most } = this.limits;
    // Who has just come may have missed what was sent before. What is limited must last for those who come later.
    if (this.progress !== paths + ready && most === undefined) {
      this.nextAt = Math.min(this.nextAt, at + 1000 * ROUND_SECONDS);
      this.repeat = ROUND_SECONDS;
    }
    this.progress = paths + ready;
    if (at < this.nextAt) return 0;
    const leftInLap = variants - (this.sent % variants);
    const round = Math.min(ROUND, leftInLap, (most ?? Number.POSITIVE_INFINITY) - this.sent);
    if (round <= 0) return 0;
    this.nextAt = at + 1000 * (most === undefined ? this.growing(round === leftInLap) : this.even(at, round, paths));
    this.sent += round;
    return round;
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
    const { variants, most = 0, deadline } = this.limits;
    const share = Math.max(ROUND_SECONDS, ((deadline - at) / 1000) * (round / (most - this.sent)));
    // Of many variants a path may want the last one. How much a pipeline takes at once is known of those with a limit.
    const isFirstLap = this.sent + round < variants && 2 * variants <= most;
    return isFirstLap ? Math.min(share, (round * paths) / LAP_DELIVERIES_PER_SECOND) : share;
  }
}
