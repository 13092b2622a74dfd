/** Events that were neither acknowledged nor refused: how many arrived, and that each of them is unjudged either way. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Account } from "../../core/account.ts";
import { Bitset } from "../../core/bitset.ts";
import { Publication } from "../../core/publication.ts";
import { describeUnanswered, diagnosisOf, type Unanswered, UnansweredEvents } from "../../core/unanswered.ts";
import type { Word } from "../../core/words.ts";
import { CountPath } from "../../receiver/countpath.ts";
import { Run } from "../../receiver/run.ts";
import { streamOf } from "../../systems/pulse/events.ts";
import { batch, EVERYTHING, report, WORKLOAD } from "./reports.ts";

const of = (events: number, arrived: number, whole: number, said: string | null = "500 oops"): Unanswered => {
  return { said, events, arrived, whole };
};
const said = (text: string, count = 1): { test: string; words: Word[] } => ({
  test: "own",
  words: [{ kind: "unknown", text, count }],
});

describe("of events without a clear answer", () => {
  test.each<[Unanswered[], string | null, RegExp | null]>([
    [[], null, null],
    [
      [of(16, 16, 16)],
      "all 16 arrived on each of their paths",
      /^all of them arrived: .* answer was wrong or came too late$/,
    ],
    [[of(16, 16, 9)], "all 16 arrived, 9 of them on each of their paths", /^all of them/],
    [[of(16, 3, 3)], "3 of 16 arrived on each of their paths", /^3 of them arrived: /],
    [[of(16, 3, 1)], "3 of 16 arrived, 1 of them on each of their paths", /^3 of them/],
    [[of(16, 0, 0)], "none of the 16 arrived", /^none of them arrived: /],
    [[of(1, 1, 1)], "it arrived on each of its paths", /^all of them/],
    [[of(1, 1, 0)], "it arrived, not on each of its paths", /^all of them/],
    [[of(1, 0, 0)], "it did not arrive", /^none of them/],
    [
      [of(10, 10, 10), of(6, 0, 0, "request timeout"), of(2, 1, 1, null)],
      "500 oops: all 10 arrived on each of their paths; request timeout: none of the 6 arrived; of the others: 1 of 2 arrived on each of their paths",
      /^11 of them arrived/,
    ],
  ])("%j it is told that %s", (all, told, diagnosis) => {
    expect(describeUnanswered(all)).toBe(told);
    if (diagnosis === null) expect(diagnosisOf(all)).toBeNull();
    else expect(diagnosisOf(all)).toMatch(diagnosis);
  });

  test("the answer is known where all of a batch were given the same", () => {
    const unanswered = new UnansweredEvents();
    unanswered.record({ unknown: [1], words: said("500 oops") });
    unanswered.record({ unknown: [2, 3], words: said("500 oops", 2) });
    unanswered.record({ unknown: [4, 5], words: said("timeout") });
    unanswered.record({ unknown: [6] });
    unanswered.record({ unknown: [], words: said("timeout") });
    const [arrived, missing] = [new Bitset(), new Bitset()];
    for (const seq of [1, 2, 4]) arrived.add(seq);
    missing.add(2);
    expect(unanswered.fates(arrived, missing)).toEqual([of(3, 2, 1), of(3, 1, 1, null)]);
  });
});

describe("the account of a run", () => {
  const run = () => new Run("nightly", streamOf(WORKLOAD), () => 9_000);
  const told = ({ unanswered, unjudged, unknown }: Account) => ({ unanswered, unjudged, unknown });

  test("says how many of them arrived on all of their paths", () => {
    const one = run();
    one.published(batch(0, 10, 1_000, { unknown: [7, 8, 9], words: said("500 oops", 3) }));
    const paths = [report([0, 7, 8], 9_000, { path: "a" }), report([0, 7], 9_000, { path: "b" })];
    one.arrivals({ paths });
    expect(told(one.account())).toEqual({ unanswered: [of(3, 2, 1)], unjudged: 6, unknown: 3 });
    const other = run();
    other.published(batch(0, 10, 1_000));
    expect(other.account().unanswered).toBeUndefined();
  });

  test("leaves as much unjudged, whichever of them arrive", () => {
    const seqs = fc.uniqueArray(fc.nat({ max: 19 }));
    fc.assert(
      fc.property(seqs, seqs, (unknown, arriving) => {
        const one = run();
        one.published(batch(0, 20, 1_000, { unknown }));
        one.arrivals({ paths: [report(arriving, 9_000, { path: "a", filter: EVERYTHING })] });
        const { expected, delivered, lost, unjudged } = one.account();
        expect({ expected, unjudged }).toEqual({ expected: 20 - unknown.length, unjudged: unknown.length });
        expect(delivered + lost).toBe(expected);
        expect(delivered).toBe(arriving.filter((seq) => !unknown.includes(seq)).length);
      }),
    );
  });

  test("counts them where arrivals are only counted, and says of none whether it arrived", () => {
    const publication = new Publication();
    publication.record(batch(0, 10, 1_000, { unknown: [8, 9] }));
    const path = new CountPath("all", {}, () => true);
    path.counted(0);
    path.counted(11);
    expect(path.settle(publication)).toMatchObject({ expected: 8, delivered: 8, lost: 0, unjudged: 2 });
  });
});
