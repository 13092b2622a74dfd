import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Histogram, type Percentiles } from "../../core/histogram.ts";
import { Timeline } from "../../core/timeline.ts";
import { Deliveries, OTHERS } from "../../receiver/deliveries.ts";
import { Run } from "../../receiver/run.ts";
import { batch, ETHEREUM, ON_ETHEREUM, OPENING, report } from "./reports.ts";

const NOTHING = { p50: null, p95: null, p99: null, max: null };
/** The text keeps every count; of the smallest and the largest latency it keeps the bucket, a thousandth wide. */
function expectSame(histogram: Histogram, { max, min, ...rest }: Percentiles): void {
  const { max: readMax, min: readMin, ...readRest } = histogram.percentiles();
  expect(readRest).toEqual(rest);
  expect(Math.abs(readMax - max)).toBeLessThanOrEqual(max / 1_000 + 0.001);
  expect(Math.abs(readMin - min)).toBeLessThanOrEqual(min / 1_000 + 0.001);
}

const near = (value: number) => expect.closeTo(value, 1);

describe("a timeline", () => {
  test("without anything is empty", () => {
    expect(new Timeline().seconds(new Map())).toEqual([]);
  });

  test("has a row for each second, also for those in which nothing happened", () => {
    const timeline = new Timeline();
    timeline.published(10_000, 3);
    timeline.published(10_900, 1);
    timeline.delivered(10_999, 5);
    timeline.delivered(12_000, 7);
    timeline.delivered(12_500, 9);
    expect(timeline.seconds(new Map([[10, 4]]))).toEqual([
      { at: 10_000, published: 4, delivered: 1, backlog: 3, p50: near(5), p95: near(5), p99: near(5), max: near(5) },
      { at: 11_000, published: 0, delivered: 0, backlog: 3, ...NOTHING },
      { at: 12_000, published: 0, delivered: 2, backlog: 1, p50: near(7), p95: near(9), p99: near(9), max: near(9) },
    ]);
  });

  test("tells what the target acknowledged of what was sent", () => {
    const run = new Run("run", OPENING, Date.now);
    run.published(batch(0, 10, 10_000, { refused: [1, 2], unknown: [3], unsent: [4, 5] }));
    run.published(batch(10, 5, 11_000));
    const [first, second] = run.timeline();
    expect(first).toMatchObject({ published: 8, acknowledged: 5 });
    expect(second).toMatchObject({ published: 5 });
    expect(second).not.toHaveProperty("acknowledged");
  });

  test("keeps the percentiles of long past seconds, and counts what is reported of them later", () => {
    const timeline = new Timeline();
    for (let second = 0; second < 200; second++) timeline.delivered(second * 1000, second + 1);
    timeline.delivered(0, 999);
    const seconds = timeline.seconds(new Map());
    expect(seconds).toHaveLength(200);
    expect(seconds[0]).toMatchObject({ delivered: 2, max: near(1) });
    expect(seconds[100]).toMatchObject({ delivered: 1, max: near(101) });
  });

  test("takes no moment that is days away from the run", () => {
    const timeline = new Timeline();
    timeline.published(1_000_000_000_000, 1);
    timeline.delivered(0, 5);
    timeline.delivered(9_000_000_000_000, 5);
    expect(timeline.seconds(new Map())).toHaveLength(1);
  });

  test("forgets what was more than a day ago, and not what was missing then", () => {
    const timeline = new Timeline();
    for (let second = 0; second < 86_500; second++) timeline.published(second * 1000, 1);
    const seconds = timeline.seconds(new Map([[0, 7]]));
    expect(seconds.length).toBeLessThanOrEqual(86_401);
    expect(seconds.at(-1)).toMatchObject({ at: 86_499_000, backlog: 7 });
  });

  test("sums up to what was entered, and ends with what never came", () => {
    const moments = fc.array(fc.nat({ max: 90_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(moments, fc.array(fc.nat({ max: 90_000 })), (sent, came) => {
        const timeline = new Timeline();
        const expected = new Map<number, number>();
        for (const at of sent) {
          timeline.published(at, 1);
          expected.set(Math.floor(at / 1000), (expected.get(Math.floor(at / 1000)) ?? 0) + 1);
        }
        const arrived = came.slice(0, sent.length);
        for (const at of arrived) timeline.delivered(at, 1);
        const seconds = timeline.seconds(expected);
        expect(seconds.reduce((sum, { published }) => sum + published, 0)).toBe(sent.length);
        expect(seconds.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(arrived.length);
        expect(seconds.at(-1)?.backlog).toBe(sent.length - arrived.length);
        expect(seconds.map(({ at }) => at)).toEqual(seconds.map((_, place) => (seconds[0]?.at ?? 0) + place * 1000));
      }),
    );
  });
});

describe("latencies by path", () => {
  test("merge to those of the run, sample by sample", () => {
    const deliveries = new Deliveries();
    for (let place = 0; place < 1_000; place++) deliveries.record(`path-${place % 70}`, (place % 97) + 0.5, 0);
    const latencies = deliveries.latencies();
    expect(latencies).toHaveLength(51);
    expect(latencies.at(-1)?.path).toBe(OTHERS);
    const merged = new Histogram();
    for (const { histogram } of latencies) merged.merge(Histogram.read(histogram));
    expectSame(merged, deliveries.total.percentiles());
    expect(merged.percentiles().samples).toBe(1_000);
  });

  test("are read back as they were written", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3_600_000, noNaN: true })), (latencies) => {
        const histogram = new Histogram();
        for (const latency of latencies) histogram.record(latency);
        expectSame(Histogram.read(histogram.text()), histogram.percentiles());
      }),
      { numRuns: 50 },
    );
  });
});

