import fc from "fast-check";
import { expect, test } from "vitest";
import { Allowance } from "../../k6/support/allowance.ts";

/** Which things of a stream are taken. @param every milliseconds between two of them. */
function taken(allowance: Allowance, count: number, every: number, from = 1_000_000): boolean[] {
  return Array.from({ length: count }, (_, place) => allowance.take(from + place * every));
}

const count = (marks: readonly boolean[]) => marks.filter(Boolean).length;

test("of a stream that is slow enough everything is taken", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 5_000, noNaN: true }), (perSecond) => {
      const every = (1000 / perSecond) * 1.001;
      expect(count(taken(new Allowance(perSecond), 500, every))).toBe(500);
    }),
  );
});

test("of one that is just as fast everything is taken, however its times are rounded", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (perSecond) => {
      expect(count(taken(new Allowance(perSecond), 500, 1000 / perSecond))).toBe(500);
    }),
    { examples: [[3]] },
  );
});

test("of a faster one as much as is allowed, and a twentieth of a second's worth at once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 20 }), (perSecond, times) => {
      const seconds = 5;
      const offered = perSecond * times * seconds;
      const allowed = perSecond * seconds + Math.max(2, perSecond / 20);
      const got = count(taken(new Allowance(perSecond), offered, 1000 / (perSecond * times)));
      expect(got).toBeLessThanOrEqual(Math.ceil(allowed));
      expect(got).toBeGreaterThanOrEqual(Math.min(offered, Math.floor(perSecond * seconds * 0.99) - 1));
    }),
  );
});

test("once a burst is over what is taken is spread evenly", () => {
  const allowance = new Allowance(1_000);
  const marks = taken(allowance, 20_000, 0.1);
  const places = marks.flatMap((mark, place) => (mark && place > 5_000 ? [place] : []));
  const gaps = places.slice(1).map((place, index) => place - (places[index] as number));
  expect(new Set(gaps.filter((gap) => Math.abs(gap - 10) > 1))).toEqual(new Set());
});

test("a clock that goes back gives nothing", () => {
  const allowance = new Allowance(5);
  expect([1_000, 1_000, 1_000, 500, 600].map((at) => allowance.take(at))).toEqual([true, true, false, false, false]);
});
