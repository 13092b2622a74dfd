import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findLeak, type Memory } from "../../cli/health/leak.ts";
import { LEAST_POINTS, type Point, slopeOf } from "../../cli/health/trend.ts";

/** Numbers from 0 to 1 that look random and are the same each time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const line = (count: number, y: (x: number) => number): Point[] =>
  Array.from({ length: count }, (_, x) => ({ x, y: y(x) }));

describe("a slope", () => {
  test("of a line is that of the line, with no doubt", () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 8, max: 40 }), (rise, count) => {
        const { likely, low, high } = slopeOf(line(count, (x) => 3 + rise * x));
        for (const value of [likely, low, high]) expect(value).toBeCloseTo(rise, 9);
      }),
    );
  });

  test("lies between its bounds, and turns with the series", () => {
    const series = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 8, maxLength: 30 });
    fc.assert(
      fc.property(series, (values) => {
        const one = slopeOf(values.map((y, x) => ({ x, y })));
        const turned = slopeOf(values.map((y, x) => ({ x, y: -y })));
        expect(one.low).toBeLessThanOrEqual(one.likely);
        expect(one.likely).toBeLessThanOrEqual(one.high);
        expect(turned.likely).toBeCloseTo(-one.likely, 6);
      }),
    );
  });

  test("of noise is not told from none in about 19 of 20 cases", () => {
    let certain = 0;
    for (let seed = 0; seed < 1_000; seed++) {
      const random = noise(seed);
      const { low, high } = slopeOf(line(24, random));
      if (low > 0 || high < 0) certain++;
    }
    expect(certain).toBeGreaterThan(15);
    expect(certain).toBeLessThan(85);
  });

  test("of a noisy line is within its bounds in about 19 of 20 cases", () => {
    let missed = 0;
    for (let seed = 0; seed < 1_000; seed++) {
      const random = noise(seed);
      const { low, high } = slopeOf(line(24, (x) => 0.05 * x + random()));
      if (low > 0.05 || high < 0.05) missed++;
    }
    expect(missed).toBeLessThan(85);
  });

  test("is not moved by an outlier", () => {
    const points = line(24, (x) => x);
    points[20] = { x: 20, y: 10_000 };
    expect(slopeOf(points).likely).toBeCloseTo(1, 6);
  });

  test("needs enough points, and different places", () => {
    expect(() => slopeOf(line(LEAST_POINTS - 1, (x) => x))).toThrow(RangeError);
    expect(() => slopeOf(line(8, () => 1).map(({ y }) => ({ x: 1, y })))).toThrow(RangeError);
  });
});

/** Memory once in 200 ms. */
function memory(seconds: number, mb: (second: number) => number): Memory[] {
  return Array.from({ length: seconds * 5 }, (_, place) => ({ at: 1_000 + place * 200, mb: mb(place / 5) }));
}

/** Rises by so many MB a second and falls back every so many seconds, as between two collections of garbage. */
const sawtooth = (second: number, rise: number, period: number) => rise * (second % period);

describe("memory", () => {
  const random = noise(42);
  test.each<[string, Memory[], ReturnType<typeof findLeak>["finding"]]>([
    ["that stays", memory(30, () => 80), "steady"],
    ["with noise", memory(30, () => 80 + 4 * random()), "steady"],
    ["that falls", memory(30, (second) => 100 - second), "steady"],
    ["that collects garbage every 2 s", memory(30, (second) => 80 + sawtooth(second, 10, 2)), "steady"],
    ["that warms up", memory(30, (second) => 80 + 40 * (1 - Math.exp(-second / 3))), "steady"],
    ["that takes a step", memory(30, (second) => (second < 18 ? 80 : 120)), "steady"],
    ["that gave back what it takes again", memory(30, (second) => (second < 6 ? 150 : 100 + second)), "steady"],
    ["that fills a heap by 20 MB", memory(30, (second) => 80 + (20 * second) / 30), "steady"],
    ["that rises by little", memory(30, (second) => 80 + 0.1 * second), "steady"],
    ["that loses 1 MB a second", memory(60, (second) => 80 + second + 2 * random()), "leaking"],
    ["that leaks under its garbage", memory(60, (second) => 80 + second + sawtooth(second, 20, 0.8)), "leaking"],
    ["that leaks 5 MB a minute for ten minutes", memory(600, (second) => 80 + second / 12 + 3 * random()), "leaking"],
    ["that leaks 1 MB a minute, 100 in more than an hour", memory(600, (second) => 80 + second / 60), "steady"],
    ["of a moment", memory(3, (second) => 80 + 20 * second), "too few samples"],
    ["of nothing", [], "too few samples"],
  ])("%s", (_, samples, finding) => {
    expect(findLeak(samples).finding).toBe(finding);
  });

  test("that was higher before is no leak yet", () => {
    const samples = memory(60, (second) => 80 + second);
    expect(findLeak(samples, 200).finding).toBe("steady");
    expect(findLeak(samples, 90).finding).toBe("leaking");
  });

  test("a leak of 1 MB per 100 requests at 320 a second is told with its speed", () => {
    const leaking = memory(19, (second) => 150 + Math.floor((second * 320) / 100) + 3 * random());
    const { finding, slope } = findLeak(leaking);
    expect(finding).toBe("leaking");
    expect(slope?.low).toBeGreaterThan(170);
    expect(slope?.high).toBeLessThan(210);
    expect(slope?.likely).toBeCloseTo(192, -1);
  });
});
