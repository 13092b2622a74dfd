/** Seconds' worth of what is allowed that may be taken at once: a burst must not hold up what comes behind it. */
const AT_ONCE_SECONDS = 0.2;

/** So many things a second and no more: every one of a slow stream, and evenly spread ones of a fast one. */
export class Allowance {
  private readonly perSecond: number;
  private readonly most: number;
  private left: number;
  private takenAt = 0;

  /** @param perSecond may be less than 1. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
    // Two, so that one which comes a moment too early does not cost the one after it.
    this.most = Math.max(2, perSecond * AT_ONCE_SECONDS);
    this.left = this.most;
  }

  /** Takes one if there is one left. @param at milliseconds of any clock, in order. */
  take(at: number): boolean {
    const elapsed = at - this.takenAt;
    this.takenAt = at;
    if (elapsed > 0) {
      const refilled = this.left + (elapsed / 1000) * this.perSecond;
      this.left = refilled > this.most ? this.most : refilled;
    }
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}
