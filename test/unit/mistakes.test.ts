import { describe, expect, test } from "vitest";
import type { Attributes } from "../../core/filter.ts";
import { describeMistake, mistakesIn, type PathSample } from "../../core/mistakes.ts";
import { fittingChainIds } from "../../systems/pulse/chainids.ts";

const VALUES = ["a", "b", "c"];
/** Events take the values in turn. */
const attributesOf = (seq: number): Attributes => ({ chains: [VALUES[seq % VALUES.length] as string] });
const ofValue = (value: string, count: number) =>
  Array.from({ length: count }, (_, place) => place * VALUES.length + VALUES.indexOf(value));
/** A path that selects one value, with so many arrivals of each. */
const path = (selects: string, arrivals: Record<string, number>): PathSample => ({
  filter: { chains: [selects], event_types: [] },
  seqs: Object.entries(arrivals).flatMap(([value, count]) => ofValue(value, count)),
});

const found = (...paths: PathSample[]) =>
  mistakesIn(paths, attributesOf).map(({ sent, received }) => `${sent} is taken for ${received}`);

describe("from what arrived where it shows", () => {
  test.each<[string, PathSample[], string[]]>([
    ["nothing, where all is where it belongs", [path("a", { a: 50 }), path("b", { b: 50 })], []],
    [
      "that two are taken for each other",
      [path("a", { b: 50 }), path("b", { a: 50 }), path("c", { c: 50 })],
      ["b is taken for a", "a is taken for b"],
    ],
    [
      "that three go round",
      [path("a", { c: 9 }), path("b", { a: 9 }), path("c", { b: 9 })],
      ["c is taken for a", "a is taken for b", "b is taken for c"],
    ],
    [
      "that one is not known, and goes to everybody",
      [path("a", { a: 50, c: 50 }), path("b", { b: 50, c: 50 }), path("c", { c: 50 })],
      ["c is taken for null"],
    ],
    [
      "with a few paths for one value and many for another",
      [path("a", { b: 10 }), ...Array.from({ length: 8 }, () => path("b", { a: 10 }))],
      ["b is taken for a", "a is taken for b"],
    ],
    [
      "nothing, where a few arrivals of many are misrouted",
      [path("a", { a: 100, b: 10 }), path("b", { b: 100, a: 10 }), path("c", { c: 100 })],
      [],
    ],
    ["nothing, of what nobody selects", [path("a", { a: 50, b: 50 })], []],
    ["nothing, from too few arrivals", [path("a", { b: 2 }), path("b", { a: 2 })], []],
    ["nothing, where paths select several values", [{ filter: { chains: ["a", "b"] }, seqs: [0, 1, 2, 5, 8, 11] }], []],
    ["nothing, where nothing is selected", [{ filter: {}, seqs: [0, 1, 2] }], []],
  ])("%s", (_, paths, expected) => {
    expect(found(...paths)).toEqual(expected);
  });

  test("in words", () => {
    const [one] = mistakesIn([path("a", { b: 50 }), path("b", { a: 50 })], attributesOf);
    expect(one && describeMistake(one)).toBe(
      "events published with chains b arrived at subscriptions for a instead of their own (50 arrivals in the sample)",
    );
  });
});

describe("the chain numbers that would fit", () => {
  const NUMBERS = { ethereum: 2, solana: 1, base: 6 };
  const of = (...pairs: [string, string | null][]) =>
    fittingChainIds(
      { mistaken: pairs.map(([sent, received]) => ({ attribute: "chains", sent, received, count: 9 })) },
      Object.keys(NUMBERS),
      NUMBERS,
    );

  test.each<[[string, string | null][], string | null]>([
    [[], null],
    [
      [
        ["ethereum", "solana"],
        ["solana", "ethereum"],
      ],
      "the gateway takes chain number 2 for solana, not for ethereum; the gateway takes chain number 1 for ethereum, not for solana: CHAIN_IDS=ethereum=1,solana=2,base=6 would fit",
    ],
    [
      [["ethereum", "solana"]],
      "the gateway takes chain number 2 for solana, not for ethereum: CHAIN_IDS=ethereum=?,solana=2,base=6 would fit",
    ],
    [
      [["base", null]],
      "the gateway does not know chain number 6 (base), and sends its events to everybody: give it the gateway's own number in CHAIN_IDS",
    ],
  ])("%j: %s", (pairs, fitting) => {
    expect(of(...pairs)).toBe(fitting);
  });

  test("are not told by other attributes", () => {
    const other = { attribute: "event_types", sent: "ethereum", received: "solana", count: 9 };
    expect(fittingChainIds({ mistaken: [other] }, ["ethereum"], NUMBERS)).toBeNull();
  });
});
