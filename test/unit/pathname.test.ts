import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reportedName, shownName } from "../../core/pathname.ts";
import { Run } from "../../receiver/run.ts";
import { describeFilter, filterAt } from "../../systems/pulse/filters.ts";
import { batch, OPENING, report } from "./reports.ts";

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

  const NUMBER = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1e9 }));
  const PLACES = fc.uniqueArray(fc.record({ connection: NUMBER, opened: NUMBER }), {
    minLength: 2,
    selector: ({ connection, opened }) => `${connection} ${opened}`,
  });
  const ODD = fc.array(
    fc.constantFrom("a", "/", ", ", "connection 1", "subscription 2", "(", ")", "...", "\u{1f600}", "x".repeat(40)),
    { maxLength: 30 },
  );
  const LONG = fc.oneof(
    fc.string({ maxLength: 400 }),
    ODD.map((parts) => parts.join("")),
  );

  test.each(["to", "selects"] as const)("is of one alone and fits the receiver, whatever it %s", (kind) => {
    fc.assert(
      fc.property(PLACES, fc.array(LONG, { minLength: 1, maxLength: 3 }), (places, texts) => {
        const names = places.map((place, at) => reportedName(ONE, { ...place, [kind]: texts[at % texts.length] }));
        expect(new Set(names).size).toBe(places.length);
        for (const [at, name] of names.entries()) {
          expect(name.length).toBeLessThanOrEqual(128);
          expect(name.startsWith(`${ONE}/`)).toBe(true);
          expect(name).toContain(`connection ${places[at]?.connection}`);
        }
      }),
    );
  });

  test("that is too long keeps both ends of its path", () => {
    const to = "https://hooks.example.com/tenant-0001/eu-central-1/production/orders/created/v2/x";
    const names = [1, 2].map((connection) => shownName(reportedName(ONE, { to, connection, opened: 2 }), isFree));
    expect(names).toEqual(
      [1, 2].map(
        (connection) =>
          `https://hooks.example.com/ten...oduction/orders/created/v2/x, connection ${connection}, subscription 2`,
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

  test("of two connections of a long path stays two in the account: what one lost, the other does not deliver", () => {
    const run = new Run("nightly", OPENING, () => 20_000);
    const all = Array.from({ length: 100 }, (_, seq) => seq);
    run.published(batch(0, 100, 10_000));
    const paths = [all.filter((seq) => seq !== 7), all].map((seqs, place) =>
      report(seqs, 20_000, { path: reportedName(ONE, { to: "p".repeat(81), connection: place + 1, opened: 1 }) }),
    );
    run.arrivals({ paths });
    expect(run.account()).toMatchObject({ paths: 2, expected: 200, delivered: 199, lost: 1, duplicated: 0 });
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
