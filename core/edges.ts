/**
 * How far publishers that send side by side may be apart, in ms. Not longer, because clients that come and go
 * may stay for three seconds, of which something has to be left between the edges.
 */
export const EDGE_MS = 1_000;

/** How finely the closing edge is known: it is up to so much longer, in ms. */
export const BUCKET_MS = 250;

const BUCKETS = EDGE_MS / BUCKET_MS + 1;

/** Sequence numbers from the first to the last, both included; none where the first is above the last. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}

/** The lowest sequence number that arrived in one stretch of {@link BUCKET_MS}. */
interface Bucket {
  readonly number: number;
  lowest: number;
}

/**
 * Which sequence numbers a path must have received without a gap, known from its arrivals alone. Publishers send
 * side by side, so that a stream is not in the order of its numbers: below the highest number that arrived first
 * some may have passed before the path was live, and above the lowest that arrived last some may pass after it was
 * left. Whatever lies above all that arrived in its first {@link EDGE_MS}, and below all in its last, did neither.
 *
 * Keeps a handful of numbers, however long a path lives and however much arrives on it.
 */
export class Edges {
  private openedAt = Number.NaN;
  private latest = Number.NEGATIVE_INFINITY;
  private highestOfOpening = -1;
  /** The last buckets, each in the place of its number. */
  private readonly buckets: Bucket[] = [];

  /** Enters an event that had not arrived before. @param at Unix ms of its arrival. */
  record(seq: number, at: number): void {
    // A clock that is set back would put arrivals into buckets that are gone.
    this.latest = Math.max(this.latest, at);
    if (this.highestOfOpening < 0) this.openedAt = at;
    if (this.latest - this.openedAt <= EDGE_MS) this.highestOfOpening = Math.max(this.highestOfOpening, seq);
    const number = Math.floor(this.latest / BUCKET_MS);
    const bucket = this.buckets[number % BUCKETS];
    if (bucket?.number === number) bucket.lowest = Math.min(bucket.lowest, seq);
    else this.buckets[number % BUCKETS] = { number, lowest: seq };
  }

  /**
   * The last sequence number that whoever listened until a moment must have received; -1 where these arrivals go on
   * for so long after it that their closing edge says nothing of it.
   *
   * @param through Unix ms.
   */
  lastBefore(through: number): number {
    return this.latest - through > EDGE_MS - BUCKET_MS ? -1 : this.between().last;
  }

  /**
   * How long losses could be judged, of the time from the first arrival on, in ms: what lies within the edges, or
   * after the last arrival, could be lost unseen.
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
    // By value and not by place: places that have not been reached yet are holes.
    const closing = Object.values(this.buckets).filter(({ number }) => number >= oldest);
    const lowestOfClosing = closing.length === 0 ? 0 : Math.min(...closing.map(({ lowest }) => lowest));
    return { first: this.highestOfOpening + 1, last: lowestOfClosing - 1 };
  }
}
