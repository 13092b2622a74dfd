import type { HealthSample } from "./sample.ts";

/** More than an hour at four samples a second. Beyond that, older samples are thinned out. */
export const MOST_SAMPLES = 20_000;

/** The first samples are kept: they define the initial memory. */
const FIRST = 5;

/**
 * Drops every second sample of the older half. The beginning, the highest memory and CPU, and the floor of the memory
 * stay, because the sample with less memory of each pair is kept.
 */
export function thinned(samples: readonly HealthSample[]): HealthSample[] {
  const half = Math.floor(samples.length / 2);
  const highest = [highestBy(samples, ({ rssMb }) => rssMb), highestBy(samples, ({ cpu }) => cpu)];
  const kept = samples.slice(FIRST, half).filter((one, place, older) => {
    if (highest.includes(one)) return true;
    const isFirst = place % 2 === 0;
    const other = older[isFirst ? place + 1 : place - 1];
    if (other === undefined) return true;
    const [mine, its] = [one.rssMb ?? Number.POSITIVE_INFINITY, other.rssMb ?? Number.POSITIVE_INFINITY];
    return isFirst ? mine <= its : mine < its;
  });
  return [...samples.slice(0, FIRST), ...kept, ...samples.slice(half)];
}

function highestBy(samples: readonly HealthSample[], of: (sample: HealthSample) => number | null) {
  const value = (sample: HealthSample) => of(sample) ?? Number.NEGATIVE_INFINITY;
  return samples.reduce<HealthSample | undefined>(
    (most, one) => (most === undefined || value(one) > value(most) ? one : most),
    undefined,
  );
}
