/** From here on an answer may have come late because the target stood still ... */
const LEAST_MS = 1_000;
/** ... where it took so many times as long as usual: what is slow by nature stands still for nobody. */
const TIMES = 5;
/** As many answers say what is usual, and so few say nothing yet. */
const KEPT = 21;
const FEWEST = 5;

/**
 * Whether the answers of one endpoint were held up. Visitors of a closed loop ask nothing while they wait: what stands
 * still for all of them costs each a single slow answer among many, which leaves p95 as it was.
 */
export class StallWatch {
  private readonly lately: number[] = [];

  /** @param took ms from asking to a right answer. @returns how many ms of that the target stood still; 0 where it did not. */
  answered(took: number): number {
    const sorted = [...this.lately].sort((one, other) => one - other);
    const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const isHeldUp = sorted.length >= FEWEST && took >= LEAST_MS && took >= TIMES * usual;
    this.lately.push(took);
    if (this.lately.length > KEPT) this.lately.shift();
    return isHeldUp ? took : 0;
  }
}
