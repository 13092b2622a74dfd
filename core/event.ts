import { type Attributes, type Filter, matches } from "./filter.ts";

/** The stream of events of one run, as far as filters see it: what decides which attributes event number `seq` has. */
export interface Stream {
  /** Chooses one stream among many: any 32-bit number. */
  readonly seed: number;
  /** The combinations of attributes that recur; each event draws one. None where nothing is selected. */
  readonly variants: readonly Attributes[];
}

/**
 * A number from 0 to 2^32 - 1 that looks random and depends on nothing but its arguments.
 * The mixing constants are those of MurmurHash3's 32-bit finalizer.
 */
export function draw(seed: number, seq: number): number {
  let mixed = (seed ^ Math.imul(seq + 1, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Which variant event number `seq` is: an index into those of its stream. */
export function variantIndex(seed: number, seq: number, variantCount: number): number {
  return draw(seed, seq) % variantCount;
}

/** For a filter, the function that says of a sequence number whether its event passes; cheap per call. */
export function selector({ seed, variants }: Stream, filter: Filter): (seq: number) => boolean {
  if (variants.length === 0) return () => matches(filter, {});
  const passes = variants.map((variant) => matches(filter, variant));
  return (seq) => passes[variantIndex(seed, seq, passes.length)] === true;
}

/** For every variant that occurs, the first sequence number whose event is of it. */
export function firstOfEachVariant({ seed, variants }: Stream): number[] {
  const count = Math.max(1, variants.length);
  const found = new Map<number, number>();
  // Of so many draws each of the variants is certain to be among them, but for one run in a billion seeds.
  for (let seq = 0; found.size < count && seq < count * 40; seq++) {
    const index = variantIndex(seed, seq, count);
    if (!found.has(index)) found.set(index, seq);
  }
  return [...found.values()];
}
