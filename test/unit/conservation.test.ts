import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Conservation } from "../../core/conservation.ts";

/** A reading every half second from 0, each with so many messages missing out of ten thousand. */
function readings(missing: readonly number[]): Conservation {
  const conservation = new Conservation();
  for (const [place, count] of missing.entries()) {
    conservation.enter({ at: place * 500, acknowledged: 10_000, pending: 10, buffered: 5, rows: 9_985 - count });
  }
  return conservation;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe("the balance of rows, pending and buffered", () => {
  test.each<[string, number[], number]>([
    ["nothing was read", [], 0],
    ["nothing is missing", times(30, 0), 0],
    ["messages are on their way between two places now and then", [...times(9, 7), 0, ...times(9, 12), 0, 3, 4], 0],
    ["messages are missing from the start", times(30, 7), 7],
    ["messages are missing for ten seconds, and then are there", [...times(30, 7), ...times(30, 0)], 7],
    ["messages are missing for nine seconds", [...times(5, 0), ...times(18, 7), ...times(30, 0)], 0],
    ["more is missing now and then than always", [...times(20, 3), 50, ...times(20, 3)], 3],
    ["a run is too short for a window, and ends with a gap", [0, 0, 5], 0],
    ["a short run has a gap all the time", [4, 6, 4], 4],
    ["there is more than was acknowledged", times(30, -50), 0],
  ])("when %s", (_, missing, shortfall) => {
    expect(readings(missing).shortfall).toBe(shortfall);
  });

  test("never calls missing what was there in one reading of every ten seconds", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(500), { maxLength: 18 }), { maxLength: 8 }), (gaps) => {
        expect(readings(gaps.flatMap((gap) => [0, ...gap])).shortfall).toBe(0);
      }),
    );
  });

  test("always calls missing what is missing for good", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat(50), { minLength: 21, maxLength: 80 }),
        (lost, more) => {
          expect(readings(more.map((extra) => lost + extra)).shortfall).toBeGreaterThanOrEqual(lost);
        },
      ),
    );
  });

  test("counts its readings", () => {
    expect(readings(times(12, 0)).readings).toBe(12);
  });
});

describe("the backlog under load", () => {
  /** Half a minute at 200 a second, looked at twice a second. */
  function loaded(backlogAt: (second: number) => number): Conservation {
    const conservation = new Conservation();
    for (let place = 1; place <= 60; place++) {
      const acknowledged = place * 100;
      conservation.underLoad(place * 500, acknowledged, acknowledged - backlogAt(place / 2));
    }
    return conservation;
  }

  test.each<[string, (second: number) => number, number]>([
    ["nothing", () => 0, 0],
    ["a steady one", () => 150, 0],
    ["one that comes and goes", (second) => (second % 1 === 0 ? 100 : 20), 0],
    ["one that grows by half of what is accepted", (second) => second * 100, 0.5],
    ["one that takes all: the worker is dead", (second) => second * 200, 1],
    ["one that shrinks", (second) => 3_000 - second * 100, -0.5],
  ])("of %s", (_, backlogAt, share) => {
    const { growth } = loaded(backlogAt);
    expect(growth?.share).toBeCloseTo(share, 1);
    expect(growth?.samples).toBe(56);
  });

  test("has a peak", () => {
    expect(loaded((second) => (second === 10 ? 777 : 5)).peak).toBe(777);
  });

  test("is not judged by its first two seconds", () => {
    const conservation = new Conservation();
    for (let at = 0; at <= 1_500; at += 500) conservation.underLoad(at, at, 0);
    expect(conservation.growth).toBeNull();
  });
});
