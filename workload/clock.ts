/** How long the two clocks are compared: a little over a millisecond sees `Date.now()` step, where its truncation is nil. */
const WINDOW_MS = 1.5;
const READINGS = 150;

/**
 * Wall time with digits below the millisecond. `Date.now()` is true but truncated; a monotonic clock
 * is fine but knows nothing of the wall and drifts from it. The largest difference of the two over a
 * short window is their true distance, and it is measured again every so often.
 */
export class Clock {
  private readonly fine: () => number;
  private readonly renewAfter: number;
  private offset = Number.NEGATIVE_INFINITY;
  private measuredAt = Number.NEGATIVE_INFINITY;

  /**
   * @param fine a monotonic clock in milliseconds, with digits behind the point.
   * @param renewAfter how many milliseconds a comparison is good for.
   */
  constructor(fine: () => number, renewAfter: number) {
    this.fine = fine;
    this.renewAfter = renewAfter;
  }

  /** Unix time in milliseconds, with microseconds behind the point. */
  now(): number {
    if (this.fine() - this.measuredAt > this.renewAfter) this.compare();
    return this.fine() + this.offset;
  }

  private compare(): void {
    const until = this.fine() + WINDOW_MS;
    let offset = Number.NEGATIVE_INFINITY;
    for (let reading = 0; reading < READINGS || this.fine() < until; reading++) {
      offset = Math.max(offset, Date.now() - this.fine());
    }
    this.offset = offset;
    this.measuredAt = this.fine();
  }
}
