/** A growing set of sequence numbers that takes one bit each, so that ten million events cost 1.25 MB. */
export class Bitset {
  private words = new Uint32Array(32);
  private members = 0;

  /** The numbers that are in any of the sets. */
  static union(sets: Iterable<Bitset>): Bitset {
    const all = new Bitset();
    for (const set of sets) all.addAll(set);
    return all;
  }

  /** How many numbers are in the set. */
  get size(): number {
    return this.members;
  }

  /** Adds a number. @returns false if it was already there. @throws RangeError for any but an integer from 0 to 2^32 - 1. */
  add(seq: number): boolean {
    if (seq >>> 0 !== seq)
      throw new RangeError(`${seq} is no member of such a set; allowed: integers from 0 to 2^32 - 1`);
    const index = seq >>> 5;
    if (index >= this.words.length) this.grow(index);
    const bit = 1 << (seq & 31);
    const word = this.words[index] as number;
    if (word & bit) return false;
    this.words[index] = word | bit;
    this.members++;
    return true;
  }

  private addAll({ words }: Bitset): void {
    if (words.length > this.words.length) this.grow(words.length - 1);
    for (let index = 0; index < words.length; index++) {
      const before = this.words[index] as number;
      let added = (words[index] as number) & ~before;
      if (added === 0) continue;
      this.words[index] = before | added;
      for (; added !== 0; added &= added - 1) this.members++;
    }
  }

  /** Whether a number is in the set. */
  has(seq: number): boolean {
    const word = seq >>> 0 === seq ? this.words[seq >>> 5] : undefined;
    return word !== undefined && (word & (1 << (seq & 31))) !== 0;
  }

  /** The members in ascending order. */
  [Symbol.iterator](): Generator<number> {
    return this.without(NOTHING);
  }

  /** The members that are not in another set, in ascending order. */
  without(other: Bitset): Generator<number> {
    return this.masked((index) => ~(other.words[index] ?? 0));
  }

  /** The members that are also in another set, in ascending order. */
  within(other: Bitset): Generator<number> {
    return this.masked((index) => other.words[index] ?? 0);
  }

  private *masked(maskOf: (index: number) => number): Generator<number> {
    for (let index = 0; index < this.words.length; index++) {
      let word = (this.words[index] as number) & maskOf(index);
      while (word !== 0) {
        yield index * 32 + (31 - Math.clz32(word & -word));
        word &= word - 1;
      }
    }
  }

  private grow(index: number): void {
    const wider = new Uint32Array(Math.max(index + 1, this.words.length * 2));
    wider.set(this.words);
    this.words = wider;
  }
}

const NOTHING = new Bitset();
