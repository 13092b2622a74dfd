/** What is reported when the account is closed: what it would have judged is late, the rest is not. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Account } from "../../core/account.ts";
import { Run } from "../../receiver/run.ts";
import { batch, ETHEREUM, ON_SOLANA, OPENING, report } from "./reports.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

const START = 10_000;
const SEQS = Array.from({ length: 10 }, (_, seq) => seq);

/** A run that published events 0 to 9 a second ago, and event 10 just now. */
async function runOf(): Promise<Run> {
  const run = new Run("nightly", OPENING, () => Date.now());
  await vi.advanceTimersByTimeAsync(START);
  run.published(batch(0, 10, START - 1_000));
  run.published(batch(10, 1, START - 20));
  return run;
}

async function settled(run: Run): Promise<Account> {
  const settling = run.settle({ timeout: 60_000, quiet: 5_000 });
  await vi.advanceTimersByTimeAsync(6_000);
  return settling;
}

describe("a subscriber that changed its connection just before the last event, when others have told of all", () => {
  async function settledInChange() {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS, START - 50, { closed: true }), report([...SEQS, 10], START, { path: "b" })] });
    const account = await settled(run);
    expect(account).toMatchObject({ ending: "complete", late: 0, lost: 0 });
    return { run, account };
  }
  const next = (seqs: readonly number[], more: object = {}) =>
    report(seqs, START + 500, { path: "next", from: START - 40, ...more });

  test.each([
    ["first on its new path, is unjudged", [[10]], { late: 0, unjudged: 1 }],
    ["in the second report of it, is unjudged too", [[], [10]], { late: 0, unjudged: 1 }],
    ["twice in a report, is a repetition", [[10, 10]], { late: 1, unjudged: 1 }],
    ["once more in the next report, is a repetition", [[10], [10]], { late: 1, unjudged: 1 }],
  ])("what it tells %s", async (_, reported, { late, unjudged }) => {
    const { run, account } = await settledInChange();
    for (const seqs of reported) {
      await vi.advanceTimersByTimeAsync(500);
      run.arrivals({ paths: [next(seqs)] });
    }
    expect(run.account()).toEqual({ ...account, late, unjudged: account.unjudged + unjudged });
  });

  test("what it saw before the account was closed is unjudged, and no less than nothing late", async () => {
    const { run, account } = await settledInChange();
    run.arrivals({ paths: [next([10], { arrivedAt: [START - 10] })] });
    expect(run.account()).toEqual({ ...account, late: 0, unjudged: account.unjudged + 1 });
  });

  test("what its filter does not let pass is late", async () => {
    const { run, account } = await settledInChange();
    run.arrivals({ paths: [next(ON_SOLANA.slice(0, 1), { filter: ETHEREUM })] });
    expect(run.account()).toEqual({ ...account, late: 1 });
  });
});

test.each([
  ["in the first moments of a path, is unjudged as before", START - 40, { late: 0, unjudged: 1 }],
  ["while a path was judged, is late", START - 400, { late: 1, unjudged: 0 }],
])("an event that was sent %s", async (_, from, { late, unjudged }) => {
  const run = await runOf();
  const path = { path: "next", from };
  run.arrivals({ paths: [report([...SEQS, 10], START), report([], START, path)] });
  const account = await settled(run);
  expect(account.unjudged).toBe(unjudged);
  run.arrivals({ paths: [report([10], START + 6_000, path)] });
  expect(run.account()).toEqual({ ...account, late });
});
