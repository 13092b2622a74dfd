/** A timer that is late by more than this means that our own process stood still. */
const STOOD_STILL_MS = 50;

/** The longest time without a right answer, seen by requests at a fixed rate that do not wait for earlier ones. */
export class Outage {
  private since: number | null = null;
  private served = false;

  /** A request is sent. @param at Unix ms. */
  asked(at: number): void {
    this.since ??= at;
  }

  /** A request was answered correctly. @returns ms since the first request without a correct answer. */
  answered(at: number): number {
    const waited = this.since === null ? 0 : Math.max(0, at - this.since);
    this.since = null;
    this.served = true;
    return waited;
  }

  /** We stood still: the target is not to blame for this time. @param late ms. */
  excuse(late: number): void {
    if (late >= STOOD_STILL_MS && this.since !== null) this.since += late;
  }

  /**
   * The end of the requests. @returns ms without a correct answer at the end; null if there never was a correct one,
   * which is no outage.
   */
  ended(at: number): number | null {
    if (!this.served) return null;
    return this.since === null ? 0 : Math.max(0, at - this.since);
  }
}
