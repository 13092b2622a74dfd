import { describe, expect, test } from "vitest";
import { foresee } from "../../core/foresight.ts";
import { slo, valid } from "../../core/slo.ts";
import { settings } from "../../k6/support/settings.ts";
import { plan } from "../../scenarios.ts";

const ROWS = [slo("publish_ack_latency_ms").p99.below(250), slo("account_lost").count.is(0)];

describe("before the load", () => {
  test.each([
    [
      499,
      1,
      /^this run will be INVALID: 499 events are too few .*p\(99\)<250 \(500, SLO_PUBLISH_ACK_LATENCY_MS_P99\); publish 500 or more/,
    ],
    [500, 1, null],
    [1_000, 4, /250 events for each process .*publish 2,000 or more/],
    [2_000, 4, null],
  ])("%i events in %i processes", (events, instances, line) => {
    const told = foresee(plan("nats", "smoke", { events, rate: 100 }), ROWS, instances);
    if (line === null) expect(told).toBeNull();
    else expect(told).toMatch(line);
  });

  test("what is not known is not foretold", () => {
    expect(foresee(plan("nats", "smoke", { rate: "max", duration: 1 }), ROWS, 1)).toBeNull();
  });

  test.each([
    [19, /19 s are too short .*DURATION=40s,/],
    [20, null],
  ])("a subscription of %i s without a receiver", (duration, line) => {
    const told = foresee(plan("websocket", "smoke", { duration }), [valid("ws_judged_share").rate.atLeast(0.9)], 1);
    if (line === null) expect(told).toBeNull();
    else expect(told).toMatch(line);
  });

  test.each(["http", "websocket", "nats", "redis", "ingest", "webhook"] as const)(
    "the profiles of %s are large enough",
    (name) => {
      for (const SCENARIO of ["smoke", "load"]) expect(settings(name, { SCENARIO }).foreseen).toBeNull();
    },
  );
});
