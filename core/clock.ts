/**
 * Duration of a comparison of the two clocks: within a little over 1 ms `Date.now()` steps, and just then it is exact.
 */
const WINDOW_MS = 1.5;
const READINGS = 150;

/** `Date.now()` truncates by less than this. */
const TRUNCATED_MS = 1;

/** Both readings come from clocks of whole milliseconds; on a busy machine a comparison may be wrong by one. */
export const RESOLUTION_MS = 1;

/** If the clocks of two hosts are compared less exactly than this, a latency bound of 25 ms cannot be judged. */
export const CLOCK_ERROR_MS = 12.5;

/** How far another clock is ahead of ours, and the error of that; both in ms. */
export interface ClockOffset {
  readonly offset: number;
  readonly error: number;
}

/**
 * Compares another clock with ours by several requests: the quickest answer bounds the error by half its duration. The
 * callers send the requests.
 */
export class ClockComparison {
  private found: ClockOffset = { offset: 0, error: Number.POSITIVE_INFINITY };

  /** Enters an answer. @param asked, answered Unix ms by our clock; @param theirs the other clock's time. */
  enter(asked: number, theirs: number, answered: number): void {
    const error = (answered - asked) / 2;
    if (error < this.found.error) this.found = { offset: theirs - (asked + error), error };
  }

  /** The best known offset. */
  get best(): ClockOffset {
    return this.found;
  }
}

/**
 * What to add to our time to get the other clock's. An offset within its own error is noise: on one machine, correcting
 * for it would blur latencies or make quick ones negative.
 */
export function correctionOf({ offset, error }: ClockOffset): number {
  return Math.abs(offset) > error + RESOLUTION_MS ? offset : 0;
}

/**
 * Wall time with microseconds. `Date.now()` is correct but truncated; a monotonic clock is precise but has no wall
 * time. The largest difference between both over a short window is their true distance. It is valid until the wall
 * clock is set or the clocks drift apart. A single reading now and then detects that; another window would be too
 * expensive for a thousand virtual users.
 */
export class Clock {
  private readonly fine: () => number;
  private readonly lookAfter: number;
  private offset = Number.NaN;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param fine a monotonic clock in milliseconds with fractions.
   * @param lookAfter ms after which the wall clock is read again.
   */
  constructor(fine: () => number, lookAfter: number) {
    this.fine = fine;
    this.lookAfter = lookAfter;
  }

  /** Unix ms with microseconds; within a millisecond of a drifting wall clock. */
  now(): number {
    if (this.fine() - this.lookedAt > this.lookAfter) this.look();
    return this.fine() + this.offset;
  }

  private look(): void {
    const seen = Date.now() - this.fine();
    if (!(seen <= this.offset && seen > this.offset - TRUNCATED_MS)) this.compare();
    this.lookedAt = this.fine();
  }

  private compare(): void {
    const until = this.fine() + WINDOW_MS;
    let offset = Number.NEGATIVE_INFINITY;
    for (let reading = 0; reading < READINGS || this.fine() < until; reading++) {
      offset = Math.max(offset, Date.now() - this.fine());
    }
    this.offset = offset;
  }
}
