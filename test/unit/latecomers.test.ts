/** What is told on a path that nobody knew when the account was closed: in time it is unjudged, later it is late. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Latecomers } from "../../receiver/latecomers.ts";
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
  const narrow = report([], START, { path: "narrow", filter: ETHEREUM, from: START - 1 });
  const paths = [report(SEQS, START - 50, { closed: true }), report([...SEQS, 10], START, { path: "b" }), narrow];
  run.arrivals({ paths });
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
  ["in time, and once more", [[[10, IN_TIME]], [[10, IN_TIME]]], {}, { late: 1, unjudged: 1 }],
  ["in time, where it was known and had come before", [[[10, IN_TIME]]], { path: "b" }, { late: 1, unjudged: 0 }],
  [
    "in time, where its filter does not let it pass",
    [[[ASTRAY, IN_TIME]]],
    { filter: ETHEREUM },
    { late: 1, unjudged: 0 },
  ],
  [
    "in time on a known path that does not select it",
    [[[ASTRAY, IN_TIME]]],
    { path: "narrow" },
    { late: 1, unjudged: 0 },
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

test("what came in time and was told too late may be what the account calls lost", () => {
  const came = (lost: number) => {
    const latecomers = new Latecomers(START, lost);
    latecomers.arrived(2, 2, [START - 2, START - 1]);
    return latecomers.addedTo({ unjudged: 0 }).late;
  };
  expect([came(0), came(1)]).toEqual([0, 2]);
});
