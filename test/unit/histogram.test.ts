import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { latenciesOf, type PathLatency, pointsOf } from "../../cli/report/latency.ts";
import { Histogram } from "../../core/histogram.ts";
import { toShow } from "../../core/percentiles.ts";
import { rankAmong } from "../../core/rank.ts";

function histogramOf(latencies: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const latency of latencies) histogram.record(latency);
  return histogram;
}

/** Milliseconds from a microsecond to an hour, most of them where latencies are. */
const latencies = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0.001, max: 100, noNaN: true }) },
  { weight: 2, arbitrary: fc.double({ min: 0.001, max: 3_600_000, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0.001, 1, 2.048, 25, 50) },
);
const samples = fc.array(latencies, { minLength: 1, maxLength: 400 });
const signed = fc.array(fc.oneof(latencies, fc.double({ min: -10, max: -1e-9, noNaN: true })), { maxLength: 200 });

/** The nearest-rank percentile: the smallest sample that so many percent of all do not exceed. */
function nearestRank(all: readonly number[], percentile: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percentile * sorted.length) / 100) - 1)] as number;
}

/** Within 0.1 %, and the half microsecond that a whole number of them may be off. */
function expectNear(actual: number, exact: number): void {
  expect(Math.abs(actual - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.0005 + 1e-9);
}

describe("percentiles", () => {
  test("are those of the sorted samples", () => {
    fc.assert(
      fc.property(samples, (all) => {
        const { p50, p95, p99, min, max } = histogramOf(all).percentiles();
        expectNear(p50, nearestRank(all, 50));
        expectNear(p95, nearestRank(all, 95));
        expectNear(p99, nearestRank(all, 99));
        expectNear(max, Math.max(...all));
        expectNear(min, Math.min(...all));
      }),
    );
  });

  test("never exceed a larger one, nor the maximum, as they are told and as a report reads them", () => {
    fc.assert(
      fc.property(samples, (all) => {
        const histogram = histogramOf(all);
        const { p50, p95, p99, p995, max } = toShow(histogram.percentiles());
        const [read] = latenciesOf({ latencies: [{ path: "a", histogram: histogram.text() }] }) as [PathLatency];
        for (const told of [
          [p50, p95, p99, p995, max],
          [read.p50, read.p95, read.p99, read.p999, read.max],
          pointsOf(read).map(([, ms]) => ms),
        ]) {
          expect(told).toEqual([...told].sort((one, other) => one - other));
        }
      }),
    );
    expect(toShow(histogramOf([20.01]).percentiles())).toMatchObject({ p50: 20.01, p99: 20.01, max: 20.01 });
  });

  test("come with the mean and the number of the samples", () => {
    fc.assert(
      fc.property(samples, (all) => {
        const { mean, samples: counted } = histogramOf(all).percentiles();
        expect(counted).toBe(all.length);
        expectNear(mean, all.reduce((sum, one) => sum + one, 0) / all.length);
      }),
    );
  });

  test.each([
    [100, { p50: 50, p95: 95, p99: 99, max: 100 }],
    [1_000, { p50: 500, p95: 950, p99: 990, max: 1_000 }],
    [1, { p50: 1, p95: 1, p99: 1, max: 1 }],
  ])("of 1 to %i ms are read off", (count, { p50, p95, p99, max }) => {
    const told = histogramOf(Array.from({ length: count }, (_, place) => place + 1)).percentiles();
    expectNear(told.p50, p50);
    expectNear(told.p95, p95);
    expectNear(told.p99, p99);
    expectNear(told.max, max);
    expectNear(told.min, 1);
  });

  test("with undated ones are those of all, were these the slowest, as long as that is known", () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 0, max: 20 }), (all, undated) => {
        const { p50, p95, p99 } = histogramOf(all).percentiles(undated);
        const slowest = [...all, ...new Array<number>(undated).fill(Number.POSITIVE_INFINITY)];
        for (const [percentile, told] of Object.entries({ 50: p50, 95: p95, 99: p99 })) {
          const exact = nearestRank(slowest, Number(percentile));
          expect(rankAmong(Number(percentile), all.length, undated) > 100).toBe(exact === Number.POSITIVE_INFINITY);
          if (Number.isFinite(exact)) expectNear(told, exact);
        }
      }),
    );
  });

  test("tell a tail of one in a hundred", () => {
    const told = histogramOf([...new Array<number>(990).fill(2), ...new Array<number>(10).fill(900)]).percentiles();
    expectNear(told.p99, 2);
    expectNear(
      histogramOf([...new Array<number>(989).fill(2), ...new Array<number>(11).fill(900)]).percentiles().p99,
      900,
    );
  });
});

describe("merging", () => {
  test("two gives exactly what recording everything into one gives", () => {
    fc.assert(
      fc.property(signed, signed, (ours, theirs) => {
        const merged = histogramOf(ours);
        merged.merge(histogramOf(theirs));
        expect(merged.percentiles()).toEqual(histogramOf([...ours, ...theirs]).percentiles());
      }),
    );
  });

  test("does not change the one that is merged in, and can go on", () => {
    const [ours, theirs] = [histogramOf([1, 2]), histogramOf([100, -1])];
    const before = theirs.percentiles();
    ours.merge(theirs);
    ours.record(1_000);
    expect(theirs.percentiles()).toEqual(before);
    expect(ours.percentiles()).toEqual(histogramOf([1, 2, 100, -1, 1_000]).percentiles());
  });
});

describe("latencies below zero", () => {
  test("are counted apart and change nothing else", () => {
    fc.assert(
      fc.property(signed, (all) => {
        const negative = all.filter((latency) => latency < 0).length;
        const alone = histogramOf(all.filter((latency) => latency >= 0)).percentiles();
        expect(histogramOf(all).percentiles()).toEqual({ ...alone, negative });
      }),
    );
  });

  test("are not those of zero, which took less than a microsecond", () => {
    expect(histogramOf([0, 0.0004, -0.0001]).percentiles()).toMatchObject({
      samples: 2,
      negative: 1,
      min: 0.001,
      max: 0.001,
    });
  });
});

describe("the edges", () => {
  test("without samples everything is zero, and says so", () => {
    const nothing = { samples: 0, negative: 0, min: 0, mean: 0, p50: 0, p95: 0, p99: 0, p995: 0, max: 0 };
    expect(new Histogram().percentiles()).toEqual(nothing);
    expect(histogramOf([-5]).percentiles()).toEqual({ ...nothing, negative: 1 });
  });

  test("beyond an hour is an hour", () => {
    const { samples: counted, max } = histogramOf([3_600_000, 9e9, Number.POSITIVE_INFINITY]).percentiles();
    expect(counted).toBe(3);
    expectNear(max, 3_600_000);
  });
});
