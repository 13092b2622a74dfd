import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Growth } from "../../core/growth.ts";

/** A load of so many seconds, ten deliveries in each, whose latency is a function of the time in seconds. */
function growthOf(seconds: number, latency: (at: number) => number) {
  const growth = new Growth();
  for (let tick = 0; tick < seconds * 10; tick++) growth.record(tick * 100, latency(tick / 10));
  return growth.over({ from: 0, through: seconds * 1000 });
}

describe("the growth of latency", () => {
  test.each<[string, (at: number) => number, number]>([
    ["is nothing where it stays the same", () => 7, 0],
    ["is what it has crept by from the first quarter to the last", (at) => 1 + 3 * at, 18],
    ["is negative where a slow start becomes quick", (at) => (at < 4 ? 20 : 2), -18],
    ["is not seen in a pause of two seconds", (at) => (at >= 5 && at < 7 ? 2_000 - (at - 5) * 1_000 : 2), 0],
    ["is not seen in a few that are slow", (at) => ((at * 10) % 10 === 3 ? 200 : 2), 0],
  ])("%s", (_, latency, ms) => {
    expect(growthOf(8, latency)).toEqual({ ms: expect.closeTo(ms, 6), seconds: 8 });
  });

  test("is judged by what came during the load", () => {
    const growth = new Growth();
    for (let second = 0; second < 8; second++) growth.record(second * 1000, second < 5 ? 1 : 5_000);
    expect(growth.over({ from: 0, through: 4_500 })).toEqual({ ms: 0, seconds: 5 });
  });

  test.each([null, { from: 0, through: 400 }])("cannot be told of the load %j", (load) => {
    const growth = new Growth();
    for (let second = 0; second < 8; second++) growth.record(second * 1000, second * 100);
    expect(growth.over(load)).toMatchObject({ ms: 0 });
    expect(growth.over(load).seconds).toBeLessThan(2);
  });

  test("is never larger than the largest difference", () => {
    const points = fc.array(fc.tuple(fc.nat({ max: 20_000 }), fc.nat({ max: 5_000 })), { minLength: 1 });
    fc.assert(
      fc.property(points, (drawn) => {
        const growth = new Growth();
        for (const [at, latency] of drawn) growth.record(at, latency);
        const latencies = drawn.map(([, latency]) => latency);
        const { ms } = growth.over({ from: 0, through: 20_000 });
        expect(Math.abs(ms)).toBeLessThanOrEqual(Math.max(...latencies) - Math.min(...latencies));
      }),
    );
  });
});
