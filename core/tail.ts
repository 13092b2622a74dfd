/** Resolution of arrivals after the last send, in ms. */
const BUCKET_MS = 10;

/**
 * The deliveries after the last send, which were in flight then. During the load nobody knows which send is the last,
 * so arrivals after the latest one are kept in buckets until the next.
 */
export class Tail {
  private readonly buckets = new Map<number, number>();
  private through = Number.NEGATIVE_INFINITY;
  private latest: number | null = null;

  /** An event's first delivery. @param at Unix ms. */
  delivered(at: number): void {
    this.latest = Math.max(this.latest ?? at, at);
    if (at <= this.through) return;
    const bucket = Math.floor(at / BUCKET_MS);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  /** Events were sent and answered up to a time, in Unix ms. */
  published(through: number): void {
    if (through <= this.through) return;
    this.through = through;
    for (const bucket of this.buckets.keys()) {
      if ((bucket + 1) * BUCKET_MS <= through) this.buckets.delete(bucket);
    }
  }

  /** Number of deliveries after the last send. */
  get count(): number {
    return [...this.buckets.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Unix ms of the last delivery; null before the first. */
  get lastAt(): number | null {
    return this.latest;
  }

  /** Ms from the last send to the last delivery; 0 where nothing was in flight, or the sends are unknown. */
  get length(): number {
    return this.latest === null || !Number.isFinite(this.through) ? 0 : Math.max(0, this.latest - this.through);
  }
}
