import fc from "fast-check";
import { expect, test } from "vitest";
import { largestShare, samplesToProve, smallestShare } from "../../core/confidence.ts";

// Exact one-sided bounds at 95 %: the quantiles of the beta distribution that tables of Clopper and Pearson print.
test.each([
  [0, 100, 0.02951],
  [0, 249, 0.01196],
  [1, 100, 0.04656],
  [5, 100, 0.10225],
  [50, 100, 0.58638],
  [100, 100, 1],
  [1_000, 1_000_000, 0.0010532],
])("%d hits among %d samples allow a share of %d", (hits, samples, share) => {
  expect(largestShare(hits, samples)).toBeCloseTo(share, share < 0.01 ? 5 : 4);
});

test("without samples everything is possible", () => {
  expect([largestShare(0, 0), smallestShare(0, 0)]).toEqual([1, 0]);
});

test("the bounds enclose what was seen, and more samples bring them nearer", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (samples, share) => {
      const hits = Math.round(share * samples);
      expect(largestShare(hits, samples)).toBeGreaterThanOrEqual(hits / samples);
      expect(smallestShare(hits, samples)).toBeLessThanOrEqual(hits / samples);
      expect(largestShare(hits * 4, samples * 4)).toBeLessThanOrEqual(largestShare(hits, samples) + 1e-9);
    }),
  );
});

test.each([
  [0.001, 2_995],
  [0.01, 299],
  [0.05, 59],
])("a share below %d is proven by %d samples without a hit, and by no fewer", (share, samples) => {
  expect(samplesToProve(share)).toBe(samples);
  expect(largestShare(0, samples)).toBeLessThanOrEqual(share);
  expect(largestShare(0, samples - 1)).toBeGreaterThan(share);
});
