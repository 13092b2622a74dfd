import { describe, expect, test } from "vitest";
import type { Plan } from "../../core/plan.ts";
import { linesOf } from "../../core/reason.ts";
import { renderSummary } from "../../core/rendering.ts";
import { slo } from "../../core/slo.ts";
import { isComplete, isDead, type K6Data, type Summary, summarize } from "../../core/summary.ts";
import { ACCOUNT, dataOf, inputOf, type Metrics, SLOS, WEBHOOKS } from "./records.ts";

describe("of a load that never started", () => {
  const swallowed = slo("canaries_swallowed").count.is(0);
  const data = (count: number) =>
    dataOf({
      iterations: { values: { count: 0 } },
      publishers_started: { values: { count: 0 } },
      canaries_swallowed: { values: { count } },
      canaries_swallowed_samples: { values: { count: 40 } },
    });
  const of = (count: number) =>
    summarize({
      ...inputOf(),
      slos: [swallowed, ...SLOS],
      data: data(count),
      evidence: { canaries_swallowed: "acked" },
    });

  test("because the pipeline swallowed what was sent, that is the verdict, and the only reason", () => {
    const summary = of(40);
    expect(summary).toMatchObject({ verdict: "FAIL", complete: false });
    expect(summary.reasons).toMatchObject([{ metric: "canaries_swallowed", evidence: "acked", symptoms: [] }]);
    expect(isDead(summary)).toBe(true);
  });

  test("for whatever other reason, nothing was measured", () => {
    const summary = of(0);
    expect(summary.verdict).toBe("INVALID");
    expect(isDead(summary)).toBe(false);
  });
});

test("what the target said is told with the moment when it said so first, where that was recorded", () => {
  const lost = slo("ws_sessions_lost").count.is(0);
  const at = Date.UTC(2026, 0, 1, 23, 1, 0);
  const summary = summarize({
    ...inputOf(),
    slos: [lost],
    data: dataOf({
      ws_sessions_lost: { values: { count: 3 } },
      ws_sessions_lost_samples: { values: { count: 6 } },
      ws_sessions_lost_at: { values: { min: at, max: at + 9_000 } },
    }),
    evidence: { ws_sessions_lost: "1001 going away (3 times)" },
  });
  expect(summary.reasons[0]?.evidence).toBe("1001 going away (3 times), the first at 23:01:00Z");
});

