import { describe, expect, test } from "vitest";
import { Bursts } from "../../core/bursts.ts";
import { settings } from "../../k6/support/settings.ts";

const RANGES = [
  { from: 10, to: 20 },
  { from: 50, to: 52 },
];

describe("what happens in bursts", () => {
  test.each([
    [9, false],
    [10, true],
    [19, true],
    [20, false],
    [49, false],
    [50, true],
    [51, true],
    [52, false],
    [1_000, false],
  ])("event %i is in one: %j", (seq, isIn) => {
    expect(new Bursts(RANGES).has(seq)).toBe(isIn);
  });

  test("is told of their events alone", () => {
    const bursts = new Bursts(RANGES);
    for (let seq = 0; seq < 60; seq++) bursts.arrived(seq, bursts.has(seq) ? 40 : 1, 1_000 + seq);
    const { p95, samples, lost, seen, asked } = bursts.account(3);
    expect({ samples, lost, seen, asked }).toEqual({ samples: 12, lost: 3, seen: 2, asked: 2 });
    expect(p95).toBeCloseTo(40, 0);
  });

  test("lasts until the last of what was sent in a burst has arrived, and the longest is told", () => {
    const bursts = new Bursts(RANGES);
    // Sent at 1000, 1100 and 1200; the second comes last.
    bursts.arrived(10, 5, 1_005);
    bursts.arrived(11, 700, 1_800);
    bursts.arrived(12, 5, 1_205);
    bursts.arrived(50, 3, 5_003);
    expect(bursts.account(0).recovery).toBe(600);
  });

  test("is nothing where nothing arrived", () => {
    expect(new Bursts(RANGES).account(0)).toMatchObject({ seen: 0, asked: 2, samples: 0, recovery: 0 });
  });
});

describe("bursts are given", () => {
  const shapeOf = (variables: Record<string, string>) => {
    const { load } = settings("nats", { BURST: "1", RATE: "10", ...variables });
    return load.kind === "paced" ? load.shape.slice(0, 3).map(({ from, seconds }) => [from, seconds]) : [];
  };

  test.each<[Record<string, string>, number[][]]>([
    [
      {},
      [
        [10, 27],
        [100, 3],
        [10, 27],
      ],
    ],
    [
      { BURST_PERIOD: "20s" },
      [
        [10, 18],
        [100, 2],
        [10, 18],
      ],
    ],
    [
      { BURST_LENGTH: "5s" },
      [
        [10, 25],
        [100, 5],
        [10, 25],
      ],
    ],
    [
      { BURST_LENGTH: "5s", BURST_PERIOD: "8s", BURST_RATIO: "3" },
      [
        [10, 3],
        [30, 5],
        [10, 3],
      ],
    ],
    [
      { BURST_LENGTH: "2s", BURST_GAP: "4s", BURST_CYCLES: "1" },
      [
        [10, 4],
        [100, 2],
        [10, 4],
      ],
    ],
    [
      { BURST_GAP: "9s" },
      [
        [10, 9],
        [100, 1],
        [10, 9],
      ],
    ],
  ])("as %j", (variables, shape) => {
    expect(shapeOf(variables)).toEqual(shape.map((piece) => piece.map((number) => expect.closeTo(number, 9))));
  });

  test.each([
    [{ BURST_GAP: "4s", BURST_PERIOD: "8s" }, "BURST_GAP=4s, BURST_PERIOD=8s: with its length each decides the other"],
    [{ BURST_LENGTH: "9s", BURST_PERIOD: "8s" }, "BURST_LENGTH=9s: allowed: less than BURST_PERIOD, which is 8s"],
    [{ BURST_CYCLES: "2", DURATION: "60s" }, "BURST_CYCLES=2: decides how long the load lasts"],
  ])("not as %j", (variables, why) => {
    expect(() => shapeOf(variables as Record<string, string>)).toThrow(why);
  });

  test("and are held to objectives of their own", () => {
    const metrics = (variables: Record<string, string>) =>
      settings("nats", { RECEIVER_URL: "http://127.0.0.1:4800", ...variables }).slos.map(({ metric }) => metric);
    const own = ["account_burst_lost", "account_burst_p95_ms", "account_burst_p99_ms", "account_recovery_ms"];
    expect(metrics({ BURST: "1" })).toEqual(expect.arrayContaining(own));
    expect(metrics({}).filter((metric) => own.includes(metric))).toEqual([]);
    expect(metrics({ BURST: "1", DURATION: "10s" }).filter((metric) => own.includes(metric))).toEqual([]);
  });
});
