import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { variants } from "../../systems/pulse/events.ts";
import {
  FILTER_CLASSES,
  type Filter,
  type Filterable,
  filterAt,
  filterFor,
  matches,
} from "../../systems/pulse/filters.ts";

const TRANSFER: Filterable = { chain: "ethereum", eventType: "transfer", accounts: ["0xa", "0xb"], programId: "0xp" };
const EVERYTHING: Filter = { chains: [], event_types: [], accounts: [], program_ids: [] };

describe("a filter", () => {
  test.each<[string, Partial<Filter>, boolean]>([
    ["that is empty matches", {}, true],
    ["by chain matches", { chains: ["ethereum"] }, true],
    ["by another chain does not", { chains: ["solana"] }, false],
    ["by one of several chains matches", { chains: ["solana", "ethereum"] }, true],
    ["by event type matches", { event_types: ["transfer"] }, true],
    ["by another event type does not", { event_types: ["swap", "mint"] }, false],
    ["by one of the event's accounts matches", { accounts: ["0xb"] }, true],
    ["by one account out of several matches", { accounts: ["0xz", "0xa"] }, true],
    ["by accounts the event does not have does not", { accounts: ["0xz"] }, false],
    ["by program matches", { program_ids: ["0xp"] }, true],
    ["by another program does not", { program_ids: ["0xq"] }, false],
    ["by chain and event type matches", { chains: ["ethereum"], event_types: ["transfer"] }, true],
    ["of which one field misses does not", { chains: ["ethereum"], event_types: ["swap"] }, false],
    ["of which only the accounts miss does not", { chains: ["ethereum"], accounts: ["0xz"] }, false],
    ["of which only the program misses does not", { accounts: ["0xa"], program_ids: ["0xq"] }, false],
    ["by part of a name does not", { chains: ["ether"] }, false],
    ["by another spelling does not", { chains: ["Ethereum"] }, false],
  ])("%s", (_, fields, matched) => {
    expect(matches({ ...EVERYTHING, ...fields }, TRANSFER)).toBe(matched);
  });

  test("by account never matches an event without accounts", () => {
    expect(matches({ ...EVERYTHING, accounts: ["0xa"] }, { ...TRANSFER, accounts: [] })).toBe(false);
    expect(matches(EVERYTHING, { ...TRANSFER, accounts: [] })).toBe(true);
  });
});

test("any filter and event agree with the contract's own words", () => {
  const letters = fc.constantFrom("a", "b", "c");
  const some = fc.uniqueArray(letters, { maxLength: 2 });
  const filters = fc.record({ chains: some, event_types: some, accounts: some, program_ids: some });
  const events = fc.record({ chain: letters, eventType: letters, accounts: some, programId: letters });

  /** AND across the fields, OR within a field: a field that asks for something must meet it at least once. */
  function asTheContractSays(filter: Filter, event: Filterable): boolean {
    const fields: [readonly string[], readonly string[]][] = [
      [filter.chains, [event.chain]],
      [filter.event_types, [event.eventType]],
      [filter.accounts, event.accounts],
      [filter.program_ids, [event.programId]],
    ];
    const asking = fields.filter(([wanted]) => wanted.length > 0);
    return (
      asking.filter(([wanted, has]) => new Set([...wanted, ...has]).size === wanted.length + has.length).length === 0
    );
  }

  fc.assert(
    fc.property(filters, events, (filter, event) => {
      expect(matches(filter, event)).toBe(asTheContractSays(filter, event));
    }),
    { numRuns: 1_000 },
  );
});

describe("a filter of a class", () => {
  test.each<[(typeof FILTER_CLASSES)[number], Filter]>([
    ["simple", { ...EVERYTHING, chains: ["ethereum"] }],
    ["moderate", { ...EVERYTHING, chains: ["ethereum"], event_types: ["transfer"] }],
    ["complex", { chains: ["ethereum"], event_types: ["transfer"], accounts: ["0xa", "0xb"], program_ids: ["0xp"] }],
  ])("%s asks for that many fields of its event", (kind, filter) => {
    expect(filterFor(kind, TRANSFER)).toEqual(filter);
    expect(matches(filterFor(kind, TRANSFER), TRANSFER)).toBe(true);
  });

  test("asks for more the more complex it is", () => {
    const asked = FILTER_CLASSES.map(
      (kind) => Object.values(filterFor(kind, TRANSFER)).filter((wanted) => wanted.length > 0).length,
    );
    expect(asked).toEqual([1, 2, 4]);
  });
});

describe("the filters of many connections", () => {
  const all = variants({ seed: 1, chains: ["ethereum", "solana"] });

  test("take the kinds in turn, and none is a kind too", () => {
    const kinds = ["simple", "all", "complex"];
    const fields = [0, 1, 2, 3].map((place) =>
      Object.values(filterAt(place, kinds, all)).filter((wanted) => wanted.length > 0),
    );
    expect(fields.map(({ length }) => length)).toEqual([1, 0, 4, 1]);
  });

  test("are made for every event there is, before one comes again", () => {
    const filters = all.map((_, place) => filterAt(place, ["complex"], all));
    expect(new Set(filters.map((filter) => JSON.stringify(filter))).size).toBe(all.length);
  });
});
