import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type K6Scenario, k6Scenario, plan } from "../../scenarios.ts";
import { dueSecond, type PacedPlan, publishingPlan, ticksIn } from "../../workload/plan.ts";
import { eventsIn, lengthOf, parseDuration, type Shape, secondOf } from "../../workload/shape.ts";

type Overrides = Parameters<typeof plan>[2];

const made = (...[test, profile, overrides]: Parameters<typeof plan>) =>
  k6Scenario(plan(test, profile, overrides), "run");

describe("visitors", () => {
  test("that stay run one iteration each", () => {
    expect(made("websocket", "smoke")).toEqual({
      executor: "per-vu-iterations",
      exec: "run",
      vus: 10,
      iterations: 1,
      maxDuration: "60000ms",
      gracefulStop: "15s",
    });
  });

  test("that come again run iterations until the time is up", () => {
    expect(made("http", "smoke")).toEqual({
      executor: "constant-vus",
      exec: "run",
      vus: 10,
      duration: "60000ms",
      gracefulStop: "15s",
    });
  });

  test("that change in number are ramped", () => {
    expect(made("http", "spike")).toEqual({
      executor: "ramping-vus",
      exec: "run",
      startVUs: 100,
      stages: [
        { target: 100, duration: "120000ms" },
        { target: 2_000, duration: "15000ms" },
        { target: 2_000, duration: "60000ms" },
        { target: 100, duration: "15000ms" },
        { target: 100, duration: "120000ms" },
        { target: 0, duration: "30000ms" },
      ],
      gracefulRampDown: "5s",
      gracefulStop: "15s",
    });
  });

  test("that jump in number do so in no time", () => {
    expect(made("websocket", "breakpoint", { duration: 6 })["stages"]).toEqual(
      [100, 200, 400, 800, 1_600, 3_200].flatMap((level, place) => [
        ...(place === 0 ? [] : [{ target: level, duration: "0ms" }]),
        { target: level, duration: "1000ms" },
      ]),
    );
  });

  test("are at least one and whole ones", () => {
    expect(made("http", "smoke", { loadScale: 0.01 })).toMatchObject({ vus: 1 });
    expect(made("http", "load", { loadScale: 0.125 })).toMatchObject({ vus: 13 });
    const { stages } = made("http", "stress", { loadScale: 0.0123 }) as unknown as { stages: { target: number }[] };
    expect(stages.every(({ target }) => Number.isInteger(target))).toBe(true);
  });
});

describe("as fast as acknowledged", () => {
  test("for a time", () => {
    expect(made("nats", "smoke", { rate: "max", workers: 3 })).toEqual({
      executor: "constant-vus",
      exec: "run",
      vus: 3,
      duration: "60000ms",
      gracefulStop: "15s",
    });
  });

  test.each<[Overrides, object]>([
    [
      { events: 1_001, batch: 100 },
      { vus: 4, iterations: 11, maxDuration: "60000ms" },
    ],
    [
      { events: 150, batch: 100 },
      { vus: 2, iterations: 2, maxDuration: "60000ms" },
    ],
    [
      { events: 1_000, duration: 120 },
      { vus: 4, iterations: 5, maxDuration: "120000ms" },
    ],
    [
      { events: 1_000, duration: 1 },
      { vus: 4, iterations: 5, maxDuration: "60000ms" },
    ],
  ])("for a number of events: %j", (overrides, expected) => {
    expect(made("nats", "smoke", { rate: "max", ...overrides })).toEqual({
      executor: "shared-iterations",
      exec: "run",
      gracefulStop: "15s",
      ...expected,
    });
  });
});

describe("a steady rate", () => {
  test("counts batches over the time of one batch", () => {
    expect(made("nats", "smoke")).toEqual({
      executor: "constant-arrival-rate",
      exec: "run",
      rate: 1_000,
      timeUnit: "5000ms",
      duration: "60000ms",
      preAllocatedVUs: 10,
      maxVUs: 100,
      gracefulStop: "15s",
    });
  });

  test("that is no whole number counts over a thousand times the time", () => {
    expect(made("nats", "smoke", { rate: 0.5, duration: 10 })).toMatchObject({
      executor: "constant-arrival-rate",
      rate: 500,
      timeUnit: "1000000ms",
      duration: "10000ms",
    });
  });
});

describe("a rate that changes", () => {
  test("is ramped, with room for two ticks more and for what k6 rounds off", () => {
    expect(made("nats", "stress", { workers: 4 })).toEqual({
      executor: "ramping-arrival-rate",
      exec: "run",
      timeUnit: "50000ms",
      startRate: 1_000,
      stages: [
        { target: 1_000, duration: "60000ms" },
        { target: 10_000, duration: "300000ms" },
        { target: 10_000, duration: "300000ms" },
        { target: 10_000, duration: "13ms" },
      ],
      preAllocatedVUs: 4,
      maxVUs: 40,
      gracefulStop: "15s",
    });
  });

  test("jumps in no time", () => {
    expect(made("ingest", "spike")["stages"]).toEqual([
      { target: 1_000, duration: "5000ms" },
      { target: 0, duration: "0s" },
      { target: 0, duration: "30000ms" },
      { target: 1_000, duration: "0s" },
      { target: 1_000, duration: "5000ms" },
      { target: 1_000, duration: expect.stringMatching(/^\d+ms$/) },
    ]);
  });
});