describe("the record", () => {
  test("of a good run is complete", () => {
    const summary = summarize(inputOf());
    expect(summary).toMatchObject({
      version: 1,
      test: "nats",
      scenario: "smoke",
      run: "nightly-7",
      verdict: "PASS",
      reasons: [],
      seconds: 65.25,
      rate: { requested: 1_000, achieved: 1_000 },
      clock: { offset: 0.5, error: 0.2 },
      account: ACCOUNT,
    });
    expect(summary.rows).toHaveLength(SLOS.length);
    expect(summary.metrics["iterations"]).toEqual({ count: 12_000, rate: 200 });
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  test("takes each objective's own statistic and its own samples", () => {
    const { rows } = summarize(
      inputOf({ data: dataOf({ publish_ack_latency_ms: { values: { "p(99)": 249, "p(95)": 9_999 } } }) }),
    );
    expect(rows.find(({ metric }) => metric === "publish_ack_latency_ms")).toEqual({
      metric: "publish_ack_latency_ms",
      objective: "p(99) < 250",
      observed: 249,
      samples: 500,
      floor: 500,
      margin: 0.004,
      miss: "FAIL",
      uncertainty: null,
      possible: null,
      doubt: null,
      spoils: null,
      explains: null,
      result: "met",
    });
  });

  test.each<[string, Metrics, Summary["verdict"], RegExp]>([
    [
      "one event is missing",
      { account_lost: { values: { count: 1 } } },
      "FAIL",
      /^account_lost \(.*\): 1, must be count == 0$/,
    ],
    [
      "too little came to be due",
      { events_offered: { values: { count: 59_999 } } },
      "INVALID",
      /^events_offered .* 59999, must/,
    ],
    [
      "a metric has no samples",
      { account_lost_samples: { values: { count: 0 } } },
      "INVALID",
      /^account_lost .* 0 samples, 1 are needed/,
    ],
    [
      "the script raised",
      { script_errors: { values: { count: 3 } } },
      "INVALID",
      /^script_errors .*: 3, must be count == 0$/,
    ],
  ])("says when %s", (_, changes, verdict, reason) => {
    const summary = summarize(inputOf({ data: dataOf(changes) }));
    expect(summary.verdict).toBe(verdict);
    expect(summary.reasons.map(({ text }) => text)).toEqual([expect.stringMatching(reason)]);
  });

  test("of a run that k6 has no metrics of is INVALID for every objective", () => {
    const metrics = { iterations: { values: { count: 1 } } };
    const summary = summarize(
      inputOf({ data: { metrics, state: { testRunDurationMs: 0 } }, account: null, run: null }),
    );
    expect(summary.verdict).toBe("INVALID");
    expect(summary.reasons.flatMap(linesOf)).toHaveLength(SLOS.length);
    expect(summary.reasons).toHaveLength(1);
    expect(summary).toMatchObject({ run: null, clock: null, rate: null, account: null });
  });

  test.each<[string, Metrics]>([
    ["no iterations", { iterations: { values: { count: 0 } } }],
    ["not even the metric of them", { iterations: { values: {} } }],
  ])("of a load that never started is INVALID, although all else looks well: %s", (_, changes) => {
    const summary = summarize(inputOf({ data: dataOf(changes) }));
    expect(summary).toMatchObject({
      verdict: "INVALID",
      reasons: [{ text: "the load never started; the error above says why" }],
      rows: [],
    });
    expect(renderSummary(summary)).not.toContain("objective");
  });

  test("of a part cannot pass, and says that it is one", () => {
    const part = summarize(inputOf({ complete: false }));
    expect(part).toMatchObject({ verdict: "INVALID", complete: false });
    expect(part.reasons).toMatchObject([{ text: expect.stringContaining("ended before its load was over") }]);
    expect(renderSummary(part)).toContain("first part");
    const missed = dataOf({ account_lost: { values: { count: 1 } } });
    expect(summarize(inputOf({ complete: false, data: missed }))).toMatchObject({ verdict: "FAIL", complete: false });
    expect(summarize(inputOf())).toMatchObject({ verdict: "PASS", complete: true });
  });

  test.each([
    [{ wrongSignatures: 3 }, "3 wrongly signed"],
    [{ uncheckedSignatures: 100 }, "100 whose signature was not looked at (receiver without --secret)"],
  ])("of webhooks with %j says %s", (changes, told) => {
    const account = { ...ACCOUNT, webhooks: { ...WEBHOOKS, attempts: 100, ...changes } };
    expect(renderSummary(summarize(inputOf({ account })))).toContain(told);
  });

  test("of a load that seeks its limit has come to its end when an objective of the target breaks", () => {
    const seeking = (changes: Metrics) =>
      summarize(inputOf({ complete: false, seeksLimit: true, data: dataOf(changes) }));
    const found = seeking({ account_lost: { values: { count: 1 } } });
    expect(found).toMatchObject({ verdict: "FAIL", complete: true });
    expect(found.reasons).toMatchObject([{ metric: "account_lost" }]);
    // Ended by somebody, or spoilt: its limit is not known.
    expect(seeking({})).toMatchObject({ verdict: "INVALID", complete: false });
    expect(seeking({ script_errors: { values: { count: 1 } } })).toMatchObject({ verdict: "INVALID", complete: false });
  });

  test("has an achieved rate over the time of publishing, not of the whole run", () => {
    const data = dataOf({ publishing_seconds: { values: { value: 1, max: 120 } } });
    expect(summarize(inputOf({ data, requestedRate: null })).rate).toEqual({ requested: null, achieved: 500 });
  });
});

describe("a load is complete", () => {
  const shape = [{ from: 10, to: 10, seconds: 60 }];
  const paced: Plan = { kind: "paced", shape, events: 600, batch: 1, workers: 1, lanes: 10 };
  const visitors: Plan = { kind: "visitors", shape, staying: true };
  const unpaced: Plan = { kind: "unpaced", seconds: 60, events: null, batch: 1, workers: 1 };
  const of = (seconds: number, offered: number, done = 0, [began, ended] = [0, 0]): K6Data => ({
    metrics: {
      events_offered: { values: { count: offered } },
      trials_done: { values: { count: done } },
      publishers_started: { values: { count: began } },
      publishers_done: { values: { count: ended } },
    },
    state: { testRunDurationMs: seconds * 1000 },
  });
  const all: [number, number] = [10, 10];
  test.each<[string, Plan, K6Data, { trials: number; settled: boolean; instances?: number }, boolean]>([
    [
      "with the schedule kept to its end, however late",
      paced,
      of(10, 600, 0, all),
      { trials: 0, settled: false },
      true,
    ],
    [
      "not with a publisher cut off, however long it took",
      paced,
      of(99, 599, 0, [10, 9]),
      { trials: 0, settled: false },
      false,
    ],
    ["not before a publisher began", paced, of(1, 0), { trials: 0, settled: false }, false],
    ["with all trials done", paced, of(90, 600, 8, all), { trials: 8, settled: false }, true],
    ["not in the middle of a trial", paced, of(90, 600, 7, all), { trials: 8, settled: false }, false],
    [
      "with a share of the events, of one process among four",
      paced,
      of(60, 150, 0, [3, 3]),
      { trials: 0, settled: false, instances: 4 },
      true,
    ],
    [
      "not before its time, of one process among four",
      paced,
      of(30, 75, 0, [3, 0]),
      { trials: 0, settled: false, instances: 4 },
      false,
    ],
    ["after its time", visitors, of(60.2, 0), { trials: 0, settled: false }, true],
    ["not before", visitors, of(59, 0), { trials: 0, settled: false }, false],
    ["before, when the run was settled", visitors, of(20, 0), { trials: 0, settled: true }, true],
    ["after its time, unpaced", unpaced, of(61, 5), { trials: 0, settled: false }, true],
    ["not before, unpaced", unpaced, of(30, 5), { trials: 0, settled: false }, false],
    ["unpaced with all events sent", { ...unpaced, events: 500 }, of(3, 500), { trials: 0, settled: false }, true],
    ["not unpaced with some missing", { ...unpaced, events: 500 }, of(3, 400), { trials: 0, settled: false }, false],
  ])("%s", (_, load, data, ended, complete) => {
    expect(isComplete(load, data, { instances: 1, ...ended })).toBe(complete);
  });
});
