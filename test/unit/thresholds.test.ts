import { describe, expect, test } from "vitest";
import { sampleCounter } from "../../core/samples.ts";
import { expression, floorExpression, type K6Threshold, k6Thresholds, type Slo, sloVariable } from "../../core/slo.ts";
import { TESTS } from "../../scenarios.ts";
import { METRICS, type MetricName } from "../../systems/metrics.ts";
import { TRIALS, type Trial } from "../../systems/signals/trials.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { boundVariables, type SloContext, slos } from "../../thresholds.ts";

const UNACCOUNTED: SloContext = { accounted: false, events: null };
const ACCOUNTED: SloContext = { accounted: true, events: 1_000 };

/** Every set of objectives that any run can be held to. */
const SETS = TESTS.flatMap((target) =>
  [true, false].flatMap((accounted) =>
    [null, 1_000].map((events): [string, readonly Slo[]] => [
      `${target}${accounted ? " accounted" : ""}${events === null ? "" : " paced"}`,
      slos(target, { accounted, events }),
    ]),
  ),
);

const spelled = (rows: readonly Slo[]) => rows.map((row) => `${row.metric} ${expression(row)} ${row.miss}`);
const texts = (thresholds: readonly K6Threshold[] = []) =>
  thresholds.map((one) => (typeof one === "string" ? one : one.threshold));

describe.each(SETS)("%s", (_, rows) => {
  test("is held to something", () => {
    expect(rows.length).toBeGreaterThan(0);
  });

  test("has no objective without a floor", () => {
    for (const row of rows) expect(row.floor, row.metric).toBeGreaterThanOrEqual(1);
  });

  test("has a k6 threshold for each objective and for each floor", () => {
    const thresholds = k6Thresholds(rows);
    for (const row of rows) {
      expect(texts(thresholds[row.metric])).toContain(expression(row));
      expect(texts(thresholds[sampleCounter(row.metric)])).toContain(`count>=${row.floor}`);
    }
  });

  test("has no k6 threshold without an objective, and none twice", () => {
    const thresholds = k6Thresholds(rows);
    const metrics = rows.flatMap(({ metric }) => [metric, sampleCounter(metric)]);
    expect(new Set(Object.keys(thresholds))).toEqual(new Set(metrics));
    for (const list of Object.values(thresholds)) expect(new Set(texts(list)).size).toBe(list.length);
  });

  test("asks only of metrics that exist and have samples", () => {
    for (const { metric } of rows) {
      expect(METRICS, metric).toHaveProperty(metric);
      expect(METRICS[metric as MetricName].kind, metric).not.toBe("tally");
    }
  });

  test("asks each metric for a statistic that k6 has for its kind", () => {
    const statistics = {
      latency: ["p(95)", "p(99)", "avg", "max"],
      share: ["rate"],
      count: ["count"],
      reading: ["value"],
      tally: [],
      moment: [],
    };
    for (const { metric, statistic } of rows) {
      expect(statistics[METRICS[metric as MetricName].kind], metric).toContain(statistic);
    }
  });

  test("has a variable of its own for each bound", () => {
    const names = rows.map(sloVariable);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^SLO_[A-Z0-9_]+$/);
  });
});

