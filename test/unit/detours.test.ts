import { describe, expect, test } from "vitest";
import { describeFlow } from "../../cli/report/flow.ts";
import { Bitset } from "../../core/bitset.ts";
import { Copies } from "../../core/copies.ts";
import {
  areAllElsewhere,
  type Detour,
  DetourTally,
  describeDetours,
  describeElsewhere,
  withDetours,
} from "../../core/detours.ts";
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

describe("losses of events that arrived elsewhere", () => {
  const told = (lost: number, detours: object) =>
    describeElsewhere({ lost, detours: { count: 8, repeated: 0, ...detours } });

  test.each<[string, number, object, string]>([
    ["one arrival for each", 8, { events: 8, losses: 8 }, "8 of 8 arrived on other paths"],
    ["some", 12, { events: 8, losses: 8 }, "8 of 12 arrived on other paths"],
    [
      "one arrival for two",
      12,
      { events: 8, losses: 12 },
      "12 losses of 8 events, each of which arrived on another path",
    ],
    ["of one event", 3, { count: 1, events: 1, losses: 3 }, "3 losses of 1 event, which arrived on another path"],
    [
      "and others",
      20,
      { events: 8, losses: 12 },
      "12 of 20 losses are of 8 events, each of which arrived on another path",
    ],
    ["of an older record", 12, {}, "8 of 12 arrived on other paths"],
  ])("%s", (_, lost, detours, words) => expect(told(lost, detours)).toBe(words));

  test("are counted beside the arrivals that explain them, one each", () => {
    const arrived = new Copies();
    for (const seq of [1, 2]) arrived.add(seq);
    const used = new Copies();
    const tally = new DetourTally(arrived.events, (_, seq) => {
      if (used.of(seq) >= arrived.of(seq)) return null;
      used.add(seq);
      return { arrived: "dev", isRepeated: false };
    });
    for (const due of ["lobby-1", "lobby-2"]) for (const seq of [1, 2, 3]) tally.lost(due, seq);
    expect(tally.detours).toMatchObject({ count: 2, events: 2, losses: 4 });
    expect(describeElsewhere({ lost: 4, detours: tally.detours })).toBe(
      "4 losses of 2 events, each of which arrived on another path",
    );
    expect(areAllElsewhere({ lost: 4, detours: tally.detours })).toBe(true);
    expect(areAllElsewhere({ lost: 6, detours: tally.detours })).toBe(false);
  });
});

test("the report's flow tells what of the losses is elsewhere", () => {
  const flow = (detours: object) =>
    describeFlow({ ...ACCOUNT, lost: 12, detours: { repeated: 0, first: [], ...detours } } as never);
  expect(flow({ count: 0 })).toContain(" 12 were lost; beyond");
  expect(flow({ count: 8, repeated: 2 })).toContain(
    " 12 were lost (8 of 12 arrived on other paths, 2 of them once too often where they were due as well); beyond",
  );
  expect(flow({ count: 8, events: 8, losses: 12 })).toContain(
    " 12 were lost (12 losses of 8 events, each of which arrived on another path); beyond",
  );
});

test.each<[number, string]>([
  [10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"],
  [11, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 first"],
])("of %i that came again it is said whether all are named", (arrivals, words) => {
  expect(firstOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], arrivals)).toBe(words);
});
