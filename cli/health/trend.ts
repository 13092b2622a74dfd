/** The trend of a series of readings, with its confidence. Pure. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A slope in units of y per unit of x. */
export interface Slope {
  readonly likely: number;
  /** Bounds of the slope with 95 % confidence. */
  readonly low: number;
  readonly high: number;
}

/** Standard normal quantile of a two-sided 95 % interval. */
const Z = 1.96;

/** With fewer points there is no confidence interval. */
export const LEAST_POINTS = 8;

/**
 * The slope of a series by Theil and Sen: the median slope of all pairs of points, which resists outliers. Its
 * confidence interval comes from the variance of Kendall's statistic, so that no normal noise is assumed.
 *
 * @throws RangeError with fewer than {@link LEAST_POINTS} points, or when all have the same x.
 */
export function slopeOf(points: readonly Point[]): Slope {
  if (points.length < LEAST_POINTS) throw new RangeError(`${points.length} points have no trend`);
  const slopes: number[] = [];
  for (const [at, one] of points.entries()) {
    for (const other of points.slice(at + 1)) {
      if (other.x !== one.x) slopes.push((other.y - one.y) / (other.x - one.x));
    }
  }
  if (slopes.length === 0) throw new RangeError("points at one place have no trend");
  slopes.sort((one, other) => one - other);
  const reach = Z * Math.sqrt(varianceOf(points));
  return {
    likely: (at(slopes, (slopes.length - 1) / 2) + at(slopes, slopes.length / 2)) / 2,
    low: at(slopes, Math.floor((slopes.length - reach) / 2) - 1),
    high: at(slopes, Math.ceil((slopes.length + reach) / 2)),
  };
}

/** Variance of Kendall's statistic without a trend, corrected for ties. */
function varianceOf(points: readonly Point[]): number {
  const variance = (n: number) => (n * (n - 1) * (2 * n + 5)) / 18;
  const ties = new Map<number, number>();
  for (const { y } of points) ties.set(y, (ties.get(y) ?? 0) + 1);
  return [...ties.values()].reduce((sum, times) => sum - variance(times), variance(points.length));
}

function at(sorted: readonly number[], place: number): number {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.floor(place)))] as number;
}
