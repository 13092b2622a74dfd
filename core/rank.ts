/** Which percentile of so many samples is that of all, where those that are undated are slower; above 100 it is unknown. */
export function rankAmong(percentile: number, samples: number, undated: number): number {
  return samples === 0 ? percentile : (percentile * (samples + undated)) / samples;
}
