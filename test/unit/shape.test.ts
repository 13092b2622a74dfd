import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bursts,
  eventsIn,
  fallsAt,
  hold,
  lengthOf,
  peakOf,
  ramp,
  type Shape,
  scaled,
  secondOf,
  shape,
} from "../../core/shape.ts";
import { levelAt } from "./levels.ts";

/** Up for 10 s, 20 s at the top, a step down, 10 s there, down for 10 s. */
const HILL = shape([ramp(100, "10s"), hold(100, "20s"), hold(40, "10s"), ramp(0, "10s")]);

const levels = fc.integer({ min: 0, max: 5_000 });
const seconds = fc.integer({ min: 1, max: 600 });
const segments = fc.oneof(
  fc.record({ from: levels, to: levels, seconds }),
  fc
    .record({ level: levels, seconds })
    .map(({ level, seconds: length }) => ({ from: level, to: level, seconds: length })),
);
const shapes: fc.Arbitrary<Shape> = fc.array(segments, { minLength: 1, maxLength: 6 });
const busyShapes = shapes.filter((load) => eventsIn(load) >= 1);

describe("a shape", () => {
  test("is made of steps that start where the last one ended", () => {
    expect(HILL).toEqual([
      { from: 0, to: 100, seconds: 10 },
      { from: 100, to: 100, seconds: 20 },
      { from: 40, to: 40, seconds: 10 },
      { from: 40, to: 0, seconds: 10 },
    ]);
    expect(lengthOf(HILL)).toBe(50);
    expect(peakOf(HILL)).toBe(100);
    expect(eventsIn(HILL)).toBe(500 + 2_000 + 400 + 200);
  });

  test("of no steps is nothing", () => {
    expect([lengthOf([]), peakOf([]), eventsIn([]), levelAt([], 0), secondOf([], 5), fallsAt([], 3)]).toEqual([
      0, 0, 0, 0, 0, 3,
    ]);
  });

  test("has its peak where a ramp starts, too", () => {
    expect(peakOf([{ from: 70, to: 10, seconds: 1 }])).toBe(70);
  });

  test.each([
    [-1, 0],
    [0, 0],
    [5, 50],
    [9.5, 95],
    [10, 100],
    [29.999, 100],
    [30, 40],
    [45, 20],
    [49.75, 1],
    [50, 0],
    [1_000, 0],
  ])("has at %f s a level of %f", (second, level) => {
    expect(levelAt(HILL, second)).toBeCloseTo(level, 9);
  });

  test.each([
    ["before the top", 0, 30],
    ["at the step down", 30, 30],
    ["after it", 30.5, 40],
    ["on the way down", 45, 45],
    ["at the end", 50, 50],
    ["after the end", 60, 60],
  ])("begins to fall, seen from %s", (_, from, falls) => {
    expect(fallsAt(HILL, from)).toBe(falls);
  });

  test("that ramps down in no time falls at that moment, seen from then or from before", () => {
    const cliff = shape([hold(100, "10s"), ramp(20, "0s"), hold(20, "10s")]);
    expect([0, 9, 10, 10.5].map((from) => fallsAt(cliff, from))).toEqual([10, 10, 10, 20]);
  });

  test("that never falls falls at its end", () => {
    expect(fallsAt(shape([ramp(10, "10s"), hold(10, "5s"), hold(50, "5s")]), 3)).toBe(20);
  });

  test("does not fall before it is said to fall", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (load, quarters) => {
        const from = (quarters / 4) % (lengthOf(load) + 1);
        const falls = fallsAt(load, from);
        expect(falls).toBeGreaterThanOrEqual(from);
        let before = levelAt(load, from);
        for (let step = 1; step < 50; step++) {
          const level = levelAt(load, from + ((falls - from) * step) / 50);
          expect(level).toBeGreaterThanOrEqual(before - 1e-6);
          before = level;
        }
      }),
    );
  });
});

