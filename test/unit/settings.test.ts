import { describe, expect, test } from "vitest";
import { sloVariable } from "../../core/slo.ts";
import { settings } from "../../k6/support/settings.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";

describe("without any variable", () => {
  test("http asks the local gateway, gently", () => {
    expect(settings("http", {})).toMatchObject({
      test: "http",
      SCENARIO: "smoke",
      HTTP_URL: "http://localhost:8080",
      CHAINS: ["ethereum", "solana"],
      MANIFESTS: true,
      THINK_TIME: 1,
      TIME_SCALE: 1,
      LOAD_SCALE: 1,
      VUS: undefined,
      DURATION: undefined,
      SUMMARY: undefined,
      load: { kind: "visitors", shape: [{ from: 10, to: 10, seconds: 60 }] },
      slos: slos("http", { accounted: false, events: null }),
    });
  });

  test("websocket subscribes at the local gateway and settles with nobody", () => {
    expect(settings("websocket", {})).toMatchObject({
      WS_URL: "ws://localhost:8080/ws",
      SOCKETS: 1,
      OPENING_RATE: 500,
      FILTERS: ["simple", "moderate", "complex"],
      SESSION: 5,
      CONNECT_TIMEOUT: 10,
      PING_EVERY: 5,
      END_WHEN_SETTLED: false,
      SEED: 1,
      RECEIVER_URL: undefined,
      DRAIN_TIMEOUT: 60,
      DRAIN_QUIET: 5,
      slos: slos("websocket", { accounted: false, events: null }),
    });
  });

  test("nats publishes as the generator did", () => {
    expect(settings("nats", {})).toMatchObject({
      NATS_URL: "nats://localhost:4222",
      STREAM: "CANONICAL_EVENTS",
      CREATE_STREAM: false,
      CHAINS: ["ethereum", "solana"],
      BURST: false,
      BURST_RATIO: 10,
      BURST_PERIOD: undefined,
      ACK_TIMEOUT: 5,
      CANARY_TIMEOUT: 30,
      NATS_TOKEN: undefined,
      load: {
        kind: "paced",
        events: 60_000,
        batch: 5,
        workers: 20_000,
        lanes: 10,
        shape: [{ from: 1_000, to: 1_000, seconds: 60 }],
      },
      slos: slos("nats", { accounted: false, events: 60_000 }),
    });
  });
});

