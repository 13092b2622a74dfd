import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Baseline, parseBaseline, refuseFailed, withRun, writeBaseline } from "../../cli/baseline/baseline.ts";
import { compare } from "../../cli/baseline/comparison.ts";
import { FORMATS, renderComparison } from "../../cli/baseline/rendering.ts";
import { defaultName } from "../../cli/baseline/store.ts";
import type { Account } from "../../core/account.ts";
import { RECORDED, type RecordedRun } from "./recorded.ts";
import { type Circumstances, invalid, lossy, resultOf } from "./results.ts";

function baselineOf(...runs: Circumstances[]): Baseline {
  const [first, ...rest] = runs.map((circumstances, place) =>
    resultOf({ run: `earlier-${place + 1}`, ...circumstances }),
  );
  if (first === undefined) throw new Error("a baseline needs a run");
  return rest.reduce((baseline, run) => withRun(run, baseline), withRun(first));
}

function rowOf(name: string, circumstances: Circumstances, ...baseline: Circumstances[]) {
  const row = compare(resultOf(circumstances), baselineOf(...baseline)).rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no row is named ${name}`);
  return row;
}

/** One latency of one test. */
const ack = (p50: number): Circumstances => ({ metrics: { nats: { publish_ack_latency_ms: { med: p50 } } } });
const ACK = "nats publish_ack_latency_ms p50";

describe("a latency", () => {
  test.each<[string, number, number[], string]>([
    ["as before", 10, [10], "same"],
    ["exactly 1.5 times as much", 15, [10], "same"],
    ["over 1.5 times as much", 15.01, [10], "worse"],
    ["over 1.5 times as much, but the difference is noise", 0.6, [0.2], "same"],
    ["over 1.5 times as much, and the difference is no noise", 0.8, [0.2], "worse"],
    ["under 1.5 times the slowest of several runs", 17.9, [10, 12], "same"],
    ["over 1.5 times the slowest of several runs", 18.1, [10, 12], "worse"],
    ["within as much again as several runs differ by", 27, [10, 19], "same"],
    ["beyond what several runs differ by", 29, [10, 19], "worse"],
    ["much less", 5, [10], "better"],
    ["somewhat less", 7, [10], "same"],
  ])("that is %s", (_, observed, earlier, outcome) => {
    expect(rowOf(ACK, ack(observed), ...earlier.map(ack)).outcome).toBe(outcome);
  });

  test.each([
    ["standstill", { count: 500, med: 2, "p(95)": 2_517, "p(99)": 2_910 }, ["worse", "worse"]],
    ["as before", { count: 500, med: 2, "p(95)": 4, "p(99)": 9 }, ["unsure", "unsure"]],
    ["a hiccup", { count: 500, med: 2, "p(95)": 30, "p(99)": 90 }, ["unsure", "unsure"]],
    [
      "a standstill, of which too few samples tell",
      { count: 99, med: 2, "p(95)": 2_517, "p(99)": 2_910 },
      ["unsure", "unsure"],
    ],
    ["more late ones among more", { count: 2_000, med: 2, "p(95)": 4, "p(99)": 120 }, ["same", "worse"]],
    ["fewer among as many", { count: 2_000, med: 2, "p(95)": 4, "p(99)": 100 }, ["same", "unsure"]],
    ["of nearly enough as of enough", { count: 4_999, med: 2, "p(95)": 4, "p(99)": 31 }, ["same", "worse"]],
  ])("of few samples is compared roughly: %s", (_, metrics, outcomes) => {
    const few = (publish_ack_latency_ms: Record<string, number>) => ({ metrics: { nats: { publish_ack_latency_ms } } });
    const before = few({ count: 500, med: 2, "p(95)": 3.5, "p(99)": 7.4 });
    const tails = ["p95", "p99"].map((statistic) => `nats publish_ack_latency_ms ${statistic}`);
    expect(tails.map((name) => rowOf(name, few(metrics), before).outcome)).toEqual(outcomes);
  });

  test("of too few samples is not compared, and none at all is missed", () => {
    const thin = { metrics: { nats: { publish_ack_latency_ms: { count: 99 } } } };
    expect(rowOf(ACK, thin, {}).outcome).toBe("unsure");
    const comparison = compare(
      resultOf({ metrics: { nats: { publish_ack_latency_ms: { count: 0 } } } }),
      baselineOf({}),
    );
    expect(comparison.verdict).toBe("INVALID");
    expect(comparison.reasons).toContain(`${ACK}: the baseline has it, this run measured nothing of it`);
  });

  test("of several processes is what they have together, and where the record does not say that, the worst and said so", () => {
    const one = resultOf(ack(10));
    const [nats] = one.tests as [(typeof one.tests)[number]];
    const slow = resultOf(ack(40)).tests[0] as typeof nats;
    const shared = { ...one, tests: [nats, { ...slow, instance: 2 }, ...one.tests.slice(1)] };
    const latency = { count: 40_000, med: 11, "p(95)": 8, "p(99)": 20 };
    const compared = (merged: typeof one.merged) => compare({ ...shared, merged }, baselineOf(ack(10)));
    const seen = (comparison: ReturnType<typeof compare>) => [
      comparison.rows.find(({ name }) => name === ACK)?.observed,
      comparison.cautions,
    ];
    const merged = { nats: { publish_ack_latency_ms: latency } };
    expect(seen(compared(merged))).toEqual([11, [expect.stringMatching(/^the baseline may hold the worst of 2/)]]);
    const [observed, cautions] = seen(compared({}));
    expect(observed).toBe(40);
    expect(cautions).toEqual([
      expect.stringMatching(/^the worst of 2 processes stands for \d+ latencies: this record does not say what they/),
    ]);
  });

  test("of several processes is compared without caution where the baseline has what its own have together", () => {
    const one = resultOf(ack(10));
    const [nats] = one.tests as [(typeof one.tests)[number]];
    const shared = { ...one, tests: [nats, { ...nats, instance: 2 }, ...one.tests.slice(1)] };
    const together = { ...shared, merged: { nats: { publish_ack_latency_ms: { count: 40_000, med: 11 } } } };
    const saved = (result: typeof one) => withRun({ ...result, run: "before" });
    expect(saved(together).runs["before"]).toMatchObject({ merged: true });
    for (const result of [one, shared]) expect(saved(result).runs["before"]).not.toHaveProperty("merged");
    expect(compare(together, saved(together)).cautions).toEqual([]);
    expect(compare(together, saved(shared)).cautions).toEqual([
      "the baseline may hold the worst of 2 processes (before), beside which what they have together seems quick: " +
        "save a newer run with --replace",
    ]);
    expect(compare(one, saved(one)).cautions).toEqual([]);
  });

  test("of the generator is not the target's", () => {
    const { rows } = compare(resultOf(), baselineOf({}));
    expect(rows.filter(({ name }) => /schedule_delay|generator_/.test(name))).toEqual([]);
  });

  test.each(["ingest_error_latency_ms", "generator_pause_ms"])(
    "of a baseline is not missed where it is %s, which a sound run may have none of",
    (metric) => {
      const failing = { metrics: { nats: { [metric]: { count: 20_000, med: 5, "p(95)": 5, "p(99)": 5 } } } };
      expect(compare(resultOf(), baselineOf(failing))).toMatchObject({ verdict: "PASS", reasons: [] });
      const saved = baselineOf({});
      const [run, earlier] = Object.entries(saved.runs)[0] as [string, Baseline["runs"][string]];
      const latency = { ...earlier.latency, [`nats ${metric} p50`]: 5 };
      const older = { ...saved, runs: { [run]: { ...earlier, latency } } };
      expect(compare(resultOf(), older)).toMatchObject({ verdict: "PASS", reasons: [] });
    },
  );

  test("between two clocks may differ by what the clocks are wrong by", () => {
    const skewed = baselineOf(delivery(1));
    const [earlier] = Object.values(skewed.runs);
    const uncertain = { ...skewed, runs: { earlier: { ...earlier, clockError: 40 } } } as Baseline;
    const outcomes = [skewed, uncertain].map(
      (baseline) => compare(resultOf(delivery(20)), baseline).rows.find(({ name }) => name === "delivery p50")?.outcome,
    );
    expect(outcomes).toEqual(["worse", "same"]);
  });
});

test("a latency of a far end that is polled may be too high by the time between two polls", () => {
  const polled = (value: number, earliest: number): Circumstances => {
    const { latency } = delivery(value).account as Pick<Account, "latency">;
    const early = { ...latency, p50: earliest, p95: earliest, p99: earliest };
    return { account: { latency, looks: { longest: 110, earliest: early } } };
  };
  const outcomeOf = (run: Circumstances, baseline: Circumstances) =>
    compare(resultOf(run), baselineOf(baseline)).rows.find(({ name }) => name === "delivery p50")?.outcome;
  expect(outcomeOf(delivery(150), delivery(60))).toBe("worse");
  expect(outcomeOf(polled(150, 45), polled(60, 10))).toBe("same");
  expect(outcomeOf(polled(450, 345), polled(60, 10))).toBe("worse");
  expect(outcomeOf(polled(60, 10), polled(150, 45))).toBe("same");
});

function delivery(p50: number): Circumstances {
  return {
    account: {
      latency: { samples: 20_000, negative: 0, min: 0, mean: p50, p50, p95: p50, p99: p50, p995: p50, max: p50 },
    },
  };
}

describe("a defect", () => {
  const refused = (count: number): Circumstances => ({ metrics: { nats: { events_refused: { count } } } });

  test.each([
    [0, 0, "same"],
    [1, 0, "worse"],
    [3, 3, "same"],
    [4, 3, "same"],
    [5, 3, "worse"],
    [0, 3, "better"],
  ])("of %i where the baseline has %i", (observed, earlier, outcome) => {
    expect(rowOf("nats events_refused", refused(observed), refused(earlier)).outcome).toBe(outcome);
  });

  test("that appears fails the comparison and is named", () => {
    const { verdict, reasons } = compare(lossy(), baselineOf({}));
    expect(verdict).toBe("FAIL");
    expect(reasons).toContain("account_lost: 42, the baseline has 0, at most 0 is allowed");
  });
});

describe("a throughput", () => {
  const rate = (rate: number): Circumstances => ({ metrics: { http: { http_reqs: { rate } } } });

  test.each<[number, number[], string]>([
    [200, [200], "same"],
    [181, [200], "same"],
    [179, [200], "worse"],
    [161, [200, 180], "same"],
    [159, [200, 180], "worse"],
    [230, [200], "better"],
  ])("of %i where the baseline has %j", (observed, earlier, outcome) => {
    expect(rowOf("http requests per second", rate(observed), ...earlier.map(rate)).outcome).toBe(outcome);
  });

  test("of requests is none where events are published: they are the suite's own as well", () => {
    const publishing = { metrics: { nats: { http_reqs: { rate: 70 }, events_acknowledged: { count: 60_000 } } } };
    expect(() => rowOf("nats requests per second", publishing, publishing)).toThrow("no row is named");
  });
});

describe("only like is compared with like", () => {
  const other = { SCENARIO: "load", RATE: "1000", VUS: "5" };

  test("parameters that differ are named, and so is a parameter that only one of them has", () => {
    expect(() => compare(resultOf({}, { parameters: other }), baselineOf({}))).toThrow(
      'run pipeline-1 is not like the baseline: SCENARIO is "load", the baseline has "smoke"; ' +
        'VUS is "5", the baseline has none; instances is not given, the baseline has "1"',
    );
  });

  test("another subject is named", () => {
    expect(() => compare(resultOf({}, { subject: "ethhook" }), baselineOf({}))).toThrow(/subject is "ethhook"/);
  });

  test("nor is a run added to a baseline of other parameters", () => {
    expect(() => withRun(resultOf({}, { parameters: other }), baselineOf({}))).toThrow(/SCENARIO is "load"/);
  });

  test.each([
    ["INVALID", invalid(), /run pipeline-invalid is INVALID, and neither saved nor compared: schedule_delay_ms/],
    [
      "interrupted",
      resultOf({}, { complete: false }),
      /run pipeline-1 was interrupted, and is neither saved nor compared/,
    ],
  ])("a run that is %s is neither baseline nor compared", (_, run, problem) => {
    expect(() => withRun(run)).toThrow(problem);
    expect(() => compare(run, baselineOf({}))).toThrow(problem);
  });

  test("a run is not compared with itself", () => {
    expect(() => compare(resultOf(), baselineOf({ run: "pipeline-1" }))).toThrow(/the only one of its baseline/);
    expect(compare(resultOf(), baselineOf({ run: "pipeline-1" }, {})).against).toEqual(["earlier-2"]);
  });

  test("another machine is a caution", () => {
    const machine = { system: "Linux 6.1 x64", cores: 8, memoryMb: 32_000, loadAverage: 0 };
    const { verdict, cautions } = compare(resultOf({}, { machine }), baselineOf({}));
    expect(verdict).toBe("PASS");
    expect(cautions).toEqual([
      "the baseline was measured on Linux 6.1 x64, 2 cores, this run on Linux 6.1 x64, 8 cores",
    ]);
  });
});

describe("runs of the same, as much apart as recorded ones were", () => {
  /** Every statistic anywhere in the range that was recorded of it. */
  const between = (of: (run: RecordedRun) => number) => {
    const values = RECORDED.map(of);
    return fc.double({ min: Math.min(...values), max: Math.max(...values), noNaN: true });
  };
  const runs: fc.Arbitrary<RecordedRun> = fc.record({
    delivery: fc.tuple(
      between(({ delivery: [p50] }) => p50),
      between(({ delivery: [, p95] }) => p95),
      between(({ delivery: [, , p99] }) => p99),
    ),
    health: between(({ health }) => health),
    requests: fc.constantFrom(...RECORDED.map(({ requests }) => requests)),
  });
  const tenRuns = fc.array(fc.oneof(fc.constantFrom(...RECORDED), runs), { minLength: 10, maxLength: 10 });
  const inBaseline = fc.integer({ min: 1, max: 5 });

  const measuredAs = (run: string, { delivery, health, requests }: RecordedRun, slowness = 1) => {
    const [p50, p95, p99] = delivery.map((value) => value * slowness) as [number, number, number];
    return resultOf({
      run,
      account: { latency: { samples: 35_014, negative: 0, min: 0.1, mean: p50, p50, p95, p99, p995: p99, max: p99 } },
      metrics: { http: { http_health_latency_ms: { count: requests, med: health * slowness } } },
    });
  };
  const kept = (chosen: readonly RecordedRun[]) =>
    chosen.reduce<Baseline | null>(
      (earlier, run, place) => withRun(measuredAs(`earlier-${place}`, run), earlier),
      null,
    );

  test("ten of them give no false alarm, however many of them are the baseline", () => {
    fc.assert(
      fc.property(tenRuns, inBaseline, (all, count) => {
        const baseline = kept(all.slice(0, count)) as Baseline;
        for (const run of all.slice(count)) {
          const { verdict, reasons } = compare(measuredAs("now", run), baseline);
          expect({ verdict, reasons }).toEqual({ verdict: "PASS", reasons: [] });
        }
      }),
      { numRuns: 40 },
    );
  });

  test("one of a target that is twice as slow is always caught", () => {
    fc.assert(
      fc.property(tenRuns, inBaseline, fc.double({ min: 2, max: 10, noNaN: true }), (all, count, slowness) => {
        const baseline = kept(all.slice(0, count)) as Baseline;
        for (const run of all.slice(count)) {
          const { verdict, rows } = compare(measuredAs("now", run, slowness), baseline);
          expect(verdict).toBe("FAIL");
          expect(rows.find(({ name }) => name === "delivery p50")?.outcome).toBe("worse");
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("the file", () => {
  test("holds one number a line, with its keys in order, and reads back", () => {
    const baseline = baselineOf({}, {});
    const text = writeBaseline(baseline);
    expect(parseBaseline(text, "b.json")).toEqual(baseline);
    for (const line of text.split("\n")) expect(line.match(/: -?[\d.e+-]+,?$/g)?.length ?? 0).toBeLessThanOrEqual(1);
    const keys = [...text.matchAll(/^ {2}"(\w+)"/gm)].map(([, key]) => key);
    expect(keys).toEqual([...keys].sort());
  });

  test("is the same however its runs came, and another run only adds lines", () => {
    const [one, two] = [resultOf({ run: "a" }), resultOf({ run: "b", slowness: 1.1 })];
    expect(writeBaseline(withRun(two, withRun(one)))).toBe(writeBaseline(withRun(one, withRun(two))));
    const before = writeBaseline(withRun(one)).split("\n");
    const after = writeBaseline(withRun(two, withRun(one))).split("\n");
    const left = [...after];
    for (const line of before.filter((text) => text !== "    }")) {
      expect(left.indexOf(line), line).toBeGreaterThanOrEqual(0);
      left.splice(left.indexOf(line), 1);
    }
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ["is cut off", (text) => text.slice(0, 200), /^b\.json is not a baseline: /],
    [
      "holds text for a number",
      (text) => text.replace(/"delivery p50": [\d.]+/, '"delivery p50": "x"'),
      /delivery p50/,
    ],
    ["had its parameters changed", (text) => text.replace('"smoke"', '"load"'), /its parameters were changed/],
    ["holds no run", (text) => text.replace(/"runs": [\s\S]*?\n {2}\}/, '"runs": {}'), /it holds no run/],
    ["has a key nobody knows", (text) => text.replace('"version"', '"extra": 1, "version"'), /extra/],
  ])("is refused when it %s", (_, damage, problem) => {
    const whole = writeBaseline(baselineOf({}));
    expect(damage(whole)).not.toBe(whole);
    expect(() => parseBaseline(damage(whole), "b.json")).toThrow(problem);
  });

  test("is named after the subject and the scenario", () => {
    expect(defaultName(resultOf())).toBe("pipeline-smoke");
    expect(defaultName(resultOf({}, { subject: "nats, http" }))).toBe("nats-http-smoke");
  });
});

describe("a comparison is written", () => {
  const comparison = compare(lossy(), baselineOf({}, {}));

  test.each(FORMATS)("as %s with every row and every reason", (format) => {
    const text = renderComparison(comparison, format).replaceAll("\\_", "_");
    for (const { name } of comparison.rows) expect(text).toContain(name);
    for (const reason of comparison.reasons) expect(text).toContain(reason);
    expect(text).toContain("FAIL");
    expect(text.endsWith("\n")).toBe(true);
  });

  test("as JSON that holds all of it", () => {
    expect(JSON.parse(renderComparison(comparison, "json"))).toEqual(comparison);
  });
});

test("a run that is FAIL is no baseline unless that is asked for, and no comparison calls it better", () => {
  const own = { account: { lost: 42 }, metrics: { nats: { account_lost: { count: 42 } } } };
  const failed = resultOf({ run: "now", ...own });
  expect(failed.verdict).toBe("FAIL");
  expect(() => refuseFailed(failed)).toThrow(/^run now is FAIL \(.*account_lost.*--failed$/);
  expect(() => refuseFailed(resultOf())).not.toThrow();
  const { verdict, reasons } = compare(failed, withRun(resultOf({ run: "before", ...own })));
  expect(verdict).toBe("FAIL");
  expect(reasons).toEqual([expect.stringMatching(/^the run itself is FAIL: .*account_lost/)]);
});
