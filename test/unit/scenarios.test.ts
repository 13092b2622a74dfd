import { describe, expect, test } from "vitest";
import type { Overrides } from "../../core/plan.ts";
import { eventsIn, lengthOf, peakOf } from "../../core/shape.ts";
import { plan, profilesOf, TESTS } from "../../scenarios.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { levelAt } from "./levels.ts";

const MINUTE = 60;

function shapeOf(test: RunnableTest, profile: string, overrides: Overrides = {}) {
  const made = plan(test, profile, overrides);
  if (made.kind === "unpaced" || made.kind === "closed") throw new Error(`a plan that is ${made.kind} has no shape`);
  return made.shape;
}

describe.each(["http", "websocket"] as const)("%s has visitors", (target) => {
  test.each([
    ["smoke", 1 * MINUTE, 10],
    ["load", 5 * MINUTE, 100],
    ["stress", 20 * MINUTE, 2_000],
    ["spike", 6 * MINUTE, 2_000],
    ["soak", 30 * MINUTE, 200],
    ["breakpoint", 6 * MINUTE, 3_200],
  ])("in %s for %i s, at most %i", (profile, seconds, peak) => {
    const load = shapeOf(target, profile);
    expect([lengthOf(load), peakOf(load)]).toEqual([seconds, peak]);
    expect(plan(target, profile)).toMatchObject({ kind: "visitors", staying: target === "websocket" });
  });

  test.each([
    [
      "stress",
      "0-100 in 120, 100-100 in 180, 100-500 in 120, 500-500 in 180, 500-1000 in 120, 1000-1000 in 180, 1000-2000 in 120, 2000-2000 in 120, 2000-0 in 60",
    ],
    ["spike", "100-100 in 120, 100-2000 in 15, 2000-2000 in 60, 2000-100 in 15, 100-100 in 120, 100-0 in 30"],
    [
      "breakpoint",
      "100-100 in 60, 100-200 in 0, 200-200 in 60, 200-400 in 0, 400-400 in 60, 400-800 in 0, 800-800 in 60, 800-1600 in 0, 1600-1600 in 60, 1600-3200 in 0, 3200-3200 in 60",
    ],
  ])("%s goes %s s", (profile, course) => {
    const segments = shapeOf(target, profile).map(({ from, to, seconds }) => `${from}-${to} in ${seconds}`);
    expect(segments).toEqual(course.split(", "));
  });
});

test("websocket has clients that come and go: 50 for 2 minutes", () => {
  expect(plan("websocket", "churn")).toEqual({
    kind: "visitors",
    staying: false,
    shape: [{ from: 50, to: 50, seconds: 120 }],
  });
});

describe("publishing", () => {
  test.each<[RunnableTest, string, { events: number; peak: number; seconds: number }]>([
    ["redis", "smoke", { events: 1_000, peak: 500, seconds: 2 }],
    ["redis", "load", { events: 10_000, peak: 1_000, seconds: 10 }],
    ["redis", "stress", { events: 100_000, peak: 5_000, seconds: 20 }],
    ["redis", "spike", { events: 10_000, peak: 10_000, seconds: 1 }],
    ["redis", "soak", { events: 300_000, peak: 1_000, seconds: 300 }],
    ["redis", "breakpoint", { events: 30_000 * 255, peak: 128_000, seconds: 240 }],
    ["nats", "smoke", { events: 60_000, peak: 1_000, seconds: 60 }],
    ["nats", "load", { events: 1_500_000, peak: 5_000, seconds: 300 }],
    ["nats", "stress", { events: 60_000 + 1_650_000 + 3_000_000, peak: 10_000, seconds: 660 }],
    ["nats", "spike", { events: 270_000, peak: 10_000, seconds: 135 }],
    ["nats", "soak", { events: 1_800_000, peak: 1_000, seconds: 1_800 }],
    ["nats", "breakpoint", { events: 30_000 * 255, peak: 128_000, seconds: 240 }],
    ["ingest", "smoke", { events: 1_007, peak: 200, seconds: 5.035 }],
    ["ingest", "load", { events: 10_007, peak: 200, seconds: 50.035 }],
    ["ingest", "stress", { events: 10_007, peak: 400, seconds: 25.0175 }],
    ["ingest", "extreme", { events: 50_007, peak: 500, seconds: 100.014 }],
    ["ingest", "spike", { events: 10_006, peak: 1_000, seconds: 40.006 }],
    ["ingest", "soak", { events: 100_007, peak: 100_007 / 600, seconds: 600 }],
    ["ingest", "breakpoint", { events: 3_000 * 255, peak: 12_800, seconds: 240 }],
    ["webhook", "smoke", { events: 240, peak: 8, seconds: 30 }],
    ["webhook", "load", { events: 2_400, peak: 8, seconds: 300 }],
    ["webhook", "stress", { events: 480 + 6_480 + 12_000, peak: 100, seconds: 300 }],
    ["webhook", "spike", { events: 580, peak: 100, seconds: 61 }],
    ["webhook", "soak", { events: 14_400, peak: 8, seconds: 1_800 }],
    ["webhook", "breakpoint", { events: 240 * 255, peak: 1_024, seconds: 240 }],
  ])("%s %s is %j", (target, profile, { events, peak, seconds }) => {
    const made = plan(target, profile);
    expect(made).toMatchObject({ kind: "paced", events });
    const load = shapeOf(target, profile);
    expect(peakOf(load)).toBe(peak);
    expect(lengthOf(load)).toBeCloseTo(seconds, 9);
    expect(eventsIn(load)).toBeCloseTo(events, 6);
  });

  test("a breakpoint doubles every half minute", () => {
    const load = shapeOf("nats", "breakpoint");
    expect([0, 30, 60, 90, 209, 239].map((second) => levelAt(load, second))).toEqual([
      1_000, 2_000, 4_000, 8_000, 64_000, 128_000,
    ]);
  });

  test("an ingest spike has a pause of half a minute between its two halves", () => {
    const load = shapeOf("ingest", "spike");
    expect([4.9, 5.1, 34.9, 35.1].map((second) => levelAt(load, second))).toEqual([1_000, 0, 0, 1_000]);
  });
});

