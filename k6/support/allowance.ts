/** Seconds' worth of what is allowed that may be taken at once: a burst must not hold up what comes behind it. */
const AT_ONCE_SECONDS = 0.05;

/**
 * So many things a second and no more: every one of a slow stream, and evenly spread ones of a fast one.
 * The generic cell rate algorithm (ITU-T I.371): one comparison for each thing that is not taken.
 */
export class Allowance {
  private readonly interval: number;
  private readonly tolerance: number;
  private opensAt = Number.NEGATIVE_INFINITY;

  /** @param perSecond may be less than 1. */
  constructor(perSecond: number) {
    this.interval = 1000 / perSecond;
    // Two at once at least, so that one which comes a moment too early does not cost the one after it.
    this.tolerance = Math.max(AT_ONCE_SECONDS * 1000, 2 * this.interval) - this.interval;
  }

  /** Takes one if there is one left. @param at milliseconds of any clock, in order. */
  take(at: number): boolean {
    if (at < this.opensAt) return false;
    this.opensAt = Math.max(this.opensAt, at - this.tolerance) + this.interval;
    return true;
  }
}
