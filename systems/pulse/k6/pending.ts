import { clearTimeout, setTimeout } from "k6/timers";
import type { Operation } from "./operations.ts";

interface PendingOperation {
  readonly operation: Operation;
  readonly at: number;
  readonly timer: number;
}

/** The operations of a session that wait for their answers, in order. */
export class PendingOperations {
  private readonly timeout: number;
  private readonly pending: PendingOperation[] = [];

  /** @param timeout in ms. */
  constructor(timeout: number) {
    this.timeout = timeout;
  }

  get first(): Operation | undefined {
    return this.pending[0]?.operation;
  }

  /** Adds an operation. @param unanswered called when the timeout is over. */
  add(operation: Operation, unanswered: () => void): void {
    this.pending.push({ operation, at: Date.now(), timer: setTimeout(unanswered, this.timeout) });
  }

  /** Removes an operation. @returns the ms that it was pending; null if it was not. */
  take(operation: Operation | undefined): number | null {
    const place = this.pending.findIndex((one) => one.operation === operation);
    const [taken] = place < 0 ? [] : this.pending.splice(place, 1);
    if (taken === undefined) return null;
    clearTimeout(taken.timer);
    return Date.now() - taken.at;
  }

  /** Waits for no answer any more. */
  forget(): void {
    for (const { timer } of this.pending.splice(0)) clearTimeout(timer);
  }
}
