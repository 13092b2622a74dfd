/** The wait of one text between its socket and its handling, in ms. */
export interface Wait {
  /** What no text before it explains. */
  readonly lag: number;
  /** What it waited for those that came at once with it. */
  readonly turn: number;
}

/** The reader is watched over this and the one before. */
const WINDOW_MS = 1_000;

/**
 * A reader that handled queues for longer in that time cannot keep up. A target that stood still for 5 s and then sent
 * 1,000 texts at once kept three readers busy for 92 ms.
 */
const CATCHES_UP_MS = 500;

/**
 * Tells a burst from a reader that is behind. The last of many texts that come at once is handled late although nothing
 * is wrong with the machine; a reader that is busy with what waits for most of the time is too slow.
 */
export class ReadingQueue {
  /** Unix ms at which the first of those that wait together was handled. */
  private from = Number.NEGATIVE_INFINITY;
  private handledAt = Number.NEGATIVE_INFINITY;
  private windowFrom = Number.NEGATIVE_INFINITY;
  private work = 0;
  private workBefore = 0;

  /** @param readAt Unix ms at which a text was read from its socket, and @param now at which it is handled. */
  handle(readAt: number, now: number): Wait {
    this.turnWindow(now);
    const isQueued = readAt <= this.handledAt;
    if (isQueued) this.work += now - this.handledAt;
    else this.from = now;
    this.handledAt = now;
    const wait = Math.max(0, now - readAt);
    if (this.work + this.workBefore > CATCHES_UP_MS) return { lag: wait, turn: 0 };
    const lag = Math.min(wait, Math.max(0, this.from - readAt));
    return { lag, turn: wait - lag };
  }

  private turnWindow(now: number): void {
    const elapsed = now - this.windowFrom;
    if (elapsed < WINDOW_MS) return;
    this.workBefore = elapsed < 2 * WINDOW_MS ? this.work : 0;
    this.work = 0;
    this.windowFrom = now;
  }
}
