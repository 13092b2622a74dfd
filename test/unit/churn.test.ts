import { describe, expect, test } from "vitest";
import { type Churn, countAmong, excessOf, isAmong, mannerOf, nextDue, ownRate } from "../../systems/pulse/churn.ts";
import { readFilterClasses } from "../../systems/pulse/filters.ts";

/** Ten clients, one session in each second, each of which lasts 5 s. */
const CHURN: Churn = { clients: 10, rate: 1, stays: 5, length: 120 };

/** All sessions of a client that is always back in time. */
function sessionsOf(churn: Churn, client: number) {
  const sessions: { at: number; until: number }[] = [];
  for (let turn = 0, now = 0; ; ) {
    const due = nextDue(churn, client, turn, now);
    if (due === null) return sessions;
    expect(due.missed).toBe(0);
    sessions.push({ at: due.at, until: due.until });
    turn = due.turn + 1;
    now = due.until;
  }
}

describe("sessions", () => {
  test("come as often as they are to, evenly, and never two of one client at a time", () => {
    const all = Array.from({ length: CHURN.clients }, (_, place) => sessionsOf(CHURN, place + 1));
    const starts = all.flat().map(({ at }) => at);
    // The last ones would be too short.
    expect(starts.sort((one, other) => one - other)).toEqual(Array.from({ length: 118 }, (_, place) => place));
    for (const own of all) {
      const late = own.slice(1).filter(({ at }, place) => at <= (own[place]?.until ?? 0));
      expect(late).toEqual([]);
    }
  });

  test("that begin late last as long as the others", () => {
    expect(nextDue(CHURN, 1, 1, 14)).toEqual({ at: 10, until: 19, turn: 1, missed: 0 });
    expect(nextDue(CHURN, 1, 11, 118)).toBeNull();
  });

  test("end with the load", () => {
    const last = sessionsOf(CHURN, 8).at(-1);
    expect(last).toEqual({ at: 117, until: 120 });
  });

  test("of a short load are begun all the same", () => {
    const short = { ...CHURN, clients: 2, rate: ownRate(2, 300), stays: 300, length: 4 };
    expect([1, 2].map((client) => sessionsOf(short, client))).toEqual([[{ at: 0, until: 4 }], [{ at: 0.5, until: 4 }]]);
  });

  test.each([
    [
      { turn: 1, now: 9 },
      { at: 10, turn: 1, missed: 0 },
    ],
    [
      { turn: 1, now: 19.9 },
      { at: 10, turn: 1, missed: 0 },
    ],
    [
      { turn: 1, now: 20 },
      { at: 20, turn: 2, missed: 1 },
    ],
    [
      { turn: 1, now: 45 },
      { at: 40, turn: 4, missed: 3 },
    ],
  ])("that a client is not back for are missed: %j", ({ turn, now }, due) => {
    expect(nextDue(CHURN, 1, turn, now)).toMatchObject(due);
  });

  test("need clients enough", () => {
    expect(excessOf({ ...CHURN, rate: 20, stays: 10 })).toContain("need 220 clients; allowed: with VUS=220 or more");
    expect(excessOf(CHURN)).toBeNull();
    for (const stays of [0.1, 1, 5, 60]) expect(excessOf({ ...CHURN, stays, rate: ownRate(10, stays) })).toBeNull();
  });
});

describe("of the sessions", () => {
  const all = (shares: { vanish: number; resubscribe: number }) =>
    Array.from({ length: 100 }, (_, turn) =>
      [1, 2, 3, 4].map((client) => mannerOf(CHURN, client, turn, shares)),
    ).flat();

  test.each([0, 0.25, 0.5, 1])("a share of %f vanishes, of every client", (vanish) => {
    expect(all({ vanish, resubscribe: 0 }).filter(({ vanishes }) => vanishes)).toHaveLength(400 * vanish);
    const ofOne = Array.from({ length: 8 }, (_, turn) => mannerOf(CHURN, 3, turn, { vanish, resubscribe: 0 }));
    expect(ofOne.filter(({ vanishes }) => vanishes)).toHaveLength(8 * vanish);
  });

  test("a share subscribes again, of those that vanish and of those that do not", () => {
    const found = all({ vanish: 0.5, resubscribe: 0.25 });
    const again = found.filter(({ resubscribes }) => resubscribes);
    expect(again.length / found.length).toBeCloseTo(0.25, 1);
    expect(new Set(again.map(({ vanishes }) => vanishes)).size).toBe(2);
  });

  test.each([0, 0.1, 1 / 3, 0.5, 1])("a share of %f is spread evenly", (share) => {
    const among = Array.from({ length: 30 }, (_, place) => isAmong(place, share));
    expect(among.filter(Boolean)).toHaveLength(countAmong(30, share));
  });
});

describe("filters with weights", () => {
  test.each([
    ["simple,moderate,complex", ["simple", "moderate", "complex"]],
    ["all", ["all"]],
    ["simple=3,complex", ["simple", "simple", "complex", "simple"]],
    [" simple = 2 , moderate = 0 , all = 2", ["simple", "all", "simple", "all"]],
  ])("%s", (text, kinds) => {
    expect(readFilterClasses(text)?.sort()).toEqual([...kinds].sort());
  });

  test("are mixed evenly", () => {
    const kinds = readFilterClasses("simple=80,complex=20") ?? [];
    for (let start = 0; start < 100; start += 10) {
      expect(kinds.slice(start, start + 10).filter((kind) => kind === "complex")).toHaveLength(2);
    }
  });

  test.each(["", "simple=", "simple=-1", "simple=1.5", "none=1", "simple=0", "simple=9999", "simple;all"])(
    "%j is none",
    (text) => {
      expect(readFilterClasses(text)).toBeUndefined();
    },
  );
});
