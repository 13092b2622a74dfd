/** A clock or timer that is late by less says nothing of the target; by more, we stood still ourselves. */
const STOOD_STILL_MS = 50;

/** The longest time without a right answer, seen by requests at a fixed pace that do not wait for earlier ones. */
export class Outage {
  private since: number | null = null;
  private served = false;

  /** A question is asked. @param at Unix ms. */
  asked(at: number): void {
    this.since ??= at;
  }

  /** It was answered rightly. @returns ms since the first question that got no right answer. */
  answered(at: number): number {
    const waited = this.since === null ? 0 : Math.max(0, at - this.since);
    this.since = null;
    this.served = true;
    return waited;
  }

  /** We stood still for so long: nobody was served in that time. @param late ms. */
  excuse(late: number): void {
    if (late >= STOOD_STILL_MS && this.since !== null) this.since += late;
  }

  /** Nothing more is asked. @returns ms without a right answer at the end; null for what was never right: that is no outage. */
  ended(at: number): number | null {
    if (!this.served) return null;
    return this.since === null ? 0 : Math.max(0, at - this.since);
  }
}
