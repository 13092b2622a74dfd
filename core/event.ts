import { type Attributes, type Filter, matches } from "./filter.ts";

/** The stream of events of one run as filters see it: it decides which attributes event number `seq` has. */
export interface Stream {
  /** Selects one of many streams: any 32-bit number. */
  readonly seed: number;
  /** The combinations of attributes; each event draws one. Empty where no filter selects events. */
  readonly variants: readonly Attributes[];
  readonly unwanted?: UnwantedVariants | undefined;
}

/** Variants that no filter selects: the last `count` ones, drawn with a share of their own from 0 to 1. */
export interface UnwantedVariants {
  readonly share: number;
  readonly count: number;
}

/**
 * A pseudo-random number from 0 to 2^32 - 1 that depends only on its arguments. The constants are those of
 * MurmurHash3's 32-bit finalizer.
 */
export function draw(seed: number, seq: number): number {
  let mixed = (seed ^ Math.imul(seq + 1, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The variant of event number `seq`: an index into its stream's variants. */
export function variantIndex(seed: number, seq: number, variantCount: number, unwanted?: UnwantedVariants): number {
  const drawn = draw(seed, seq);
  if (unwanted === undefined) return drawn % variantCount;
  const { share, count } = unwanted;
  const wanted = variantCount - count;
  // Drawn again, so that the choice among the wanted ones does not depend on the share.
  const isUnwanted = share > 0 && count > 0 && draw(drawn, seq) < share * 2 ** 32;
  return isUnwanted ? wanted + (drawn % count) : drawn % wanted;
}

/** A function that says whether event `seq` passes a filter; cheap per call. */
export function selector({ seed, variants, unwanted }: Stream, filter: Filter): (seq: number) => boolean {
  if (variants.length === 0) return () => matches(filter, {});
  const passes = variants.map((variant) => matches(filter, variant));
  return (seq) => passes[variantIndex(seed, seq, passes.length, unwanted)] === true;
}

/** The first sequence number of each variant that occurs. */
export function firstOfEachVariant({ seed, variants, unwanted }: Stream): number[] {
  const count = Math.max(1, variants.length);
  const found = new Map<number, number>();
  // Among so many draws every variant occurs, except for one in a billion seeds.
  for (let seq = 0; found.size < count && seq < count * 40; seq++) {
    const index = variantIndex(seed, seq, count, unwanted);
    if (!found.has(index)) found.set(index, seq);
  }
  return [...found.values()];
}
