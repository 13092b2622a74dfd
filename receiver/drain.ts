import type { Ending } from "../core/account.ts";
import type { Settling } from "../core/report.ts";
import { type Balance, endingOf } from "../core/settling.ts";
import type { Path } from "./path.ts";

/** How often the wait for the last deliveries looks again. */
const POLL_MS = 100;

/** So long a worker may keep what it has taken, unless told. */
const HOLD_MS = 30_000;

export type Waits = Pick<Settling, "timeout" | "quiet" | "hold" | "linger">;

/** What the wait for the last deliveries of a run asks it. */
export interface DrainContext {
  /** Unix ms. */
  now(): number;
  publishersDone(): boolean;
  /** Unix ms up to which events were sent. */
  sentThrough(): number;
  /** When the last event arrived for the first time, in Unix ms. */
  lastArrivalAt(): number;
  paths(): readonly Path[];
  /** Expected deliveries that have not happened, and those of them that may still come. */
  missing(): { readonly lost: number; readonly open: number };
  /** Where events stand that a table waits for. */
  balance(): Balance | null;
  /** Looks once more at what can be looked at again. */
  finish(): Promise<void>;
}

/** The wait for the last deliveries of a run: until everything has arrived or waiting makes no sense. */
export class Drain {
  /** The one who ran it has gone. */
  isInterrupted = false;
  private readonly run: DrainContext;

  constructor(run: DrainContext) {
    this.run = run;
  }

  /** @returns how it ended. */
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
    // What comes again after the account is closed, nobody sees.
    if (ending === "complete" && linger > 0) await pause(linger);
    await run.finish();
    if ((ending === "quiet" || ending === "held") && this.isComplete()) {
      // Only this last look has found what was missing.
      ending = "complete";
      if (linger > 0) {
        await pause(linger);
        await run.finish();
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
    const { lost, open } = run.missing();
    return endingOf({
      ...waits,
      now,
      caughtUp: paths.every((path) => path.hasCaughtUp(through, now)),
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