describe("the defaults", () => {
  const GATEWAY = ["account_delivery_p95_ms value<25 FAIL", "account_delivery_p99_ms value<50 FAIL"];
  const EXACT = ["lost", "duplicated", "misrouted", "reordered", "damaged", "contradicted"].map(
    (kind) => `account_${kind} count==0 FAIL`,
  );
  const MEASURED = [
    "account_settled value==1 INVALID",
    "account_expected count>=1 INVALID",
    "account_unreported count==0 INVALID",
    "account_contested count==0 INVALID",
    "account_judged_share value>=0.9 INVALID",
    "account_silent_paths count==0 INVALID",
    "account_negative_latency count==0 INVALID",
  ];

  test.each<[RunnableTest, SloContext, string[]]>([
    [
      "http",
      UNACCOUNTED,
      ["health", "ready", "correctness_status", "manifest"].flatMap((endpoint) => [
        `http_${endpoint}_latency_ms p(95)<25 FAIL`,
        `http_${endpoint}_latency_ms p(99)<50 FAIL`,
      ]),
    ],
    ["http", UNACCOUNTED, ["http_error_rate rate==0 FAIL"]],
    ["websocket", UNACCOUNTED, ["ws_event_latency_ms p(95)<25 FAIL", "ws_event_latency_ms p(99)<50 FAIL"]],
    ["websocket", UNACCOUNTED, ["ws_error_rate rate==0 FAIL", "ws_sessions_lost count==0 FAIL"]],
    ["websocket", UNACCOUNTED, ["ws_events_damaged count==0 FAIL", "generator_lag_ms p(99)<50 INVALID"]],
    [
      "websocket",
      UNACCOUNTED,
      ["missing", "duplicated", "reordered", "misrouted"].map((kind) => `ws_events_${kind} count==0 FAIL`),
    ],
    ["websocket", UNACCOUNTED, ["ws_negative_latency count==0 INVALID"]],
    ["websocket", ACCOUNTED, [...GATEWAY, ...EXACT, ...MEASURED]],
    ["nats", ACCOUNTED, [...GATEWAY, ...EXACT, ...MEASURED]],
    ["nats", UNACCOUNTED, ["events_refused count==0 FAIL", "events_unknown count==0 FAIL"]],
    ["webhook", UNACCOUNTED, ["signal_success_rate rate>=0.95 FAIL", "signal_failed count==0 FAIL"]],
    ["webhook", UNACCOUNTED, ["avg<100", "p(95)<200", "max<1000"].map((bound) => `signal_latency_ms ${bound} FAIL`)],
    ["webhook", UNACCOUNTED, ["signal_hft_success_rate rate>=0.95 FAIL", "signal_hft_latency_ms max<1000 FAIL"]],
    ["webhook", UNACCOUNTED, ["signal_memory_success_rate rate>=0.95 FAIL"]],
    [
      "webhook",
      UNACCOUNTED,
      ["avg<100", "p(95)<200", "max<1000"].map((bound) => `signal_memory_latency_ms ${bound} FAIL`),
    ],
    [
      "webhook",
      UNACCOUNTED,
      ["limit_broken", "overload_broken", "idempotency_broken", "expiry_broken", "spoofing", "access_broken"].map(
        (defect) => `signal_${defect} count==0 FAIL`,
      ),
    ],
    ["webhook", { ...UNACCOUNTED, watched: true }, ["health_deaths count==0 FAIL", "health_growth_mb value<100 FAIL"]],
    ["webhook", { ...UNACCOUNTED, watched: true }, ["health_leaks count==0 FAIL"]],
    ["http", { ...UNACCOUNTED, watched: true }, ["health_deaths count==0 FAIL", "health_growth_mb value<100 FAIL"]],
    ["redis", UNACCOUNTED, ["publish_ack_latency_ms p(95)<250 FAIL"]],
    ["nats", UNACCOUNTED, ["publish_ack_latency_ms p(99)<250 FAIL"]],
    ["nats", ACCOUNTED, ["events_offered count>=1000 INVALID", "schedule_delay_ms p(95)<200 INVALID"]],
    ...TESTS.map((target): [RunnableTest, SloContext, string[]] => [
      target,
      UNACCOUNTED,
      ["script_errors count==0 INVALID"],
    ]),
  ])("of %s for %j hold %j", (target, judgement, rows) => {
    expect(spelled(slos(target, judgement))).toEqual(expect.arrayContaining(rows));
  });

  test("ask a load that seeks its limit for no number of events: it ends when it has found it", () => {
    const published = (profile: string) =>
      slos("nats", { ...ACCOUNTED, profile }).filter(({ metric }) => /^events_offered$|^account_offered$/.test(metric));
    expect(published("stress").map(({ bound }) => bound)).toEqual([1_000, 1_000]);
    expect(published("breakpoint").map(({ bound }) => bound)).toEqual([1, 1]);
  });

  test("leave a websocket run to the receiver where there is one", () => {
    const metrics = slos("websocket", ACCOUNTED).map(({ metric }) => metric);
    const alone = /^ws_events_(missing|duplicated|reordered|misrouted)$|^ws_negative_latency$/;
    expect(metrics.filter((metric) => alone.test(metric))).toEqual([]);
  });

  test("ask for no account of a run that nobody settles", () => {
    for (const target of TESTS) {
      expect(slos(target, UNACCOUNTED).filter(({ metric }) => metric.startsWith("account_"))).toEqual([]);
    }
  });

  test.each([
    ["p(95)", 100],
    ["p(99)", 500],
  ])("need %s of at least %i samples", (statistic, floor) => {
    const rows = TESTS.flatMap((target) => slos(target, ACCOUNTED)).filter((row) => row.statistic === statistic);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map((row) => row.floor))).toEqual(new Set([floor]));
  });

  test("need so many samples for a share that one without a miss proves it", () => {
    const floorOf = (metric: string, profile: string) =>
      slos(metric.startsWith("http") ? "http" : "ingest", { ...UNACCOUNTED, profile }).find(
        (row) => row.metric === metric,
      );
    expect(floorOf("http_error_rate", "load")).toMatchObject({ bound: 0.001, floor: 2_995 });
    expect(floorOf("http_error_rate", "smoke")).toMatchObject({ bound: 0, comparison: "==", floor: 100 });
    expect(floorOf("ingest_failure_rate", "smoke")).toMatchObject({ bound: 0.01, floor: 299 });
  });

  test("need every round of every trial", () => {
    const floors = (trial: Trial) => slos("webhook", { ...UNACCOUNTED, trials: [trial] });
    const defects: [Trial, string][] = [
      ["identical", "signal_idempotency_broken"],
      ["expiry", "signal_expiry_broken"],
      ["limit", "signal_limit_broken"],
      ["overload", "signal_overload_broken"],
      ["headers", "signal_spoofing"],
    ];
    for (const [trial, metric] of defects) {
      expect(floors(trial).find((row) => row.metric === metric)?.floor, metric).toBe(TRIALS[trial].rounds);
      expect(slos("webhook", { ...UNACCOUNTED, trials: [] }).map((row) => row.metric)).not.toContain(metric);
    }
    expect(floors("access").find(({ metric }) => metric === "signal_access_broken")?.floor).toBe(TRIALS.access.signals);
  });

  test("need one sample of whatever else is counted, and of the longest wait", () => {
    const judgements = [ACCOUNTED, UNACCOUNTED].map((judgement) => ({ ...judgement, trials: [] }));
    const rows = TESTS.flatMap((target) => judgements.flatMap((judgement) => slos(target, judgement)));
    const floors = rows
      .filter(({ statistic }) => statistic === "count" || statistic === "max")
      .map(({ floor }) => floor);
    expect(new Set(floors)).toEqual(new Set([1]));
    expect(rows.find(({ metric }) => metric === "account_settled")?.floor).toBe(1);
  });

  test("need as many deliveries for a percentile of the receiver as for one of k6", () => {
    const floors = slos("nats", ACCOUNTED).filter(({ metric }) => metric.startsWith("account_delivery_p"));
    expect(floors.map(({ floor }) => floor)).toEqual([100, 500, 1_000]);
  });

  test("hold only a steady load to latencies that do not grow", () => {
    const growth = (judgement: SloContext) =>
      spelled(slos("nats", judgement)).filter((row) => row.includes("account_latency_growth_ms"));
    expect(growth({ ...ACCOUNTED, steady: true })).toEqual(["account_latency_growth_ms value<10 FAIL"]);
    expect([...growth(ACCOUNTED), ...growth({ ...UNACCOUNTED, steady: true })]).toEqual([]);
  });
});

