import { describe, expect, test } from "vitest";
import type { Slo } from "../../core/slo.ts";
import { together } from "../../core/together.ts";
import { judge } from "../../core/verdict.ts";
import { ERRORS, LATENCY, LOST, saw } from "./observations.ts";

const REFUSED: Slo = { ...LOST, metric: "events_refused" };

describe("a condition", () => {
  test("of one test spoils what another sees of their account", () => {
    const PAUSE: Slo = { ...ERRORS, metric: "generator_pause_ms", spoils: /^account_delivery_/ };
    const slow = saw({ ...LATENCY, metric: "account_delivery_p95_ms", statistic: "value" }, 900, 1_000);
    const alone = [judge([saw(PAUSE, 4_000, 9)]), judge([slow])];
    expect(alone.map(({ verdict }) => verdict)).toEqual(["INVALID", "FAIL"]);
    expect(together(alone).map(({ verdict }) => verdict)).toEqual(["INVALID", "INVALID"]);
    expect(together([judge([saw(PAUSE, 4_000, 9)]), judge([slow, saw(LOST, 1, 1)])])[1]?.verdict).toBe("FAIL");
  });

  test("of a publisher spoils what subscribers measure of the way from it", () => {
    const PAUSE: Slo = { ...ERRORS, metric: "generator_pause_ms", spoils: /_latency_ms$/ };
    const alone = (metric: string) => [judge([saw(PAUSE, 4_000, 9)]), judge([saw({ ...LATENCY, metric }, 900, 1_000)])];
    expect(together(alone("ws_event_latency_ms"))[1]?.verdict).toBe("INVALID");
    expect(together(alone("ws_connect_latency_ms"))[1]?.verdict).toBe("FAIL");
  });

  test("in the eyes of one test makes the same number doubtful for all", () => {
    const slow = saw({ ...LATENCY, metric: "account_delivery_p95_ms", statistic: "value" }, 900, 1_000);
    const doubting = judge([{ ...slow, uncertainty: { by: 900, cause: "this machine was late" } }]);
    const certain = judge([slow]);
    expect(together([doubting, certain]).map(({ verdict }) => verdict)).toEqual(["INVALID", "INVALID"]);
    expect(together([certain, judge([saw(LATENCY, 24, 100)])]).map(({ verdict }) => verdict)).toEqual(["FAIL", "PASS"]);
    const other = judge([saw({ ...LATENCY, metric: "account_delivery_p99_ms", statistic: "value" }, 900, 1_000)]);
    expect(together([doubting, other])[1]?.verdict).toBe("FAIL");
  });
});

describe("what one test missed by itself", () => {
  const SHARE: Slo = { ...ERRORS, metric: "account_judged_share", statistic: "value", comparison: ">=", bound: 0.9 };
  const LAG: Slo = { ...ERRORS, metric: "generator_lag_ms", explains: /^account_(judged_share|lost)$/ };
  const ends = (slo: Slo) => judge([saw(slo, 1, 9)]);
  const seen = judge([saw(SHARE, 0.2, 1)]);
  const metricsOf = (...tests: Parameters<typeof together>[0]) =>
    together(tests).map(({ reasons }) => reasons.map(({ metric, symptoms }) => [metric, symptoms.length]));

  test("explains why the account that they share cannot be judged, whichever is looked at first", () => {
    expect(metricsOf(seen, ends(LAG))).toEqual([[["generator_lag_ms", 1]], [["generator_lag_ms", 0]]]);
    expect(metricsOf(ends(LAG), seen)).toEqual([[["generator_lag_ms", 0]], [["generator_lag_ms", 1]]]);
  });

  test("is told by what explains it in turn", () => {
    const shortage = saw({ ...ERRORS, metric: "host_shortages", explains: /./ }, 1, 1);
    const [reasons] = metricsOf(seen, judge([shortage, saw(LAG, 1, 9)]));
    expect(reasons).toEqual([["host_shortages", 1]]);
  });

  test("hides no failure of the target, and nothing of which it is no cause", () => {
    expect(metricsOf(judge([saw(LOST, 1, 1)]), ends(LAG))[0]).toEqual([["account_lost", 0]]);
    expect(metricsOf(seen, ends(ERRORS))[0]).toEqual([["account_judged_share", 0]]);
    // Both see the same account: neither is the other's cause.
    const both = [1, 2].map(() => judge([saw({ ...SHARE, explains: /^account_/ }, 0.2, 1)]));
    expect(metricsOf(...both)).toEqual([[["account_judged_share", 0]], [["account_judged_share", 0]]]);
  });
});

describe("a subscriber that has too few samples", () => {
  const refused = (count: number) => judge([saw(REFUSED, count, 1_000)]);
  const heard = (samples: number) => judge([saw(LATENCY, samples === 0 ? null : 10, samples)]);
  const reasonsOf = (...tests: Parameters<typeof together>[0]) => together(tests)[1]?.reasons;

  test.each([0, 60])(
    "of which there are %i has them because events were refused, and a longer run is no help",
    (few) => {
      expect(reasonsOf(refused(940), heard(few))).toMatchObject([
        {
          metric: "events_refused",
          symptoms: [expect.stringMatching(`ws_event_latency_ms .*: ${few} samples, 100 are`)],
        },
      ]);
    },
  );

  test("has them for want of load where too little was refused to explain it, or nothing failed", () => {
    const thin = [{ metric: "ws_event_latency_ms", symptoms: [] }];
    expect(reasonsOf(refused(3), heard(60))).toMatchObject(thin);
    expect(reasonsOf(judge([saw(LOST, 0, 9)]), heard(0))).toMatchObject(thin);
  });

  test("tells a cause of several once", () => {
    const expected: Slo = { ...ERRORS, metric: "account_expected", comparison: ">=", bound: 1 };
    const both = judge([saw(expected, 0, 1), saw(LATENCY, null, 0), saw({ ...LATENCY, metric: "other_ms" }, null, 0)]);
    const [reason, ...others] = reasonsOf(refused(1_000), both) ?? [];
    expect(others).toEqual([]);
    expect(reason?.symptoms.map((text) => text.split(" ")[0]).sort()).toEqual([
      "account_expected",
      "other_ms:",
      "ws_event_latency_ms",
    ]);
  });
});
