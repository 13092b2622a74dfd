import { readTime } from "../../core/moment.ts";
import type { ClockOfTarget } from "./wire.ts";

/** Compares the target's clock with the receiver's, by the acceptance times in its answers. */
export class TargetClock {
  private best = { offset: 0, error: Number.POSITIVE_INFINITY };

  /** Enters an answer. @param took duration of the request in ms. @param answeredAt Unix ms by the receiver's clock. */
  compare(timestamp: string, took: number, answeredAt: number): void {
    const time = readTime(timestamp);
    if (time === null) return;
    const error = (took + time.resolution) / 2;
    const acceptedAt = time.at + time.resolution / 2;
    if (error < this.best.error) this.best = { offset: answeredAt - took / 2 - acceptedAt, error };
  }

  /** The result; an offset within its own error is noise. */
  get known(): ClockOfTarget {
    const { offset, error } = this.best;
    return { correction: Math.abs(offset) > error ? offset : 0, error: Number.isFinite(error) ? error : 0 };
  }
}
