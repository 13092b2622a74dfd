import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../core/problem.ts";

/** Pause after a step that failed. */
const RETRY_MS = 200;

/** Does one step after another until it is closed. A step that fails is logged, and the next comes after a pause. */
export class Loop {
  private readonly name: string;
  private readonly log: (text: string) => void;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  /** @param name that stands before the reason of a failed step. */
  constructor(name: string, log: (text: string) => void) {
    this.name = name;
    this.log = log;
  }

  /** Whether it is being closed: a long step should end. */
  get isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  start(step: () => Promise<void>): void {
    this.running = this.run(step);
  }

  /** Waits; not while it is being closed. */
  async pause(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.stopped.signal }).catch(() => {});
  }

  /** Begins no other step, and waits for the last one. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(step: () => Promise<void>): Promise<void> {
    while (!this.isStopped) {
      try {
        await step();
      } catch (problem) {
        this.log(`${this.name}: ${messageOf(problem)}`);
        await this.pause(RETRY_MS);
      }
    }
  }
}
