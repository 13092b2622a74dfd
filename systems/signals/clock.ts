import { readTime } from "../../core/moment.ts";
import type { ClockOfTarget } from "./wire.ts";

/** The target's clock against the receiver's, by the times that it says it accepted signals at. */
export class TargetClock {
  private best = { offset: 0, error: Number.POSITIVE_INFINITY };

  /** Takes one answer. @param took ms, until `answeredAt` by the receiver's clock in Unix ms. */
  compare(timestamp: string, took: number, answeredAt: number): void {
    const told = readTime(timestamp);
    if (told === null) return;
    const error = (took + told.resolution) / 2;
    const acceptedAt = told.at + told.resolution / 2;
    if (error < this.best.error) this.best = { offset: answeredAt - took / 2 - acceptedAt, error };
  }

  /** What is known of it; within its own error an offset is noise. */
  get known(): ClockOfTarget {
    const { offset, error } = this.best;
    return { correction: Math.abs(offset) > error ? offset : 0, error: Number.isFinite(error) ? error : 0 };
  }
}
