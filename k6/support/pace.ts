import exec from "k6/execution";

/** The shortest pause between two reports, in ms. Many virtual users take 1 ms each: their reports would come at once. */
const SOON_MS = 50;

/** When the next report of a virtual user is due: soon after what the run waits for, and ever later from then on. */
export class Pace {
  private readonly soon: number;
  private readonly longest: number;
  /** Ms from one report to the next. */
  pause: number;

  /**
   * @param longest the longest pause, in ms.
   * @param instances k6 processes with as many virtual users each, which report to the same receiver.
   */
  constructor(longest: number, instances: number) {
    this.longest = longest;
    this.pause = longest;
    this.soon = Math.min(longest, Math.max(SOON_MS, instances * exec.instance.vusInitialized));
  }

  /** A report was made. */
  slowDown(): void {
    this.pause = Math.min(this.longest, 2 * this.pause);
  }

  /**
   * The run waits for the next report: before its load for a path and its first canary, after it for the last
   * deliveries.
   *
   * @returns whether that report is due earlier now.
   */
  hurry(): boolean {
    if (this.pause <= this.soon) return false;
    this.pause = this.soon;
    return true;
  }
}
