/** The loads of the ingestor's guide, open and closed, and what each profile is held to. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closedPlan, shareOf } from "../../core/closedplan.ts";
import type { ClosedPlan } from "../../core/plan.ts";
import { type Progress, progressLine } from "../../core/progress.ts";
import { k6Scenario } from "../../k6/support/scenario.ts";
import { settings } from "../../k6/support/settings.ts";
import { plan } from "../../scenarios.ts";
import { slos } from "../../thresholds.ts";

describe("the presets of the guide", () => {
  test.each([
    ["quick", { events: 1_007, concurrency: 50, rounds: 1, pause: 0 }],
    ["stress", { events: 10_007, concurrency: 200, rounds: 1, pause: 0 }],
    ["extreme", { events: 50_007, concurrency: 500, rounds: 1, pause: 0 }],
    ["sustained", { events: 100_007, concurrency: 200, rounds: 1, pause: 0 }],
    ["burst", { events: 10_006, concurrency: 500, rounds: 2, pause: 30 }],
  ])("%s as a closed model", (profile, expected) => {
    expect(plan("ingest", profile, { concurrency: true })).toMatchObject({ kind: "closed", ...expected });
    expect(plan("ingest", profile, { rate: "max" })).toMatchObject({ kind: "closed", ...expected });
  });

  test.each([
    ["quick", 1_007],
    ["stress", 10_007],
    ["extreme", 50_007],
    ["sustained", 100_007],
    ["burst", 10_006],
  ])("%s as an open model", (profile, events) => {
    expect(plan("ingest", profile)).toMatchObject({ kind: "paced", events });
  });

  test("a closed model asked for by its numbers", () => {
    expect(settings("ingest", { MESSAGES: "5000", CONCURRENCY: "100" }).load).toMatchObject({
      kind: "closed",
      events: 5_000,
      concurrency: 100,
    });
    expect(settings("ingest", { SCENARIO: "extreme", MODEL: "closed" }).load).toMatchObject({ concurrency: 500 });
    expect(settings("ingest", { MESSAGES: "5000" }).load).toMatchObject({ kind: "paced", events: 5_000 });
  });

  test.each([
    [{ RATE: "100", CONCURRENCY: "10" }, /RATE=100: a rate makes the model an open one/],
    [{ MODEL: "open", CONCURRENCY: "10" }, /CONCURRENCY=10: an open model has none/],
    [{ MODEL: "half" }, /MODEL=half: allowed: open, closed/],
  ])("refuses %j", (environment, message) => {
    let thrown: unknown;
    try {
      settings("ingest", environment);
    } catch (problem) {
      thrown = problem;
    }
    expect(thrown).toMatch(message);
  });

  test("a closed model is one long iteration of each worker", () => {
    expect(k6Scenario(plan("ingest", "extreme", { concurrency: true, duration: 60 }), "publish")).toEqual({
      executor: "per-vu-iterations",
      exec: "publish",
      vus: 20,
      iterations: 1,
      maxDuration: "60000ms",
      gracefulStop: "15s",
    });
  });
});

describe("the shares of a closed model", () => {
  const plans: fc.Arbitrary<ClosedPlan> = fc
    .record({
      events: fc.integer({ min: 1, max: 100_000 }),
      concurrency: fc.integer({ min: 1, max: 2_000 }),
      rounds: fc.integer({ min: 1, max: 3 }),
    })
    .map((numbers) => closedPlan({ ...numbers, pause: 30 }, {}));
  const sharesOf = (made: ClosedPlan, round: number) =>
    Array.from({ length: made.workers }, (_, worker) => shareOf(made, round, worker));

  test("are all events, one after the other", () => {
    fc.assert(
      fc.property(plans, (made) => {
        let next = 0;
        for (let round = 0; round < made.rounds; round++) {
          for (const { firstSeq, count } of sharesOf(made, round)) {
            expect(firstSeq).toBe(next);
            next += count;
          }
        }
        expect(next).toBe(made.events);
      }),
    );
  });

  test("have all of the concurrency, spread evenly", () => {
    fc.assert(
      fc.property(plans, (made) => {
        const slots = sharesOf(made, 0).map(({ concurrency }) => concurrency);
        expect(slots.reduce((sum, each) => sum + each, 0)).toBe(made.concurrency);
        expect(Math.max(...slots) - Math.min(...slots)).toBeLessThanOrEqual(1);
        expect(Math.max(...slots)).toBeLessThanOrEqual(25);
      }),
    );
  });
});

describe("what a profile is held to", () => {
  const bounds = (profile: string, rate: number | null = null) =>
    Object.fromEntries(
      slos("ingest", { accounted: true, events: null, profile, rate }).map((row) => [
        `${row.metric} ${row.statistic}`,
        row.bound,
      ]),
    );

  test.each([
    ["smoke", 100, 0.01, 100, 200],
    ["stress", 200, 0.01, 200, 500],
    ["extreme", 300, 0.02, 500, 1_000],
  ])("%s: the expected results of the guide", (profile, perSecond, failures, mean, p95) => {
    expect(bounds(profile)).toMatchObject({
      "account_acknowledged_per_second value": perSecond,
      "ingest_failure_rate rate": failures,
      "ingest_accepted_latency_ms avg": mean,
      "ingest_accepted_latency_ms p(95)": p95,
      "account_lost count": 0,
      "account_duplicated count": 0,
      "account_damaged count": 0,
      "account_shortfall count": 0,
      "account_vanished count": 0,
    });
  });

  test("no more per second than it offers", () => {
    expect(bounds("extreme", 100)["account_acknowledged_per_second value"]).toBe(95);
    expect(bounds("extreme", 1_000)["account_acknowledged_per_second value"]).toBe(300);
  });

  test("a burst to no rate, because its pause would count", () => {
    expect(bounds("spike")).not.toHaveProperty("account_acknowledged_per_second value");
  });

  test("a backlog that grows fails what lasts", () => {
    expect(bounds("soak")).toHaveProperty("account_backlog_growth value", 0.1);
    expect(bounds("smoke")).not.toHaveProperty("account_backlog_growth value");
  });

  test("hostile input may be refused, but for what is valid", () => {
    const rows = bounds("hostile");
    expect(rows).toMatchObject({ "ingest_server_errors count": 0, "ingest_wrongly_refused count": 0 });
    expect(rows).not.toHaveProperty("ingest_failure_rate rate");
    expect(rows).toHaveProperty("account_lost count", 0);
  });

  test("without a receiver it is held to no row of the account", () => {
    const rows = slos("ingest", { accounted: false, events: null, profile: "extreme" });
    expect(rows.filter(({ metric }) => metric.startsWith("account_"))).toEqual([]);
  });

  test("a closed model must send all it was asked for", () => {
    const { slos: rows } = settings("ingest", { MESSAGES: "700", CONCURRENCY: "10" });
    expect(rows).toContainEqual(
      expect.objectContaining({ metric: "events_offered", comparison: ">=", bound: 700, miss: "INVALID" }),
    );
  });

  test("several processes of a closed model must have sent it all together, which the account knows", () => {
    const { slos: rows } = settings("ingest", { MESSAGES: "700", CONCURRENCY: "10", INSTANCES: "4" });
    const published = rows.filter(({ metric }) => /^events_offered$|^account_offered$/.test(metric));
    expect(published.map(({ metric, bound, miss }) => [metric, bound, miss])).toEqual([
      ["events_offered", 1, "INVALID"],
      ["account_offered", 700, "INVALID"],
    ]);
  });
});

describe("a line of progress", () => {
  const nothing: Progress = { sent: 0, success: 0, failed: 0, stored: null };
  test.each<[string, Progress, Progress, number, string]>([
    ["at the start", nothing, nothing, 2, "0/1000 (0.0%) | Rate: 0 msg/s | Success: 0 | Failed: 0 | ETA: -"],
    [
      "half way",
      { sent: 400, success: 399, failed: 1, stored: 300 },
      { sent: 500, success: 498, failed: 2, stored: 450 },
      2,
      "500/1000 (50.0%) | Rate: 50 msg/s | Success: 498 | Failed: 2 | ETA: 10s | Stored: 450 | Backlog: 48",
    ],
    [
      "at the end",
      { ...nothing, sent: 900 },
      { sent: 1_000, success: 1_000, failed: 0, stored: 1_000 },
      1,
      "1000/1000 (100.0%) | Rate: 100 msg/s | Success: 1000 | Failed: 0 | ETA: 0s | Stored: 1000 | Backlog: 0",
    ],
  ])("%s", (_, before, now, seconds, text) => {
    const line = progressLine(1_000, before, now, seconds);
    expect(line.replace(/^\[.*?\] /, "")).toBe(text);
    expect([...line].filter((mark) => mark === "█" || mark === "░")).toHaveLength(32);
  });
});
