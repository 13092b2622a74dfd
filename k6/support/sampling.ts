/** What comes in a shorter time, a clock that ticks in milliseconds cannot tell from a burst. */
const SHORTEST_SECONDS = 0.01;

/**
 * An even sample of a fast stream. k6 holds every sample of a Trend in memory, so that a fan-out run
 * would fill it; each second keeps about the same number. What is kept waits until it is taken, so that
 * a stream which turns out faster than it began is thinned from its beginning, and no moment of it
 * counts for more than another.
 */
export class Sampling<Value> {
  private readonly perSecond: number;
  private readonly shortest: number;
  private readonly most: number;
  private stride: number;
  private skip: number;
  private counted = 0;
  private kept: Value[] = [];

  /**
   * @param perSecond values to keep each second; below 1 where many share what may be kept.
   * @param place which of the many this is: they take turns, so that not all keep their first value.
   */
  constructor(perSecond: number, place = 0) {
    this.perSecond = perSecond;
    this.shortest = Math.max(1, Math.ceil(1 / perSecond));
    this.most = Math.max(1, perSecond);
    this.stride = this.shortest;
    this.skip = place % this.shortest;
  }

  /** Whether the next value is one to {@link keep}. */
  keeps(): boolean {
    this.counted++;
    if (this.skip > 0) {
      this.skip--;
      return false;
    }
    this.skip = this.stride - 1;
    return true;
  }

  /** Keeps the value that was asked for. */
  keep(value: Value): void {
    this.kept.push(value);
    if (this.kept.length > this.most) this.thin();
  }

  /**
   * Takes out what was kept, in order, and fits the stride to the stream.
   *
   * @param seconds since it was taken the last time.
   */
  take(seconds: number): Value[] {
    const due = this.perSecond * Math.max(seconds, SHORTEST_SECONDS);
    // A stream that is but a little faster than before keeps its stride, and each of its values counts the same.
    if (this.kept.length > 2 * due) while (this.kept.length >= due + 1) this.thin();
    const { kept } = this;
    this.kept = [];
    this.stride = Math.max(this.shortest, Math.ceil(this.counted / due));
    this.skip = Math.min(this.skip, this.stride - 1);
    this.counted = 0;
    return kept;
  }

  /** Half as many, as if it had been so from the start. */
  private thin(): void {
    const lastStays = this.kept.length % 2 === 1;
    this.kept = this.kept.filter((_, place) => place % 2 === 0);
    if (lastStays) this.skip += this.stride;
    this.stride *= 2;
  }
}
