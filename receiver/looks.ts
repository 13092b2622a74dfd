import { Histogram } from "../core/histogram.ts";
import type { LookAccount } from "../core/looks.ts";

/** The looks that found the events of a run. */
export class Looks {
  private readonly earliest = new Histogram();
  private longest = 0;
  private found = 0;

  /**
   * An event was found.
   *
   * @param since Unix ms of the last look that would have shown it. @param at Unix ms of the one that did.
   */
  enter(publishedAt: number, since: number, at: number): void {
    this.found++;
    const from = Math.max(since, publishedAt);
    this.longest = Math.max(this.longest, at - from);
    // One that clocks date before its sending is one at both ends.
    this.earliest.record(Math.min(from, at) - publishedAt);
  }

  /** An event whose arrival is known otherwise: it counts at both ends as it is. @param latency in ms. */
  known(latency: number): void {
    this.earliest.record(latency);
  }

  /** Null where no event was found by looking. @param undated events of unknown arrival, which count as slowest. */
  account(undated?: number): LookAccount | null {
    return this.found === 0 ? null : { longest: this.longest, earliest: this.earliest.percentiles(undated) };
  }
}
