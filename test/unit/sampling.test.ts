import fc from "fast-check";
import { expect, test } from "vitest";
import { Sampling } from "../../k6/support/sampling.ts";

/** One stretch of a stream of values 0, 1, 2, ...: which of them are kept. */
function kept(sampling: Sampling<number>, values: number, seconds = 1): number[] {
  for (let value = 0; value < values; value++) if (sampling.keeps()) sampling.keep(value);
  return sampling.take(seconds);
}

/** The distances between neighbouring values. */
const gaps = (values: readonly number[]) => values.slice(1).map((value, place) => value - (values[place] as number));

test("everything is kept of a slow stream, in order", () => {
  expect(kept(new Sampling(10), 10)).toEqual(Array.from({ length: 10 }, (_, place) => place));
});

test("of any stretch of any stream, the first included, what is kept is spread evenly, and at most twice its share", () => {
  const stretch = fc.record({ values: fc.nat({ max: 5_000 }), seconds: fc.constantFrom(0.1, 0.25, 1, 3) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.array(stretch, { minLength: 1, maxLength: 5 }),
      (most, stretches) => {
        const sampling = new Sampling<number>(most);
        for (const { values, seconds } of stretches) {
          const sample = kept(sampling, values, seconds);
          expect(sample.length).toBeLessThanOrEqual(Math.max(1, 2 * most * seconds));
          expect(new Set(gaps(sample)).size).toBeLessThanOrEqual(1);
        }
      },
    ),
  );
});

test("a steady stream keeps at least half of what it may, and the same in each of its stretches", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 5_000 }), (perSecond, values) => {
      const sampling = new Sampling<number>(perSecond);
      const samples = [1, 2, 3, 4].map(() => kept(sampling, values));
      for (const sample of samples) expect(sample.length).toBeGreaterThanOrEqual(Math.min(values, perSecond) / 2);
      expect(new Set(samples.slice(1).map(({ length }) => length)).size).toBeLessThanOrEqual(2);
    }),
  );
});

test("a stream that slows down is kept whole again", () => {
  const sampling = new Sampling<number>(10);
  kept(sampling, 1_000);
  kept(sampling, 10);
  expect(kept(sampling, 10)).toHaveLength(10);
});

test("a second without anything, or no time at all, leaves nothing to divide by", () => {
  const sampling = new Sampling<number>(10);
  expect(kept(sampling, 3, 0)).toHaveLength(1);
  expect(kept(sampling, 0)).toEqual([]);
  expect(kept(sampling, 5)).toHaveLength(5);
});

test("a stream that starts fast counts for no more than its share from the first stretch on", () => {
  const sampling = new Sampling<number>(1_000);
  const lengths = [1, 2, 3].map(() => kept(sampling, 5_000, 0.166).length);
  for (const length of lengths) expect(length).toBeLessThanOrEqual(167);
  expect(lengths[2]).toBeGreaterThan(150);
});

test("a stream in equal stretches is kept evenly across their borders", () => {
  const sampling = new Sampling<number>(20);
  kept(sampling, 100);
  const all = Array.from({ length: 7 }, (_, stretch) => kept(sampling, 33, 0.33).map((value) => stretch * 33 + value));
  expect(new Set(gaps(all.flat()))).toEqual(new Set([5]));
});

test("where many share what may be kept, they take turns", () => {
  const many = Array.from({ length: 10 }, (_, place) => new Sampling<number>(0.1, place));
  for (let second = 0; second < 30; second++) {
    expect(many.flatMap((sampling) => kept(sampling, 1))).toHaveLength(1);
  }
});
