import { describe, expect, test } from "vitest";
import { secondsOf } from "../../core/plan.ts";
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

describe("an open model", () => {
  test("is one iteration for each lane, with room for the last answers", () => {
    expect(k6Scenario(plan("nats", "smoke"), "run", 5)).toEqual({
      executor: "per-vu-iterations",
      exec: "run",
      vus: 10,
      iterations: 1,
      // A second before the first event is due, the load, the longest answer and the reports.
      maxDuration: "81000ms",
      gracefulStop: "15s",
    });
  });

  test.each(["stress", "spike", "breakpoint"])("%s lasts as long as its shape", (profile) => {
    const load = plan("nats", profile);
    const { maxDuration } = k6Scenario(load, "run", 5);
    expect(maxDuration).toBe(`${Math.round((secondsOf(load) + 21) * 1000)}ms`);
  });
});
