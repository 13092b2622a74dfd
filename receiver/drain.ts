import type { Ending } from "../core/account.ts";
import type { Settling } from "../core/report.ts";
import { type Balance, endingOf } from "../core/settling.ts";
import type { Path } from "./path.ts";

/** Polling interval of the wait for the last deliveries. */
const POLL_MS = 100;

/** How far the last reading may exceed the drain: k6 waits 20 s beyond it for the account. */
const BEYOND_MS = 15_000;

/** How long a worker may hold messages, by default. */
const HOLD_MS = 30_000;

export type Waits = Pick<Settling, "timeout" | "quiet" | "hold" | "linger">;

/** What the wait needs to know about its run. */
interface DrainContext {
  /** Unix ms. */
  now(): number;
  publishersDone(): boolean;
  /** Unix ms of the last send. */
  sentThrough(): number;
  /** Unix ms of the last first arrival of an event. */
  lastArrivalAt(): number;
  paths(): readonly Path[];
  /** Expected deliveries that are lost so far, and those that may still be retried. */
  missing(): { readonly lost: number; readonly open: number };
  /** Where events on their way to a table are; null without a table. */
  balance(): Balance | null;
  /** A last reading of the far ends that are polled. @param ms it may take so long. */
  finish(ms: number): Promise<void>;
}

/** The wait for the last deliveries of a run: until everything has arrived or waiting longer is useless. */
export class Drain {
  /** The run was interrupted by its user. */
  isInterrupted = false;
  private readonly run: DrainContext;

  constructor(run: DrainContext) {
    this.run = run;
  }

  /** @returns how the wait ended. */
  async over({ timeout, quiet, hold = HOLD_MS, linger = 0 }: Waits): Promise<Ending> {
    const { run } = this;
    const deadline = run.now() + timeout;
    while (!run.publishersDone() && run.now() < deadline && !this.isInterrupted) await pause(POLL_MS);
    const waits = { startedAt: run.now(), deadline, quiet, hold };
    let ending = this.endingAt(waits);
    while (ending === null) {
      await pause(POLL_MS);
      ending = this.endingAt(waits);
    }
    let finishBy = (ending === "interrupted" ? run.now() : deadline) + BEYOND_MS;
    const finish = () => run.finish(Math.max(0, finishBy - run.now()));
    const stay = async () => {
      await pause(linger);
      finishBy += linger;
    };
    // Duplicates that come after the account is closed go unseen.
    if (ending === "complete" && linger > 0) await stay();
    await finish();
    if ((ending === "quiet" || ending === "held") && this.isComplete()) {
      // The last reading found what was missing.
      ending = "complete";
      if (linger > 0) {
        await stay();
        await finish();
      }
    }
    return ending;
  }

  private isComplete(): boolean {
    const { lost, open } = this.run.missing();
    return lost + open === 0;
  }

  private endingAt(waits: { startedAt: number; deadline: number; quiet: number; hold: number }): Ending | null {
    const { run } = this;
    const now = run.now();
    if (this.isInterrupted) return run.publishersDone() && this.isComplete() ? "complete" : "interrupted";
    if (!run.publishersDone()) return "publisher missing";
    const through = run.sentThrough();
    const paths = run.paths();
    const caughtUp = paths.every((path) => path.hasCaughtUp(through, now));
    // What is missing is costly to find out where there are thousands of paths, and cannot end the wait yet.
    if (!caughtUp && now < waits.deadline) return null;
    const { lost, open } = run.missing();
    return endingOf({
      ...waits,
      now,
      caughtUp,
      missing: lost + open,
      refused: open,
      lastArrivalAt: run.lastArrivalAt(),
      openUntil: Math.max(...paths.map((path) => path.openUntil)),
      balance: run.balance(),
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