describe("of a run of subscriptions", () => {
  test("arrivals are in the second in which they came, and the backlog is what its filter waits for", () => {
    const run = new Run("nightly", OPENING, () => 20_000);
    run.published(batch(0, 50, 10_100));
    run.published(batch(50, 50, 11_100));
    const seqs = ON_ETHEREUM.filter((seq) => seq < 50);
    const late = seqs.slice(0, 3);
    const order = [...seqs.slice(3), ...late];
    const arrivedAt = order.map((seq) => (late.includes(seq) ? 12_700 : 10_300));
    run.arrivals({ paths: [report(order, 20_000, { filter: ETHEREUM, arrivedAt })] });
    const timeline = run.timeline();
    expect(timeline.map(({ delivered }) => delivered)).toEqual([seqs.length - 3, 0, 3]);
    expect(timeline.map(({ published }) => published)).toEqual([50, 50, 0]);
    const after = ON_ETHEREUM.length - seqs.length;
    expect(timeline.map(({ backlog }) => backlog)).toEqual([3, 3 + after, after]);
    expect(timeline.at(-1)?.backlog).toBe(run.account().lost);
  });

  test("what was expected does not change when paths end after the account was settled", async () => {
    const run = new Run("nightly", OPENING, () => 20_000);
    run.published(batch(0, 10, 10_100));
    run.arrivals({ paths: [report([0, 1, 2], 10_500)] });
    expect(await run.settle({ timeout: 0, quiet: 0 })).toMatchObject({ lost: 7, expected: 10 });
    const before = run.timeline();
    run.arrivals({ paths: [report([], 10_600, { closed: true })] });
    expect(run.timeline()).toEqual(before);
    expect(before.at(-1)?.backlog).toBe(7);
  });

  test("a report that names no seconds stands for its end", () => {
    const run = new Run("nightly", OPENING, () => 20_000);
    run.published(batch(0, 10, 10_100));
    run.arrivals({ paths: [report([0, 1], 13_500)] });
    expect(run.timeline().find(({ delivered }) => delivered > 0)).toMatchObject({ at: 13_000, delivered: 2 });
  });
});
