/**
 * How far apart concurrent publishers may be, in ms. Not more, because short-lived clients may stay for three seconds,
 * and something must be left between both edges.
 */
export const EDGE_MS = 1_000;

/** Resolution of the closing edge, which may be longer by up to this, in ms. */
export const BUCKET_MS = 250;

const BUCKETS = EDGE_MS / BUCKET_MS + 1;

/** Sequence numbers from first to last, inclusive; none if first is above last. */
interface SeqRange {
  readonly first: number;
  readonly last: number;
}

/** The lowest sequence number that arrived within one interval of {@link BUCKET_MS}. */
interface Bucket {
  readonly number: number;
  lowest: number;
}

/**
 * Decides, from a path's arrivals alone, which sequence numbers it must have received without a gap. Publishers send
 * concurrently, so a stream is not ordered by sequence number. Numbers below the highest early arrival may have passed
 * before the path was live; numbers above the lowest late arrival may pass after it closed. Numbers above everything
 * that arrived in its first {@link EDGE_MS} and below everything in its last can do neither.
 *
 * Memory is constant, however long a path lives.
 */
export class Edges {
  private openedAt = Number.NaN;
  private latest = Number.NEGATIVE_INFINITY;
  private highestOfOpening = -1;
  /** The last buckets, in a ring. */
  private readonly buckets: Bucket[] = [];

  /** Enters the first arrival of an event. @param at Unix ms of its arrival. */
  record(seq: number, at: number): void {
    // If the clock is set back, the bucket may be gone already.
    this.latest = Math.max(this.latest, at);
    if (this.highestOfOpening < 0) this.openedAt = at;
    if (this.latest - this.openedAt <= EDGE_MS) this.highestOfOpening = Math.max(this.highestOfOpening, seq);
    const number = Math.floor(this.latest / BUCKET_MS);
    const bucket = this.buckets[number % BUCKETS];
    if (bucket?.number === number) bucket.lowest = Math.min(bucket.lowest, seq);
    else this.buckets[number % BUCKETS] = { number, lowest: seq };
  }

  /**
   * The last sequence number that a listener until `through` must have received; -1 where these arrivals go on too long
   * after it to say anything about its closing edge.
   *
   * @param through Unix ms.
   */
  lastBefore(through: number): number {
    return this.latest - through > EDGE_MS - BUCKET_MS ? -1 : this.between().last;
  }

  /**
   * The part of the time since the first arrival, in ms, in which losses could be judged: within the edges or after the
   * last arrival, a loss could go unseen.
   *
   * @param through Unix ms until which the path was live.
   */
  judgedTime(through: number): { readonly judged: number; readonly lived: number } {
    if (this.highestOfOpening < 0) return { judged: 0, lived: 0 };
    const lived = Math.max(0, through - this.openedAt);
    return { judged: Math.min(lived, Math.max(0, this.latest - this.openedAt - 2 * EDGE_MS)), lived };
  }

  /** The sequence numbers between the edges; none where the path was too short for both. */
  between(): SeqRange {
    const oldest = Math.floor((this.latest - EDGE_MS) / BUCKET_MS);
    // By number and not by index: unused places of the ring are holes.
    const closing = Object.values(this.buckets).filter(({ number }) => number >= oldest);
    const lowestOfClosing = closing.length === 0 ? 0 : Math.min(...closing.map(({ lowest }) => lowest));
    return { first: this.highestOfOpening + 1, last: lowestOfClosing - 1 };
  }
}
