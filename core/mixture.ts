/**
 * A percentile over several processes, of each of which only its own percentiles are known, and how many samples
 * reach a bound. Percentiles cannot be averaged; counts can be added, so a bound is judged by them, exactly.
 */

/** One process's samples. */
export interface Part {
  readonly samples: number;
  /** Its values by percentile, such as 95; 0 and 100 are minimum and maximum. */
  readonly percentiles: ReadonlyMap<number, number>;
}

/** Percentiles that each of several processes reports: enough to show a mixture, but not used to judge it. */
export const GRID: readonly number[] = [
  ...Array.from({ length: 99 }, (_, place) => place + 1),
  ...Array.from({ length: 9 }, (_, place) => Number((99.1 + place / 10).toFixed(1))),
];

/**
 * Whether a percentile of all samples together lies below a bound.
 *
 * @param reaching samples that are not below the bound.
 */
export function isBelow(percentile: number, samples: number, reaching: number): boolean {
  return Math.ceil((percentile / 100) * (samples - 1)) < samples - reaching;
}

/** The percentile of all samples together, for display: accurate to 1 % of the samples. */
export function percentileOf(percentile: number, parts: readonly Part[]): number {
  const filled = parts.filter(({ samples }) => samples > 0);
  const all = filled.reduce((sum, { samples }) => sum + samples, 0);
  const values = filled.flatMap(({ percentiles }) => [...percentiles.values()]);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    const below = filled.reduce((sum, part) => sum + part.samples * shareBelow(part.percentiles, middle), 0);
    if (below < (percentile / 100) * all) low = middle;
    else high = middle;
  }
  return high;
}

/** The share of samples up to a value, interpolated linearly between the known percentiles. */
function shareBelow(percentiles: Part["percentiles"], value: number): number {
  const known = [...percentiles].sort(([a], [b]) => a - b);
  const place = known.findIndex(([, at]) => at > value);
  if (place === -1) return 1;
  if (place === 0) return 0;
  const [[from, low], [to, high]] = [known[place - 1], known[place]] as [[number, number], [number, number]];
  return (from + ((to - from) * (value - low)) / (high - low)) / 100;
}

/** The percentiles among what k6 aggregated of a latency. */
export function percentilesOf(values: Readonly<Record<string, number>>): Part["percentiles"] {
  const names = { min: 0, med: 50, max: 100 };
  const entries = Object.entries(values).flatMap(([name, value]): [number, number][] => {
    const given = /^p\(([\d.]+)\)$/.exec(name)?.[1];
    const place = given === undefined ? names[name as keyof typeof names] : Number(given);
    return place === undefined ? [] : [[place, value]];
  });
  return new Map(entries);
}
