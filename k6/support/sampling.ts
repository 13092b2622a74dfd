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

  /** @param perSecond samples to keep each second; below 1 where many share what may be kept. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.shortest = Math.max(1, Math.ceil(1 / perSecond));
    this.stride = this.shortest;
  }

  /** Whether to keep the next value. */
  keeps(): boolean {
    this.counted++;
    return this.place++ % this.stride === 0;
  }

  /** To be called every second: fits the stride to the last second's stream. */
  renew(): void {
    this.stride = Math.max(this.shortest, Math.ceil(this.counted / this.perSecond));
    this.counted = 0;
  }
}
