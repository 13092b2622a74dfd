/** How long the two clocks are compared: a little over a millisecond sees `Date.now()` step, where its truncation is nil. */
const WINDOW_MS = 1.5;
const READINGS = 150;

/** What `Date.now()` leaves out is less than this. */
const TRUNCATED_MS = 1;

/** Clocks of whole milliseconds are behind both readings; on a busy machine an anchor may be off by one. */
export const RESOLUTION_MS = 1;

/** Clocks of two hosts that are compared less exactly than this tell no latency from 25 ms on. */
export const CLOCK_ERROR_MS = 12.5;

/** How far another clock is ahead of ours, and how wrong that may be; both in ms. */
export interface ClockOffset {
  readonly offset: number;
  readonly error: number;
}

/**
 * Compares a clock with ours by several questions: the quickest answer bounds the error by half its time. The
 * arithmetic alone; asking is for those who can.
 */
export class Comparison {
  private found: ClockOffset = { offset: 0, error: Number.POSITIVE_INFINITY };

  /** Enters an answer. @param asked, answered Unix ms by our clock; @param theirs what they answered. */
  enter(asked: number, theirs: number, answered: number): void {
    const error = (answered - asked) / 2;
    if (error < this.found.error) this.found = { offset: theirs - (asked + error), error };
  }

  /** How far they are ahead of us. */
  get best(): ClockOffset {
    return this.found;
  }
}

/**
 * What to add to our own time to speak of another's. Within its own error an offset is noise, which on one
 * machine would only blur the latencies, or make quick ones negative.
 */
export function correctionOf({ offset, error }: ClockOffset): number {
  return Math.abs(offset) > error + RESOLUTION_MS ? offset : 0;
}

/**
 * Wall time with digits below the millisecond. `Date.now()` is true but truncated; a monotonic clock
 * is fine but knows nothing of the wall. The largest difference of the two over a short window is their
 * true distance. It stays so until the wall is set or the clocks drift apart, for which a single reading
 * every so often is enough: a window takes time that a thousand virtual users would spend together.
 */
export class Clock {
  private readonly fine: () => number;
  private readonly lookAfter: number;
  private offset = Number.NaN;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param fine a monotonic clock in milliseconds, with digits behind the point.
   * @param lookAfter after how many milliseconds the wall is looked at again.
   */
  constructor(fine: () => number, lookAfter: number) {
    this.fine = fine;
    this.lookAfter = lookAfter;
  }

  /** Unix time in milliseconds, with microseconds behind the point; within a millisecond of a wall that drifts. */
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
