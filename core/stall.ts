/** A stall is an answer that took at least this long ... */
const LEAST_MS = 1_000;
/** ... and this many times the usual time: an endpoint that is always slow does not stall. */
const TIMES = 5;
/** Number of recent answers that define the usual time, and how many are needed for it. */
const KEPT = 21;
const FEWEST = 5;

/**
 * Detects stalls of one endpoint. Visitors of a closed model send nothing while they wait, so a stall costs each of
 * them only one slow answer, which p95 does not show.
 */
export class StallWatch {
  private readonly lately: number[] = [];

  /**
   * @param took ms from request to correct answer. @returns ms of that in which the target stalled; 0 without a stall.
   */
  answered(took: number): number {
    const sorted = [...this.lately].sort((one, other) => one - other);
    const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const isHeldUp = sorted.length >= FEWEST && took >= LEAST_MS && took >= TIMES * usual;
    this.lately.push(took);
    if (this.lately.length > KEPT) this.lately.shift();
    return isHeldUp ? took : 0;
  }
}
