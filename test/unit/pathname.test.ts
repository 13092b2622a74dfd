import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reportedName, shownName } from "../../core/pathname.ts";
import { Run } from "../../receiver/run.ts";
import { describeFilter, filterAt } from "../../systems/pulse/filters.ts";
import { OPENING, report } from "./reports.ts";

const NOTHING = { chains: [], event_types: [], accounts: [], program_ids: [] };
const [ONE, TWO] = ["20261129-140414-0b1f79", "20261129-140414-0b1f7a"];
const isFree = () => false;

describe("the name of a subscription", () => {
  test.each<[string, Parameters<typeof reportedName>[1], string]>([
    [
      "says who holds it and what it selects",
      { connection: 8, opened: 1, selects: "ethereum" },
      "connection 8 (ethereum)",
    ],
    [
      "says which one it is",
      { connection: 8, opened: 2, selects: "all events" },
      "connection 8, subscription 2 (all events)",
    ],
    ["begins with a path that has a name", { to: "acme", connection: 3, opened: 1 }, "acme, connection 3"],
  ])("%s", (_, place, name) => {
    expect(shownName(reportedName(ONE, place), isFree)).toBe(name);
  });

  test("is no longer than the receiver takes, whatever it selects", () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.integer({ min: 1, max: 1e9 }),
        fc.string({ maxLength: 400 }),
        (connection, opened, selects) => {
          const name = reportedName(ONE, { connection, opened, selects });
          expect(name.length).toBeLessThanOrEqual(128);
          expect(name.startsWith(`${ONE}/`)).toBe(true);
          expect(name).toContain(`connection ${connection}`);
        },
      ),
    );
  });

  test("keeps what is no process of k6, and what another has already", () => {
    expect(shownName("acme/eu/1", isFree)).toBe("acme/eu/1");
    const reported = reportedName(TWO, { connection: 1, opened: 1 });
    expect(shownName(reported, (name) => name === "connection 1")).toBe(reported);
  });

  test("of two processes stays two in the account", () => {
    const run = new Run("nightly", OPENING, () => 0);
    for (const instance of [ONE, TWO, ONE]) {
      run.arrivals({ paths: [report([], 0, { path: reportedName(instance, { connection: 1, opened: 1 }) })] });
    }
    expect(run.account().paths).toBe(2);
  });
});

describe("a filter in words", () => {
  test.each([
    [NOTHING, "all events"],
    [{ ...NOTHING, chains: ["ethereum"] }, "ethereum"],
    [{ ...NOTHING, chains: ["ethereum", "solana"], event_types: ["transfer"] }, "ethereum or solana, transfer"],
    [{ ...NOTHING, accounts: ["a", "b"], program_ids: ["c"] }, "2 accounts, 1 program"],
  ])("%j is %s", (filter, words) => {
    expect(describeFilter(filter)).toBe(words);
  });

  test("says all of one that a connection has", () => {
    const event = { chain: "ethereum", eventType: "transfer", accounts: ["a", "b"], programId: "c" };
    expect(describeFilter(filterAt(0, ["complex"], [event]))).toBe("ethereum, transfer, 2 accounts, 1 program");
  });
});