describe("given", () => {
  test("variables change the load", () => {
    const { load } = settings("nats", { RATE: "200", DURATION: "5s", WORKERS: "2", BATCH: "4" });
    expect(load).toEqual({
      kind: "paced",
      shape: [{ from: 200, to: 200, seconds: 5 }],
      events: 1_000,
      batch: 4,
      workers: 2,
      lanes: 2,
    });
    expect(settings("http", { VUS: "3", TIME_SCALE: "0.5" }).load).toMatchObject({
      shape: [{ from: 3, to: 3, seconds: 30 }],
    });
    expect(settings("websocket", { LOAD_SCALE: "2", SCENARIO: "churn" }).load).toMatchObject({
      staying: false,
      shape: [{ from: 100, to: 100, seconds: 120 }],
    });
    const unpaced = settings("nats", { RATE: "max", EVENTS: "500", RECEIVER_URL: "http://a" });
    expect(unpaced.load).toMatchObject({ kind: "unpaced", events: 500 });
    const promised = unpaced.slos.filter(({ metric }) => /^(events_offered|account_offered)$/.test(metric));
    expect(promised.map(({ bound }) => bound)).toEqual([500, 500]);
  });

  test("bursts come only when they are asked for", () => {
    const bursts = { BURST_RATIO: "4", BURST_PERIOD: "20s", RATE: "100", DURATION: "20s" };
    expect(settings("nats", bursts).load).toMatchObject({ events: 2_000 });
    expect(settings("nats", { ...bursts, BURST: "1" }).load).toMatchObject({
      events: 1_800 + 800,
      shape: [
        { from: 100, to: 100, seconds: 18 },
        { from: 400, to: 400, seconds: 2 },
      ],
    });
  });

  test("a receiver is held to the account", () => {
    const { slos: rows } = settings("websocket", { RECEIVER_URL: "http://localhost:9" });
    expect(rows).toEqual(slos("websocket", { accounted: true, events: null }));
  });

  test("bounds replace those of the objectives", () => {
    const { slos: rows } = settings("nats", {
      SLO_PUBLISH_ACK_LATENCY_MS_P99: "75.5",
      THROUGHLINE_SLO_EVENTS_REFUSED_COUNT: "0",
    });
    expect(rows.find((row) => sloVariable(row) === "SLO_PUBLISH_ACK_LATENCY_MS_P99")?.bound).toBe(75.5);
    expect(rows.map(({ metric }) => metric)).toEqual(
      slos("nats", { accounted: false, events: 60_000 }).map(({ metric }) => metric),
    );
  });

  test("the prefix works for every variable and wins over the bare name", () => {
    expect(settings("nats", { THROUGHLINE_SEED: "7", SEED: "8" }).SEED).toBe(7);
    expect(settings("nats", { THROUGHLINE_SCENARIO: "spike" }).SCENARIO).toBe("spike");
  });

  test("variables of another test are passed over", () => {
    const others = Object.fromEntries(
      Object.entries({ ...VARIABLES.http, ...VARIABLES.websocket })
        .filter(([name]) => !(name in VARIABLES.nats))
        .flatMap(([name]) => [
          [name, "anything"],
          [`THROUGHLINE_${name}`, "anything"],
        ]),
    );
    expect(Object.keys(others)).toEqual(expect.arrayContaining(["HTTP_URL", "VUS", "SOCKETS", "THROUGHLINE_WS_URL"]));
    expect(settings("nats", others)).toEqual(settings("nats", {}));
  });

  test("the bounds of other tests' objectives are passed over, as their variables are", () => {
    const others = { SLO_HTTP_ERROR_RATE_RATE: "0.5", THROUGHLINE_SLO_WS_SESSIONS_LOST_COUNT: "3" };
    expect(settings("nats", others)).toEqual(settings("nats", {}));
  });

  test("a count that must be zero may be allowed to be more, up to a bound", () => {
    const rows = settings("nats", { RECEIVER_URL: "http://a", SLO_ACCOUNT_LOST_COUNT: "5" }).slos;
    const row = rows.find(({ metric }) => metric === "account_lost");
    expect(row).toMatchObject({ comparison: "<=", bound: 5 });
    const untouched = settings("nats", { RECEIVER_URL: "http://a", SLO_ACCOUNT_LOST_COUNT: "0" }).slos;
    expect(untouched.find(({ metric }) => metric === "account_lost")).toMatchObject({ comparison: "==", bound: 0 });
  });

  test("of several processes each is held to its share of the samples, and the account to all", () => {
    const alone = settings("nats", { RECEIVER_URL: "http://a", EVENTS: "1000" }).slos;
    const shared = settings("nats", { RECEIVER_URL: "http://a", EVENTS: "1000", INSTANCES: "4" }).slos;
    const of = (rows: typeof alone, metric: string) => rows.find((row) => row.metric === metric);
    expect(of(alone, "publish_ack_latency_ms")?.floor).toBe(500);
    expect(of(shared, "publish_ack_latency_ms")?.floor).toBe(125);
    expect(of(shared, "account_delivery_p95_ms")?.floor).toBe(of(alone, "account_delivery_p95_ms")?.floor);
    expect(of(shared, "account_offered")).toMatchObject({ comparison: ">=", bound: 1_000 });
    expect(of(shared, "events_offered")).toMatchObject({ comparison: ">=", bound: 1 });
  });

  test.each(Object.keys(VARIABLES) as RunnableTest[])("what surrounds %s on a machine is passed over", (target) => {
    const names = `PATH HOME USER LANG LC_ALL PWD OLDPWD SHELL TERM HOSTNAME EDITOR DISPLAY LOGNAME TZ CI _ SHLVL MAIL
      PORT HOST DEBUG TOKEN SECRET PASSWORD VU RATES2 GITHUB_RUN_ID NODE_ENV npm_config_cache DOCKER_HOST KUBECONFIG
      SSH_AUTH_SOCK XDG_SESSION_ID K6_VUS K6_DURATION K6_OUT NATS REDIS_URL DATABASE_URL http_proxy NO_PROXY`;
    const own: Readonly<Record<string, unknown>> = VARIABLES[target];
    const others = names.split(/\s+/).filter((name) => !(name in own));
    const machine = Object.fromEntries(others.map((name) => [name, "x"]));
    expect(settings(target, machine)).toEqual(settings(target, {}));
  });
});
