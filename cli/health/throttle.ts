/** Limits an expensive action to a share of the time. */
export class Throttle {
  private readonly everyMs: number;
  private readonly share: number;
  private readonly atLeastMs: number;
  private readonly now: () => number;
  private dueAt = Number.NEGATIVE_INFINITY;

  /**
   * @param everyMs the shortest pause between two times.
   * @param share of the time that it may take; the pause becomes longer for it.
   * @param atLeastMs the longest pause, whatever it takes.
   * @param now ms, from any origin.
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

  /** Does it now, due or not. */
  run(work: () => void): void {
    const started = this.now();
    work();
    const ended = this.now();
    this.dueAt = ended + Math.min(this.atLeastMs, Math.max(this.everyMs, (ended - started) / this.share));
  }
}
