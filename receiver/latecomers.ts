/** Counts arrivals that are reported after the account is closed; they change nothing else. */
export class Latecomers {
  /** Unix ms. */
  readonly closedAt: number;
  private readonly lost: number;
  private late = 0;
  private unjudged = 0;

  /** @param lost number of lost deliveries in the account. */
  constructor(closedAt: number, lost: number) {
    this.closedAt = closedAt;
    this.lost = lost;
  }

  /**
   * Events were reported late. Subscribers report within a second what they saw before, so some of these arrived in
   * time. They still count as late if they are duplicates, belong elsewhere, or may be among the lost ones.
   *
   * @param count number of events, including duplicates.
   * @param first number of first arrivals where they belong.
   * @param times their arrival times in Unix ms; now by default.
   */
  arrived(count: number, first: number, times?: readonly number[]): void {
    const after = times?.filter((at) => at > this.closedAt).length ?? count;
    this.late += this.lost > 0 ? count : Math.max(after, count - first);
  }

  /** Events arrived in time on paths that were unknown when the account was closed. */
  inTimeOnUnknownPaths(count: number): void {
    this.unjudged += count;
  }

  /** Adds the late arrivals to an account. */
  addedTo(account: { readonly unjudged: number }): { readonly unjudged: number; readonly late: number } {
    return { unjudged: account.unjudged + this.unjudged, late: this.late };
  }
}
