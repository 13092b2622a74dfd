/** A run that has published and waits for its deliveries, on a fake clock. */
import { vi } from "vitest";
import type { Account } from "../../core/account.ts";
import type { Settling } from "../../core/report.ts";
import { Run } from "../../receiver/run.ts";
import { batch, OPENING } from "./reports.ts";

export const START = 10_000;

/** A run at time {@link START} that published events 0 to 9 a little earlier. */
export async function runOf(...publishers: string[]): Promise<Run> {
  const run = new Run("nightly", OPENING, () => Date.now());
  for (const publisher of publishers) run.join({ ...OPENING, publisher });
  return publishedIn(run);
}

/** Takes a run that has just been opened there. */
export async function publishedIn(run: Run): Promise<Run> {
  await vi.advanceTimersByTimeAsync(START);
  run.published(batch(0, 10, START - 1_000));
  return run;
}

export const SEQS = Array.from({ length: 10 }, (_, seq) => seq);

/** Asks for the account and advances the clock; null when it is not settled by then. */
export async function settledWithin(ms: number, run: Run, settling: Settling) {
  let account: Account | null = null;
  void run.settle(settling).then((settled) => {
    account = settled;
  });
  await vi.advanceTimersByTimeAsync(ms);
  return account as Account | null;
}

export const PATIENT = { timeout: 60_000, quiet: 5_000 };
