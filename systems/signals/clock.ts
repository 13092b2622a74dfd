import { readTime } from "./wire.ts";

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

  /** Ms to add to the target's time; within its own error an offset is noise. */
  get correction(): number {
    return Math.abs(this.best.offset) > this.best.error ? this.best.offset : 0;
  }
}