describe("events and seconds", () => {
  test("are each other's inverse", () => {
    fc.assert(
      fc.property(busyShapes, fc.double({ min: 0, max: 1, noNaN: true }), (load, share) => {
        const count = share * eventsIn(load);
        const second = secondOf(load, count);
        // What is due by that second, by adding up slices of the shape.
        expect(eventsIn(until(load, second))).toBeCloseTo(count, 3);
      }),
    );
  });

  test("end together, unless the shape ends at rest", () => {
    fc.assert(
      fc.property(busyShapes, (load) => {
        fc.pre((load.at(-1) as { to: number }).to > 0);
        expect(secondOf(load, eventsIn(load))).toBeCloseTo(lengthOf(load), 6);
      }),
    );
  });

  test("never run backwards", () => {
    fc.assert(
      fc.property(busyShapes, fc.array(fc.double({ min: 0, max: 1.5, noNaN: true })), (load, shares) => {
        const due = shares.sort((a, b) => a - b).map((share) => secondOf(load, share * eventsIn(load)));
        for (const [place, second] of due.entries())
          expect(second).toBeGreaterThanOrEqual((due[place - 1] ?? 0) - 1e-9);
      }),
    );
  });

  test.each([
    ["the first of a steady rate, at once", [hold(100, "10s")], 0, 0],
    ["the 250th of 100 a second", [hold(100, "10s")], 250, 2.5],
    ["the last of a steady rate, at its end", [hold(100, "10s")], 1_000, 10],
    ["what a ramp holds in its first half, late in it", [ramp(100, "10s")], 125, 5],
    ["what comes after a pause, after it", [hold(10, "1s"), hold(0, "30s"), hold(10, "1s")], 15, 31.5],
    ["the last before a pause, before it", [hold(10, "1s"), hold(0, "30s"), hold(10, "1s")], 10, 1],
    ["what comes after the end, as the last level goes on", [hold(100, "10s")], 1_100, 11],
    ["what comes after an end at rest, at that end", [ramp(100, "10s"), ramp(0, "10s")], 5_000, 20],
  ])("%s", (_, steps, count, second) => {
    expect(secondOf(shape(steps), count)).toBeCloseTo(second, 9);
  });
});

/** The part of a shape before a moment; what is after its end goes on at the last level. */
function until(load: Shape, second: number): Shape {
  const cut: { from: number; to: number; seconds: number }[] = [];
  let start = 0;
  for (const segment of load) {
    const length = Math.min(segment.seconds, second - start);
    if (length <= 0) break;
    const to = segment.from + ((segment.to - segment.from) * length) / segment.seconds;
    cut.push({ from: segment.from, to, seconds: length });
    start += segment.seconds;
  }
  return cut;
}

describe("scaling", () => {
  test("multiplies times, levels and with them events", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (load, time, level) => {
        const made = scaled(load, { time, level });
        expect(lengthOf(made)).toBeCloseTo(lengthOf(load) * time, 6);
        expect(peakOf(made)).toBeCloseTo(peakOf(load) * level, 6);
        expect(eventsIn(made)).toBeCloseTo(eventsIn(load) * time * level, 3);
      }),
    );
  });

  test("by nothing changes nothing", () => {
    expect(scaled(HILL, {})).toEqual(HILL);
  });
});

describe("bursts", () => {
  test("come behind each gap", () => {
    expect(bursts(100, { ratio: 10, gap: 27, length: 3 }, 60)).toEqual([
      { from: 100, to: 100, seconds: 27 },
      { from: 1_000, to: 1_000, seconds: 3 },
      { from: 100, to: 100, seconds: 27 },
      { from: 1_000, to: 1_000, seconds: 3 },
    ]);
  });

  test("are cut off where the load ends", () => {
    expect(bursts(100, { ratio: 10, gap: 27, length: 3 }, 28)).toEqual([
      { from: 100, to: 100, seconds: 27 },
      { from: 1_000, to: 1_000, seconds: 1 },
    ]);
    expect(bursts(100, { ratio: 10, gap: 27, length: 3 }, 10)).toEqual([{ from: 100, to: 100, seconds: 10 }]);
  });

  test("add up to the whole time, at two levels of the given ratio", () => {
    const ratios = fc.double({ min: 0.5, max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), ratios, seconds, seconds, (base, ratio, period, length) => {
        const load = bursts(base, { ratio, gap: period * 0.9, length: period * 0.1 }, length);
        expect(lengthOf(load)).toBeCloseTo(length, 6);
        for (const [place, { from, to }] of load.entries())
          expect([from, to]).toEqual(place % 2 ? [base * ratio, base * ratio] : [base, base]);
        const periods = Math.floor(length / period);
        expect(eventsIn(load)).toBeGreaterThanOrEqual(periods * period * base * (0.9 + 0.1 * ratio) - 1e-3);
      }),
    );
  });
});
