/** Limits how much of the time an expensive action may take. */
export class Throttle {
  private readonly everyMs: number;
  private readonly share: number;
  private readonly atLeastMs: number;
  private readonly now: () => number;
  private dueAt = Number.NEGATIVE_INFINITY;

  /**
   * @param everyMs the shortest interval.
   * @param share of the time that the action may take; a slow action makes the interval longer.
   * @param atLeastMs the longest interval, however slow the action is.
   * @param now a clock in ms.
   */
  constructor(everyMs: number, share: number, atLeastMs = Number.POSITIVE_INFINITY, now = () => performance.now()) {
    this.everyMs = everyMs;
    this.share = share;
    this.atLeastMs = atLeastMs;
    this.now = now;
  }

  get isDue(): boolean {
    return this.now() >= this.dueAt;
  }

  /** Runs the action now, whether due or not. */
  run(work: () => void): void {
    const started = this.now();
    work();
    const ended = this.now();
    this.dueAt = ended + Math.min(this.atLeastMs, Math.max(this.everyMs, (ended - started) / this.share));
  }
}
