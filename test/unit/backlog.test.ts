import { describe, expect, test } from "vitest";
import { backlogGrowth } from "../../core/backlog.ts";
import type { Second } from "../../core/timeline.ts";

const NOTHING = { p50: null, p95: null, p99: null, max: null };

/** A load of 100 deliveries that are due in each second, of which so many happen. */
function load(delivered: readonly number[]): Second[] {
  let backlog = 0;
  return delivered.map((count, place) => {
    backlog += 100 - count;
    return { at: place * 1000, published: 100, delivered: count, backlog, ...NOTHING };
  });
}

const WHOLE = { from: 0, through: 10_000 };
const times = (count: number, value: number) => Array.from({ length: count }, () => value);

describe("a backlog", () => {
  test.each<[string, number[], number]>([
    ["does not grow where all is delivered", times(10, 100), 0],
    ["grows by a quarter of what is due", times(10, 75), 0.25],
    ["grows by all of it where nothing is delivered", times(10, 0), 1],
    ["is filled at first, which is no growth", [20, 60, ...times(8, 100)], 0],
  ])("%s", (_, delivered, share) => {
    const growth = backlogGrowth(load(delivered), WHOLE);
    expect(growth?.share).toBeCloseTo(share, 6);
    expect(growth?.samples).toBe(8);
  });

  test("that comes and goes again grows little", () => {
    expect(backlogGrowth(load([100, 100, 100, 50, 150, 100, 50, 150, 100, 100]), WHOLE)?.share).toBeLessThan(0.02);
  });

  test("is not judged by what came after the load", () => {
    const seconds = [...load(times(10, 75)), { at: 10_000, published: 0, delivered: 250, backlog: 0, ...NOTHING }];
    expect(backlogGrowth(seconds, WHOLE)?.share).toBeCloseTo(0.25, 6);
  });

  test.each<[string, readonly Second[], typeof WHOLE | null]>([
    ["nothing was published", load(times(10, 75)), null],
    ["the load was too short", load(times(3, 75)), { from: 0, through: 3_000 }],
    ["nothing was due", load(times(10, 0)).map((second) => ({ ...second, backlog: 0 })), WHOLE],
  ])("is not known where %s", (_, seconds, span) => {
    expect(backlogGrowth(seconds, span)).toBeNull();
  });
});