/** The numbers of a scenario with an arrival rate, as k6 reads them. */
interface ArrivalRate {
  readonly executor: string;
  readonly rate: number;
  readonly startRate: number;
  readonly timeUnit: string;
  readonly duration: string;
  readonly stages: readonly { readonly target: number; readonly duration: string }[];
}

/** What k6 makes of a scenario: how many iterations it starts, and when. */
function asK6Runs(scenario: K6Scenario): { ticks: number; startOf(tick: number): number } {
  const { executor, rate, startRate, timeUnit, duration, stages } = scenario as unknown as ArrivalRate;
  const unit = parseDuration(timeUnit);
  if (executor === "constant-arrival-rate") {
    expect(Number.isInteger(rate)).toBe(true);
    return {
      ticks: Math.ceil((parseDuration(duration) * rate) / unit - 1e-6),
      startOf: (tick) => (tick * unit) / rate,
    };
  }
  let from = startRate;
  const ticks: Shape = stages.map(({ target, duration: length }) => {
    const segment = { from: from / unit, to: target / unit, seconds: parseDuration(length) };
    from = target;
    return segment;
  });
  expect([startRate, ...stages.map(({ target }) => target)].every(Number.isInteger)).toBe(true);
  return { ticks: Math.floor(eventsIn(ticks) + 1e-6), startOf: (tick) => secondOf(ticks, tick + 1) };
}

describe("k6", () => {
  const rates = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0.1, max: 20_000, noNaN: true }));
  const scales = fc.double({ min: 0.01, max: 3, noNaN: true });
  const overrides = fc.oneof(
    fc.record({ rate: rates, duration: fc.double({ min: 0.1, max: 300, noNaN: true }) }, { requiredKeys: [] }),
    fc.record({ rate: rates, events: fc.integer({ min: 1, max: 100_000 }) }, { requiredKeys: [] }),
    fc.record({ timeScale: scales, loadScale: scales }, { requiredKeys: [] }),
    fc.record({
      rate: rates,
      burst: fc.record({ ratio: fc.integer({ min: 2, max: 20 }), period: fc.integer({ min: 1, max: 60 }) }),
    }),
  );
  const batches = fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined });
  const plans = fc
    .tuple(
      fc.constantFrom("nats", "redis", "ingest", "webhook"),
      fc.constantFrom("smoke", "load", "stress", "spike"),
      overrides,
      batches,
    )
    .map(([test, profile, given, batch]) => plan(test as "nats", profile, { ...given, batch }) as PacedPlan)
    .filter(({ events }) => events > 0);

  test("starts at least as many ticks as carry events, and hardly more", () => {
    fc.assert(
      fc.property(plans, (load) => {
        const needed = ticksIn(load) as number;
        const { ticks } = asK6Runs(k6Scenario(load, "run"));
        expect(ticks).toBeGreaterThanOrEqual(needed);
        expect(ticks).toBeLessThan(needed * 1.02 + 10 + load.shape.length * 20);
      }),
      { numRuns: 1_000 },
    );
  });

  test("starts each tick when it is due", () => {
    fc.assert(
      fc.property(plans, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (load, share) => {
        const levels = load.shape.flatMap(({ from, to }) => [from, to]);
        // Where a pause may come before a tick or after it, a rounded millisecond makes all the difference.
        fc.pre(Math.min(...levels) > 0);
        const tick = Math.floor(share * (ticksIn(load) as number));
        const due = dueSecond(load, tick);
        const { startOf } = asK6Runs(k6Scenario(load, "run"));
        // A millisecond for each change of the rate, and a thousandth of an event a second.
        const rounding = (0.001 * (load.shape.length + 1) * Math.max(...levels) + 0.0011 * due) / Math.min(...levels);
        expect(Math.abs(startOf(tick) - due)).toBeLessThan(rounding);
      }),
      { numRuns: 1_000 },
    );
  });

  test("can send an uneven number of events at a rate whose ticks are shorter than a millisecond", () => {
    const load = publishingPlan([{ from: 30_000, to: 30_000, seconds: 1 }], { events: 10_002, batch: 1 });
    expect(asK6Runs(k6Scenario(load, "run")).ticks).toBeGreaterThanOrEqual(10_002);
  });

  test("takes as long as the profile says", () => {
    const load = plan("nats", "stress") as PacedPlan;
    const { stages } = k6Scenario(load, "run") as unknown as ArrivalRate;
    const seconds = stages.reduce((sum, { duration }) => sum + parseDuration(duration), 0);
    expect(seconds).toBeCloseTo(lengthOf(load.shape), 1);
  });
});
