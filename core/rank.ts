/**
 * Converts a percentile of all samples to one of the dated samples, where undated ones are slower; above 100 it is
 * unknown.
 */
export function rankAmong(percentile: number, samples: number, undated: number): number {
  return samples === 0 ? percentile : (percentile * (samples + undated)) / samples;
}
