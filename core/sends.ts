/** Consecutive events that were sent together, with the time of sending in Unix ms. */
export interface Send {
  readonly firstSeq: number;
  readonly count: number;
  readonly sentFrom: number;
  readonly sentThrough: number;
  /** The sender: any 32-bit number. */
  readonly source: number;
}

/** Fields per send; count and source share one. */
const NUMBERS = 4;
const SOURCES = 2 ** 32;
const SENDS_IN_A_CHUNK = 4096;
type PackedSend = readonly [firstSeq: number, packed: number, sentFrom: number, sentThrough: number];

/**
 * A growing list of sends with disjoint sequence numbers, at 36 bytes each; as objects, ten million of them would take
 * 2 GB. Finds the send of a sequence number by bisection: 0.1 us among a million.
 */
export class Sends {
  private readonly chunks: Float64Array[] = [];
  /** The indexes of all sends, sorted by sequence number. */
  private byNumber = new Uint32Array(64);
  private sends = 0;

  get length(): number {
    return this.sends;
  }

  /** Adds a send. Its sequence numbers must be new. */
  push({ firstSeq, count, sentFrom, sentThrough, source }: Send): void {
    const place = this.sends % SENDS_IN_A_CHUNK;
    if (place === 0) this.chunks.push(new Float64Array(SENDS_IN_A_CHUNK * NUMBERS));
    this.chunks.at(-1)?.set([firstSeq, count * SOURCES + source, sentFrom, sentThrough], place * NUMBERS);
    this.sort(firstSeq);
    this.sends++;
  }

  /** The send that contains an event; null without one. */
  of(seq: number): Send | null {
    const rank = this.rankOf(seq) - 1;
    if (rank < 0) return null;
    const send = this.at(this.byNumber[rank] as number);
    return seq < send.firstSeq + send.count ? send : null;
  }

  /** All sends, in the order in which they were entered. */
  *[Symbol.iterator](): Generator<Send> {
    for (let index = 0; index < this.sends; index++) yield this.at(index);
  }

  /** Reports arrive almost in the order of their numbers, so little has to move. */
  private sort(firstSeq: number): void {
    if (this.sends === this.byNumber.length) {
      const wider = new Uint32Array(this.sends * 2);
      wider.set(this.byNumber);
      this.byNumber = wider;
    }
    const rank = this.rankOf(firstSeq);
    this.byNumber.copyWithin(rank + 1, rank, this.sends);
    this.byNumber[rank] = this.sends;
  }

  /** Number of sends whose first sequence number is at most this. */
  private rankOf(seq: number): number {
    let low = 0;
    let high = this.sends;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.firstSeqAt(this.byNumber[middle] as number) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private firstSeqAt(index: number): number {
    return this.chunks[Math.floor(index / SENDS_IN_A_CHUNK)]?.[(index % SENDS_IN_A_CHUNK) * NUMBERS] as number;
  }

  private at(index: number): Send {
    const chunk = this.chunks[Math.floor(index / SENDS_IN_A_CHUNK)] as Float64Array;
    const place = (index % SENDS_IN_A_CHUNK) * NUMBERS;
    const [firstSeq, packed, sentFrom, sentThrough] = chunk.subarray(place, place + NUMBERS) as unknown as PackedSend;
    return { firstSeq, count: Math.floor(packed / SOURCES), sentFrom, sentThrough, source: packed % SOURCES };
  }
}
