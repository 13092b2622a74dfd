/** Arrivals that the receiver is told of when it has closed the account: they are counted, and change nothing else. */
export class Latecomers {
  /** Unix ms. */
  readonly closedAt: number;
  private readonly lost: number;
  private late = 0;
  private unjudged = 0;

  /**
   * @param closedAt Unix ms.
   * @param lost how many deliveries the account says are lost.
   */
  constructor(closedAt: number, lost: number) {
    this.closedAt = closedAt;
    this.lost = lost;
  }

  /**
   * Events were told of: subscribers tell within a second what they saw before, and some of it nobody waited for. What
   * came in time is late all the same where it is a repetition or belongs elsewhere, or where it may be among the lost.
   *
   * @param count how many, repetitions too.
   * @param first how many of them for the first time, and where they belong.
   * @param times when each arrived, in Unix ms; just now unless told.
   */
  arrived(count: number, first: number, times?: readonly number[]): void {
    const after = times?.filter((at) => at > this.closedAt).length ?? count;
    this.late += this.lost > 0 ? count : Math.max(after, count - first);
  }

  /** So many events came in time on paths that were not known when the account was closed. */
  inTimeOnUnknownPaths(count: number): void {
    this.unjudged += count;
  }

  /** What they add to an account. */
  addedTo(account: { readonly unjudged: number }): { readonly unjudged: number; readonly late: number } {
    return { unjudged: account.unjudged + this.unjudged, late: this.late };
  }
}
