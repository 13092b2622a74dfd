import fc from "fast-check";
import { expect, test } from "vitest";
import { Sampling } from "../../k6/support/sampling.ts";

/** One second of a stream: which of its values are kept. */
function second(sampling: Sampling, values: number): boolean[] {
  const kept = Array.from({ length: values }, () => sampling.keeps());
  sampling.renew();
  return kept;
}

const count = (kept: readonly boolean[]) => kept.filter(Boolean).length;

test("the first second keeps everything of a slow stream, and of a fast one more than its share but not all", () => {
  expect(count(second(new Sampling(10), 10))).toBe(10);
  const kept = count(second(new Sampling(1_000), 30_000));
  expect(kept).toBeGreaterThan(1_000);
  expect(kept).toBeLessThan(5_000);
});

test("a stream that becomes faster within a second is thinned at once, evenly", () => {
  const sampling = new Sampling(100);
  second(sampling, 100);
  const places = second(sampling, 3_200).flatMap((kept, place) => (kept ? [place] : []));
  const gaps = places.slice(1).map((place, index) => place - (places[index] as number));
  expect([...gaps].sort((a, b) => a - b)).toEqual(gaps);
  expect(places.length).toBeLessThan(500);
});

test("from then on a steady stream keeps at most what it may, and at least half of it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 5_000 }), (perSecond, values) => {
      const sampling = new Sampling(perSecond);
      second(sampling, values);
      for (let seconds = 0; seconds < 3; seconds++) {
        const kept = count(second(sampling, values));
        expect(kept).toBeLessThanOrEqual(perSecond);
        expect(kept).toBeGreaterThanOrEqual(Math.min(values, perSecond) / 2);
      }
    }),
  );
});

test("what is kept is spread evenly, and starts with the first", () => {
  const sampling = new Sampling(4);
  second(sampling, 12);
  expect(second(sampling, 12)).toEqual(Array.from({ length: 12 }, (_, place) => place % 3 === 0));
});

test("a stream that slows down is kept whole again", () => {
  const sampling = new Sampling(10);
  second(sampling, 1_000);
  second(sampling, 10);
  expect(count(second(sampling, 10))).toBe(10);
});

test("a second without anything leaves nothing to divide by", () => {
  const sampling = new Sampling(10);
  second(sampling, 0);
  expect(count(second(sampling, 5))).toBe(5);
});

test("where many share what may be kept, each keeps less than one a second", () => {
  const sampling = new Sampling(0.1);
  const kept = Array.from({ length: 100 }, () => count(second(sampling, 1)));
  expect(kept.reduce((sum, one) => sum + one)).toBe(10);
});
