import { describe, expect, test } from "vitest";
import { k6Scenario } from "../../k6/support/scenario.ts";
import { plan } from "../../scenarios.ts";

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
    expect(made("http", "spike", { loadScale: 0.0123 })).toMatchObject({
      startVUs: 1,
      stages: [1, 25, 25, 1, 1, 0].map((target) => ({ target })),
    });
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
      { vus: 4, iterations: 100, maxDuration: "120000ms" },
    ],
    [
      { events: 1_000, duration: 1 },
      { vus: 4, iterations: 100, maxDuration: "60000ms" },
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
      duration: "63000ms",
      preAllocatedVUs: 25,
      maxVUs: 250,
      gracefulStop: "15s",
    });
  });

  test("that is no whole number counts over a thousand times the time", () => {
    expect(made("nats", "smoke", { rate: 0.5, duration: 10 })).toMatchObject({
      executor: "constant-arrival-rate",
      rate: 500,
      timeUnit: "1000000ms",
      duration: "13000ms",
    });
  });
});

describe("a rate that changes", () => {
  test("is ramped, and goes on for the ticks that k6 could not start in time, two more, and what it rounds off", () => {
    expect(made("nats", "stress", { workers: 4 })).toEqual({
      executor: "ramping-arrival-rate",
      exec: "run",
      timeUnit: "50000ms",
      startRate: 1_000,
      stages: [
        { target: 1_000, duration: "60000ms" },
        { target: 10_000, duration: "300000ms" },
        { target: 10_000, duration: "300000ms" },
        { target: 10_000, duration: "3013ms" },
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
