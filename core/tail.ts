/** How finely arrivals behind the last send are told apart, in ms. */
const BUCKET_MS = 10;

/**
 * The deliveries that came after the last event was sent: what was still on its way then. While the load goes on
 * nobody knows which send is the last, so that arrivals behind the latest one are kept in buckets until the next.
 */
export class Tail {
  private readonly buckets = new Map<number, number>();
  private through = Number.NEGATIVE_INFINITY;
  private latest: number | null = null;

  /** An event was delivered for the first time. @param at Unix ms. */
  delivered(at: number): void {
    this.latest = Math.max(this.latest ?? at, at);
    if (at <= this.through) return;
    const bucket = Math.floor(at / BUCKET_MS);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  /** Events were sent and answered up to a moment, in Unix ms. */
  published(through: number): void {
    if (through <= this.through) return;
    this.through = through;
    for (const bucket of this.buckets.keys()) {
      if ((bucket + 1) * BUCKET_MS <= through) this.buckets.delete(bucket);
    }
  }

  /** Deliveries that came after the last send. */
  get count(): number {
    return [...this.buckets.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Unix ms of the last delivery; null before the first. */
  get lastAt(): number | null {
    return this.latest;
  }

  /** Ms from the last send to the last delivery: 0 where nothing was on its way, or nobody said what was sent. */
  get length(): number {
    return this.latest === null || !Number.isFinite(this.through) ? 0 : Math.max(0, this.latest - this.through);
  }
}
