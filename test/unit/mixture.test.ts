import fc from "fast-check";
import { expect, test } from "vitest";
import { GRID, isBelow, type Part, percentileOf } from "../../core/mixture.ts";

/** Between ranks as k6 does it. */
function quantile(sorted: readonly number[], percent: number): number {
  const rank = (percent / 100) * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)] as number, sorted[Math.ceil(rank)] as number];
  return low + (high - low) * (rank % 1);
}

function partOf(values: readonly number[]): Part {
  const sorted = [...values].sort((a, b) => a - b);
  const places = [0, ...GRID, 100].map((place): [number, number] => [place, quantile(sorted, place)]);
  return { samples: sorted.length, percentiles: new Map(places) };
}

const spread = (from: number, to: number, samples: number) =>
  Array.from({ length: samples }, (_, place) => from + ((to - from) * place) / (samples - 1));

test("a small process that is slow does not stand for a large one that is quick", () => {
  const [quick, slow] = [spread(1, 10, 9_900), spread(60, 70, 100)];
  expect(isBelow(95, 10_000, 100)).toBe(true);
  expect(percentileOf(95, [partOf(quick), partOf(slow)])).toBeLessThan(11);
  expect(isBelow(99.5, 10_000, 100)).toBe(false);
});

test("what is judged by counts is what all samples together say", () => {
  const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, values, fc.integer({ min: 1, max: 50 }), (one, other, bound) => {
      const sorted = [...one, ...other].sort((a, b) => a - b);
      const reaching = sorted.filter((value) => value >= bound).length;
      expect(isBelow(95, sorted.length, reaching)).toBe(
        (sorted[Math.ceil(0.95 * (sorted.length - 1))] as number) < bound,
      );
    }),
  );
});

test("what is shown lies within a hundredth of the samples of the truth", () => {
  const parts = [spread(1, 100, 3_000), spread(50, 400, 1_000)];
  const all = parts.flat().sort((a, b) => a - b);
  const shown = percentileOf(95, parts.map(partOf));
  expect(shown).toBeGreaterThan(quantile(all, 94));
  expect(shown).toBeLessThan(quantile(all, 96));
});