describe("every test", () => {
  test.each(TESTS)("%s has the six profiles and the names that replaced tools gave them", (target) => {
    const six = ["smoke", "load", "stress", "spike", "soak", "breakpoint"];
    if (target === "ingest") {
      const own = ["smoke", "load", "stress", "extreme", "spike", "soak", "breakpoint", "hostile"];
      expect(profilesOf(target)).toEqual([...own, "quick", "medium", "burst", "sustained"]);
      return;
    }
    const own = target === "websocket" ? [...six, "churn"] : six;
    expect(profilesOf(target)).toEqual([...own, "quick", "medium", "extreme", "burst", "sustained"]);
  });

  test.each([
    ["quick", "smoke"],
    ["medium", "load"],
    ["extreme", "stress"],
    ["burst", "spike"],
    ["sustained", "soak"],
  ])("takes %s for %s", (alias, profile) => {
    // The ingestor's guide has an extreme test of its own.
    const meant = TESTS.filter((target) => target !== "ingest" || alias !== "extreme");
    for (const target of meant) expect(plan(target, alias)).toEqual(plan(target, profile));
  });

  test.each([
    ["http", "peak", "smoke, load, stress, spike, soak, breakpoint, quick, medium, extreme, burst, sustained"],
    [
      "websocket",
      "Smoke",
      "smoke, load, stress, spike, soak, breakpoint, churn, quick, medium, extreme, burst, sustained",
    ],
    ["nats", "churn", "smoke, load, stress, spike, soak, breakpoint, quick, medium, extreme, burst, sustained"],
    ["redis", "", "smoke, load, stress, spike, soak, breakpoint, quick, medium, extreme, burst, sustained"],
    [
      "ingest",
      "constructor",
      "smoke, load, stress, extreme, spike, soak, breakpoint, hostile, quick, medium, burst, sustained",
    ],
  ] as const)("%s refuses the profile %j by name and says what is allowed", (target, profile, allowed) => {
    expect(() => plan(target, profile)).toThrow(
      new RangeError(`SCENARIO=${profile}: not a profile of ${target}; allowed: ${allowed}`),
    );
  });
});

describe("overrides", () => {
  test.each<[RunnableTest, Overrides, { seconds: number; peak: number }]>([
    ["http", { timeScale: 0.1 }, { seconds: 30, peak: 100 }],
    ["http", { loadScale: 0.5 }, { seconds: 300, peak: 50 }],
    ["http", { vus: 7, duration: 10 }, { seconds: 10, peak: 7 }],
    ["websocket", { vus: 7, timeScale: 2 }, { seconds: 600, peak: 7 }],
    ["nats", { timeScale: 0.1, loadScale: 2 }, { seconds: 30, peak: 10_000 }],
    ["nats", { rate: 20, duration: 3 }, { seconds: 3, peak: 20 }],
    ["nats", { rate: 20, timeScale: 0.5 }, { seconds: 150, peak: 20 }],
    ["nats", { duration: 3, loadScale: 0.5 }, { seconds: 3, peak: 2_500 }],
    ["redis", { events: 100 }, { seconds: 0.1, peak: 1_000 }],
  ])("change the load of %s by %j", (target, overrides, { seconds, peak }) => {
    const load = shapeOf(target, "load", overrides);
    expect(lengthOf(load)).toBeCloseTo(seconds, 9);
    expect(peakOf(load)).toBeCloseTo(peak, 9);
  });

  test("a rate of max leaves the pace to the acknowledgements", () => {
    expect(plan("nats", "load", { rate: "max" })).toEqual({
      kind: "unpaced",
      seconds: 300,
      events: null,
      batch: 200,
      workers: 4,
    });
  });

  test("subscribers have no rate to change", () => {
    expect(plan("websocket", "load", { rate: 5, events: 10, batch: 3 })).toEqual(plan("websocket", "load"));
  });

  test("visits come at a rate where one is asked for, each by itself, and as many as may be wait", () => {
    expect(plan("http", "smoke", { rate: 300, batch: 3 })).toMatchObject({
      kind: "paced",
      shape: [{ from: 300, to: 300, seconds: 60 }],
      events: 18_000,
      batch: 1,
      workers: 100_000,
    });
    expect(plan("http", "smoke", { rate: 1, workers: 3 })).toMatchObject({ workers: 3 });
    expect(() => plan("http", "smoke", { rate: 1, vus: 3 })).toThrow("VUS=3");
    expect(() => plan("http", "smoke", { workers: 3 })).toThrow("WORKERS=3");
  });
});
