import type { measures } from "./metrics.ts";

/** Whether this virtual user still reaches the target: one that was away and answers no more has not come back. */
export class Reach {
  private readonly metrics: Pick<ReturnType<typeof measures<"publishing">>, "reached_again_at">;
  private isAway = false;

  constructor(metrics: Reach["metrics"]) {
    this.metrics = metrics;
  }

  /** Enters how many events were answered, and how many could not be sent. */
  enter(answered: number, unsent: number): void {
    if (unsent > 0) this.isAway = true;
    else if (this.isAway && answered > 0) {
      this.isAway = false;
      this.metrics.reached_again_at.add(Date.now());
    }
  }
}
