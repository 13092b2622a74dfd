/**
 * Decides which of a fast stream of values are kept one by one. k6 holds every sample of a Trend in
 * memory, so that a fan-out run would fill it; each second keeps about the same number, taken evenly.
 */
export class Sampling {
  private readonly perSecond: number;
  private readonly shortest: number;
  private stride: number;
  private place = 0;
  private counted = 0;
  private kept = 0;

  /** @param perSecond samples to keep each second; below 1 where many share what may be kept. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.shortest = Math.max(1, Math.ceil(1 / perSecond));
    this.stride = this.shortest;
  }

  /** Whether to keep the next value. */
  keeps(): boolean {
    this.counted++;
    if (this.place++ % this.stride !== 0) return false;
    // Faster than the second before: from here on half as many, as if it had been so from the start.
    if (++this.kept > this.perSecond && this.perSecond >= 1) {
      this.stride *= 2;
      this.kept /= 2;
    }
    return true;
  }

  /** To be called every second: fits the stride to the last second's stream. */
  renew(): void {
    this.stride = Math.max(this.shortest, Math.ceil(this.counted / this.perSecond));
    this.counted = 0;
    this.kept = 0;
  }
}
