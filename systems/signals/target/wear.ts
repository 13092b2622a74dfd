import type { ServerResponse } from "node:http";
import type { SignalsFaults } from "./faults.ts";

const MEGABYTE = 2 ** 20;

/** What signals do to a process in which faults are planted: errors, leaks and its end. */
export class Wear {
  private readonly faults: SignalsFaults;
  private readonly kept: Buffer[] = [];
  private signals = 0;

  constructor(faults: SignalsFaults) {
    this.faults = faults;
  }

  /** Counts a signal. @returns whether it is one that fails. */
  passed(answer: ServerResponse): boolean {
    const { fail, leak, crash } = this.faults;
    this.signals++;
    // Filled, because memory that nobody wrote to is not there yet.
    if (leak !== undefined && this.signals % leak === 0) this.kept.push(Buffer.alloc(MEGABYTE, 1));
    // After the answer: answer times do not show it.
    if (this.signals === crash) answer.on("finish", () => setImmediate(() => process.exit(1)));
    return fail !== undefined && this.signals % fail === 0;
  }
}
