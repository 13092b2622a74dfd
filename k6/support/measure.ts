import type { FAMILIES, MetricName } from "../../systems/metrics.ts";

/** A metric with its samples counted beside it, so that an objective can ask for enough of them. */
export interface Measure {
  /**
   * Enters a value. For counts and tallies it is how many.
   *
   * @param outOf how many things were looked at; 1 unless told, 0 when that was told before.
   */
  add(value: number | boolean, outOf?: number): void;
  /** Says how many things were looked at, for values that were added with 0. */
  looked(outOf: number): void;
}

export type Family = keyof typeof FAMILIES;
type NamesOf<F extends Family> = F extends Family ? Extract<keyof (typeof FAMILIES)[F], MetricName> : never;

/** The metrics of some families. */
export type Measures<F extends Family> = Readonly<Record<NamesOf<F>, Measure>>;
