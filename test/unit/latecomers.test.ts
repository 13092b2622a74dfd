/** What is told on a path that nobody knew when the account was closed: in time it is unjudged, later it is late. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
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

/** A subscriber changed its connection just before the last event, and all others have told of it. */
async function settledInChange() {
  const run = new Run("nightly", OPENING, () => Date.now());
  await vi.advanceTimersByTimeAsync(START);
  run.published(batch(0, 10, START - 1_000));
  run.published(batch(10, 1, START - 20));
  run.arrivals({ paths: [report(SEQS, START - 50, { closed: true }), report([...SEQS, 10], START, { path: "b" })] });
  const settling = run.settle({ timeout: 60_000, quiet: 5_000 });
  await vi.advanceTimersByTimeAsync(1_000);
  const account = await settling;
  expect(account).toMatchObject({ ending: "complete", late: 0, lost: 0 });
  return { run, account };
}

const IN_TIME = START - 10;
const [ASTRAY] = ON_SOLANA as [number];

test.each([
  ["in time", [[[10, IN_TIME]]], {}, { late: 0, unjudged: 1 }],
  ["in time, in the second report", [[], [[10, IN_TIME]]], {}, { late: 0, unjudged: 1 }],
  ["in time, and once more in the next report", [[[10, IN_TIME]], [[10, IN_TIME]]], {}, { late: 0, unjudged: 1 }],
  [
    "in time, where its filter does not let it pass",
    [[[ASTRAY, IN_TIME]]],
    { filter: ETHEREUM },
    { late: 0, unjudged: 0 },
  ],
  ["after the account was closed", [[[10, START + 400]]], {}, { late: 1, unjudged: 0 }],
])("an event that came %s", async (_, reports, more, { late, unjudged }) => {
  const { run, account } = await settledInChange();
  for (const arrivals of reports) {
    const [seqs, arrivedAt] = [arrivals.map(([seq]) => seq as number), arrivals.map(([, at]) => at as number)];
    run.arrivals({ paths: [report(seqs, START + 500, { path: "next", from: START - 40, arrivedAt, ...more })] });
  }
  expect(run.account()).toEqual({ ...account, late, unjudged: account.unjudged + unjudged });
});
