import { describe, expect, test } from "vitest";
import type { Ending } from "../../core/account.ts";
import { type Balance, type Drain, EMPTY_MS, endingOf } from "../../core/settling.ts";

/** Five seconds after the load, three deliveries are missing and nothing has arrived since. */
const DRAIN: Drain = {
  ...{ now: 5_000, startedAt: 0, deadline: 60_000, quiet: 5_000, hold: 30_000 },
  ...{ caughtUp: true, missing: 3, refused: 0, lastArrivalAt: -1_000, openUntil: Number.NEGATIVE_INFINITY },
  balance: null,
};
const HELD: Balance = { held: 3, movedAt: 0, emptySince: null };

describe("the wait for the last deliveries", () => {
  test.each<[string, Partial<Drain>, Ending | null]>([
    ["ends when nothing is missing", { missing: 0, now: 1 }, "complete"],
    ["goes on while a path has not said all", { missing: 0, caughtUp: false }, null],
    ["ends with its time, whatever is missing", { now: 60_000, caughtUp: false }, "timeout"],
    ["ends when it has been quiet", {}, "quiet"],
    ["goes on while it has not been quiet for long enough", { now: 4_999 }, null],
    ["counts quiet from the last arrival", { lastArrivalAt: 1 }, null],
    ["goes on while a refused delivery can come again", { refused: 1, openUntil: 19_200 }, null],
    ["goes on for the quiet time after it cannot any more", { now: 19_300, openUntil: 19_200 }, null],
    ["ends after that", { now: 24_200, openUntil: 19_200 }, "quiet"],
    ["ends with its time where one can still come", { now: 60_000, refused: 1, openUntil: 61_000 }, "timeout"],
  ])("%s", (_, changes, ending) => {
    expect(endingOf({ ...DRAIN, ...changes })).toBe(ending);
  });
});

describe("the wait for the last rows", () => {
  test.each<[string, Partial<Drain>, Balance, Ending | null]>([
    ["ends when nothing is missing, whatever is held for others", { missing: 0 }, HELD, "complete"],
    ["goes on while something is held, however quiet it is", { now: 29_999 }, HELD, null],
    ["ends when nothing has moved for longer than a worker may keep it", { now: 30_000 }, HELD, "held"],
    ["goes on while it becomes less", { now: 30_000 }, { ...HELD, movedAt: 10_000 }, null],
    ["goes on while rows come", { now: 30_000, lastArrivalAt: 10_000 }, HELD, null],
    ["ends at once when nothing is held", { now: EMPTY_MS }, { held: 0, movedAt: 0, emptySince: 0 }, "quiet"],
    ["but not by one reading", { now: EMPTY_MS }, { held: 0, movedAt: 0, emptySince: 1_000 }, null],
    ["and not while rows come", { now: 2_000, lastArrivalAt: 1_000 }, { held: 0, movedAt: 0, emptySince: 0 }, null],
    [
      "takes as long as a worker may keep it where nobody looks at the queue",
      { now: 29_999 },
      { ...HELD, held: null },
      null,
    ],
    ["and then ends", { now: 30_000 }, { ...HELD, held: null }, "quiet"],
  ])("%s", (_, changes, balance, ending) => {
    expect(endingOf({ ...DRAIN, ...changes, balance })).toBe(ending);
  });
});