describe("bounds", () => {
  test("are overridden one by one, by the name of their variable", () => {
    const bounds = { SLO_WS_EVENT_LATENCY_MS_P95: 100, SLO_WS_ERROR_RATE_RATE: 0.5 };
    const rows = slos("websocket", { ...UNACCOUNTED, bounds });
    const defaults = slos("websocket", UNACCOUNTED);
    const changed = rows.filter((row, place) => row.bound !== defaults[place]?.bound);
    expect(spelled(changed)).toEqual(["ws_event_latency_ms p(95)<100 FAIL", "ws_error_rate rate<=0.5 FAIL"]);
    expect(k6Thresholds(rows)["ws_event_latency_ms"]).toEqual(["p(95)<100", "p(99)<50"]);
  });

  test("can be overridden with nothing at all", () => {
    const rows = slos("http", { ...UNACCOUNTED, profile: "load", bounds: { SLO_HTTP_ERROR_RATE_RATE: 0 } });
    expect(spelled(rows)).toContain("http_error_rate rate<0 FAIL");
  });
});

describe("an abort", () => {
  const rows = slos("nats", ACCOUNTED);
  const all = (thresholds: Record<string, K6Threshold[]>) =>
    Object.entries(thresholds).flatMap(([metric, list]) => list.map((threshold) => ({ metric, threshold })));

  test("follows from a missed objective of the target, and from nothing else", () => {
    const aborting = all(k6Thresholds(rows, true)).flatMap(({ metric, threshold }) =>
      typeof threshold === "string" ? [] : [{ metric, ...threshold }],
    );
    const failing = rows.filter(({ miss }) => miss === "FAIL");
    expect(aborting).toEqual(
      expect.arrayContaining(
        failing.map((row) => ({
          metric: row.metric,
          threshold: expression(row),
          abortOnFail: true,
          delayAbortEval: "10s",
        })),
      ),
    );
    expect(aborting).toHaveLength(failing.length);
  });

  test("follows from nothing unless it is asked for", () => {
    expect(all(k6Thresholds(rows)).every(({ threshold }) => typeof threshold === "string")).toBe(true);
  });
});

test("two objectives of one metric share its counter of samples, each with its own floor", () => {
  const rows: Slo[] = [
    { metric: "m", statistic: "p(95)", comparison: "<", bound: 25, floor: 100, miss: "FAIL" },
    { metric: "m", statistic: "p(99)", comparison: "<", bound: 50, floor: 500, miss: "FAIL" },
    { metric: "m", statistic: "max", comparison: "<", bound: 90, floor: 500, miss: "FAIL" },
  ];
  expect(k6Thresholds(rows)).toEqual({
    m: ["p(95)<25", "p(99)<50", "max<90"],
    m_samples: ["count>=100", "count>=500"],
  });
  expect(rows.map(floorExpression)).toEqual(["count>=100", "count>=500", "count>=500"]);
  expect(rows.map(sloVariable)).toEqual(["SLO_M_P95", "SLO_M_P99", "SLO_M_MAX"]);
});

test.each([
  ["nats", "SLO_ACCOUNT_LATENCY_GROWTH_MS_VALUE"],
  ["http", "SLO_HEALTH_DEATHS_COUNT"],
  ["websocket", "SLO_WS_EVENTS_MISSING_COUNT"],
  ["ingest", "SLO_INGEST_SERVER_ERRORS_COUNT"],
] as const)("a bound of %s that only some runs have is known: %s", (name, variable) => {
  expect(boundVariables(name)).toContain(variable);
});
