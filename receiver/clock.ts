import { performance } from "node:perf_hooks";

const READINGS = 200;
const RENEW_AFTER_MS = 1_000;

/**
 * Wall time with digits below the millisecond. `Date.now()` is true but truncated; `performance.now()`
 * is fine but drifts from the wall. The largest difference of the two over a short window is their
 * true distance, and it is measured again every second.
 */
export class Clock {
  private offset = Number.NEGATIVE_INFINITY;
  private measuredAt = Number.NEGATIVE_INFINITY;

  /** Unix time in milliseconds, with microseconds behind the point. */
  now(): number {
    const fine = performance.now();
    if (fine - this.measuredAt > RENEW_AFTER_MS) this.anchor();
    return performance.now() + this.offset;
  }

  private anchor(): void {
    let offset = Number.NEGATIVE_INFINITY;
    // A window of a little over a millisecond sees Date.now() step, where the truncation is nil.
    const until = performance.now() + 1.2;
    for (let reading = 0; reading < READINGS || performance.now() < until; reading++) {
      offset = Math.max(offset, Date.now() - performance.now());
    }
    this.offset = offset;
    this.measuredAt = performance.now();
  }
}
