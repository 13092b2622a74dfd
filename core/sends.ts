/** Consecutive events that were sent together: from when to when, in Unix ms. */
export interface Send {
  readonly firstSeq: number;
  readonly count: number;
  readonly sentFrom: number;
  readonly sentThrough: number;
}

const NUMBERS = 4;
const SENDS_IN_A_CHUNK = 4096;

/** A growing list of sends at 32 bytes each; as objects, ten million of them would cost 2 GB. */
export class Sends {
  private readonly chunks: Float64Array[] = [];
  private sends = 0;

  get length(): number {
    return this.sends;
  }

  push({ firstSeq, count, sentFrom, sentThrough }: Send): void {
    const place = this.sends++ % SENDS_IN_A_CHUNK;
    if (place === 0) this.chunks.push(new Float64Array(SENDS_IN_A_CHUNK * NUMBERS));
    this.chunks.at(-1)?.set([firstSeq, count, sentFrom, sentThrough], place * NUMBERS);
  }

  /** All of them, in the order they were entered. */
  *[Symbol.iterator](): Generator<Send> {
    for (let index = 0; index < this.sends; index++) {
      const chunk = this.chunks[Math.floor(index / SENDS_IN_A_CHUNK)] as Float64Array;
      const place = (index % SENDS_IN_A_CHUNK) * NUMBERS;
      const [firstSeq, count, sentFrom, sentThrough] = chunk.subarray(place, place + NUMBERS);
      yield { firstSeq, count, sentFrom, sentThrough } as Send;
    }
  }
}
