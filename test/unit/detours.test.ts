import { describe, expect, test } from "vitest";
import { Bitset } from "../../core/bitset.ts";
import { type Detour, DetourTally, describeDetours, withDetours } from "../../core/detours.ts";
import { firstOf, shortened, shortlist } from "../../core/shortlist.ts";
import { summarize } from "../../core/summary.ts";
import { ACCOUNT, dataOf, inputOf, SLOS } from "./records.ts";

const first = [96, 296, 496, 696].map((seq) => ({ seq, due: "acme", arrived: "globex" }));

describe("lost deliveries that arrived elsewhere", () => {
  test("are told with both paths, and how many more there are", () => {
    expect(describeDetours({ count: 0, first: [] })).toBeNull();
    expect(describeDetours({ count: 10, first })).toBe(
      "events 96, 296, 496, 696 were due on acme, arrived on globex; 6 more",
    );
    const [one] = first as [Detour];
    expect(describeDetours({ count: 1, first: [one] })).toBe("event 96 was due on acme, arrived on globex");
  });

  test("that came where they were due as well are told as what was seen", () => {
    const again = first.map((one) => ({ ...one, seq: one.seq + 1, again: true as const }));
    expect(describeDetours({ count: 8, first: [...first, ...again] })).toBe(
      "events 96, 296, 496, 696 were due on acme, arrived on globex; " +
        "events 97, 297, 497, 697 came twice on globex, where one was due, and not on acme",
    );
  });

  const ALL = { lost: 10, misrouted: 5, duplicated: 5, count: 10, repeated: 5 };
  test.each<[string, typeof ALL, readonly string[], readonly string[]]>([
    ["all of them, with what came twice", ALL, ["account_misrouted"], ["account_lost", "account_duplicated"]],
    [
      "all of them, and another that came twice",
      { ...ALL, duplicated: 6 },
      ["account_misrouted", "account_duplicated"],
      ["account_lost"],
    ],
    ["all but one", { ...ALL, lost: 11 }, ["account_lost", "account_duplicated", "account_misrouted"], []],
    [
      "all of them, each where it was due as well: no misrouting was seen",
      { ...ALL, misrouted: 0, duplicated: 10, repeated: 10 },
      ["account_lost"],
      ["account_duplicated"],
    ],
  ])("with second copies: %s", (_, { count, repeated, ...counts }, reasons, symptoms) => {
    const account = { ...ACCOUNT, ...counts, detours: { count, repeated, first } };
    const metrics = Object.fromEntries(
      Object.entries(counts).map(([name, value]) => [`account_${name}`, { values: { count: value } }]),
    );
    const summary = summarize(inputOf({ account, data: dataOf(metrics) }));
    expect(summary.reasons.map(({ metric }) => metric)).toEqual(reasons);
    expect(summary.reasons[0]?.symptoms.map((one) => one.split(" ")[0])).toEqual(symptoms);
  });

  test.each<[string, { lost: number; count: number }, readonly string[], readonly string[]]>([
    ["all of them: misrouting is the one reason", { lost: 10, count: 10 }, ["account_misrouted"], ["account_lost"]],
    ["some of them: both are reasons", { lost: 11, count: 10 }, ["account_lost", "account_misrouted"], []],
    ["none of them: both are reasons", { lost: 10, count: 0 }, ["account_lost", "account_misrouted"], []],
  ])("%s", (_, { lost, count }, reasons, symptoms) => {
    const account = { ...ACCOUNT, lost, misrouted: 10, detours: { count, repeated: 0, first } };
    const metrics = { account_lost: { values: { count: lost } }, account_misrouted: { values: { count: 10 } } };
    const summary = summarize(inputOf({ account, data: dataOf(metrics) }));
    expect(summary.verdict).toBe("FAIL");
    expect(summary.reasons.map(({ metric }) => metric)).toEqual(reasons);
    expect(summary.reasons[0]?.symptoms.map((one) => one.split(" ")[0])).toEqual(symptoms);
  });

  test("explain nothing where misrouting is allowed, or has no objective", () => {
    const account = { ...ACCOUNT, lost: 10, misrouted: 10, detours: { count: 10, repeated: 0, first } };
    const metrics = { account_lost: { values: { count: 10 } }, account_misrouted: { values: { count: 10 } } };
    const allowed = SLOS.map((row) =>
      row.metric === "account_misrouted" ? { ...row, comparison: "<=" as const, bound: 20 } : row,
    );
    for (const slos of [allowed, SLOS.filter(({ metric }) => metric !== "account_misrouted")]) {
      const { reasons } = summarize(inputOf({ account, slos, data: dataOf(metrics) }));
      expect(reasons.map(({ metric }) => metric)).toEqual(["account_lost"]);
    }
  });

  test("change no objectives of a run without an account", () => expect(withDetours(SLOS, null)).toBe(SLOS));
});

test.each<[readonly number[], number | undefined, string]>([
  [[], undefined, ""],
  [[1, 2], undefined, "1, 2"],
  [[1, 2], 2, "1, 2"],
  [[1, 2], 49, "1, 2 and 47 more"],
  [[], 3, "3 more"],
])("of %j of %s is told: %s", (listed, all, told) => expect(shortlist(listed, all)).toBe(told));

test.each<[readonly string[], number, readonly string[]]>([
  [[], 5, []],
  [["a", "b"], 2, ["a", "b"]],
  [["a", "b"], 7, ["a", "b", "and 5 more of this kind"]],
  [[..."abcde"], 5, [..."abcde"]],
  [[..."abcdefg"], 7, [..."abcde", "and 2 more of this kind: under account.examples in result.json"]],
  [
    [..."abcdefg"],
    90,
    [..."abcde", "and 85 more of this kind: the first 2 of them under account.examples in result.json"],
  ],
])("of lines %j of %s are told: %j", (lines, all, told) => expect(shortened(lines, all)).toEqual(told));

test("of two pairs of paths both are told, however many the first one has", () => {
  const surplus = new Bitset();
  for (let seq = 0; seq < 40; seq++) surplus.add(seq);
  const tally = new DetourTally(surplus, () => ({ arrived: "nobody", isRepeated: false }));
  for (let seq = 0; seq < 40; seq++) tally.lost(seq < 30 ? "invoice" : "order", seq);
  expect(describeDetours(tally.detours)).toBe(
    "events 0, 1, 2, 3, 4 were due on invoice, arrived on nobody; events 30, 31, 32, 33, 34 were due on order, arrived on nobody; 30 more",
  );
});

test.each<[number, string]>([
  [10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"],
  [11, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 first"],
])("of %i that came again it is said whether all are named", (arrivals, words) => {
  expect(firstOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], arrivals)).toBe(words);
});
