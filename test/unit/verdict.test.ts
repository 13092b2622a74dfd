import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainReason } from "../../core/reason.ts";
import type { Slo } from "../../core/slo.ts";
import type { Observation, SloResult } from "../../core/sloresult.ts";
import { doubted, EXIT_CODES, judge, type Verdict, worst } from "../../core/verdict.ts";
import { TESTS } from "../../scenarios.ts";
import { slos } from "../../thresholds.ts";
import { ERRORS, LATENCY, LOST, saw } from "./observations.ts";

const RATE: Slo = {
  metric: "events_published",
  statistic: "count",
  comparison: ">=",
  bound: 1_000,
  floor: 1,
  miss: "INVALID",
};

/** One observation of each result. */
const OBJECTIVE = {
  met: saw(LATENCY, 24.999, 100),
  missed: saw(LATENCY, 25, 100),
  unmeasured: saw(LATENCY, 10, 99),
};
const CONDITION = {
  met: saw(RATE, 1_000, 1_000),
  missed: saw(RATE, 999, 999),
  unmeasured: saw(RATE, null, 0),
};

describe("the verdict", () => {
  test.each<[keyof typeof CONDITION, keyof typeof OBJECTIVE, Verdict]>([
    ["met", "met", "PASS"],
    ["met", "missed", "FAIL"],
    ["met", "unmeasured", "INVALID"],
    ["missed", "met", "INVALID"],
    ["missed", "missed", "FAIL"],
    ["missed", "unmeasured", "INVALID"],
    ["unmeasured", "met", "INVALID"],
    ["unmeasured", "missed", "FAIL"],
    ["unmeasured", "unmeasured", "INVALID"],
  ])("with the measurement %s and the objective %s is %s", (condition, objective, verdict) => {
    for (const order of [
      [CONDITION[condition], OBJECTIVE[objective]],
      [OBJECTIVE[objective], CONDITION[condition]],
    ]) {
      expect(judge(order).verdict).toBe(verdict);
    }
  });

  test("of nothing is INVALID, because nothing was judged", () => {
    const reasons = [{ text: "no objective was set, so that nothing was judged" }];
    expect(judge([])).toMatchObject({ verdict: "INVALID", reasons, rows: [] });
  });

  test("is not changed by any number of objectives that are met", () => {
    const met = [OBJECTIVE.met, CONDITION.met, saw(LOST, 0, 50), saw(ERRORS, 0, 1)];
    expect(judge(met).verdict).toBe("PASS");
    expect(judge([...met, OBJECTIVE.missed]).verdict).toBe("FAIL");
    expect(judge([...met, OBJECTIVE.missed, saw(ERRORS, 1, 1)]).verdict).toBe("FAIL");
    expect(judge([...met, OBJECTIVE.missed, saw({ ...ERRORS, spoils: /./ }, 1, 1)]).verdict).toBe("INVALID");
  });

  const anyRows = fc.oneof(
    fc
      .constantFrom(...TESTS)
      .chain((target) =>
        fc.record({ accounted: fc.boolean(), events: fc.option(fc.nat()) }).map((judgement) => slos(target, judgement)),
      ),
    fc.array(
      fc.record<Slo>({
        metric: fc.string(),
        statistic: fc.constantFrom("p(95)", "p(99)", "avg", "max", "rate", "count", "value"),
        comparison: fc.constantFrom("<", ">=", "=="),
        bound: fc.nat(),
        floor: fc.integer({ min: 1, max: 1_000 }),
        miss: fc.constantFrom("FAIL", "INVALID"),
      }),
      { minLength: 1, maxLength: 10 },
    ),
  );
  const anyValue = fc.option(fc.oneof(fc.double({ noNaN: true }), fc.nat()));

  test("is never PASS without samples, whatever the numbers say", () => {
    fc.assert(
      fc.property(anyRows, fc.array(anyValue, { minLength: 1 }), (rows, values) => {
        const observations = rows.map((slo, place) => saw(slo, values[place % values.length] ?? null, 0));
        expect(judge(observations).verdict).toBe("INVALID");
      }),
    );
  });

  test("is PASS only where each objective holds over enough samples", () => {
    const holds = ({ slo, observed, samples }: Observation) =>
      observed !== null &&
      samples >= slo.floor &&
      {
        "<": observed < slo.bound,
        "<=": observed <= slo.bound,
        ">=": observed >= slo.bound,
        "==": observed === slo.bound,
      }[slo.comparison];
    const observations = anyRows.chain((rows) =>
      fc.tuple(
        ...rows.map((slo) =>
          fc.record({
            slo: fc.constant(slo),
            observed: fc.oneof(fc.constant(slo.bound), fc.constant(slo.bound - 1), anyValue),
            samples: fc.oneof(fc.constant(slo.floor), fc.nat({ max: 2_000 })),
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(observations, (all) => {
        expect(judge(all).verdict === "PASS").toBe(all.every(holds));
      }),
      { numRuns: 500 },
    );
  });
});

describe("one objective", () => {
  test.each<[string, Observation, SloResult["result"]]>([
    ["at the bound of below is missed", saw(LATENCY, 25, 100), "missed"],
    ["just under it is met", saw(LATENCY, 24.9999, 100), "met"],
    ["with as many samples as the floor is judged", saw(LATENCY, 10, 100), "met"],
    ["with one sample less is not", saw(LATENCY, 10, 99), "unmeasured"],
    ["that is missed with too few samples is not judged either", saw(LATENCY, 90, 99), "unmeasured"],
    ["without a value is unmeasured, however many samples there are", saw(LATENCY, null, 1_000), "unmeasured"],
    ["at the bound of at least is met", saw(RATE, 1_000, 1_000), "met"],
    ["under it is missed", saw(RATE, 999, 999), "missed"],
    ["that is exact is met by the number", saw(LOST, 0, 10), "met"],
    ["that is exact is missed by any other", saw(LOST, 1, 10), "missed"],
  ])("%s", (_, observation, result) => {
    expect(judge([observation]).rows.map((row) => row.result)).toEqual([result]);
  });

  const FLOORED: Slo = { ...LOST, floor: 500 };

  test.each<[string, Observation, SloResult["result"]]>([
    ["defects are certain among few samples", saw(FLOORED, 3, 4), "missed"],
    ["one defect in the only sample is certain", saw(FLOORED, 1, 1), "missed"],
    ["no defects among few samples prove nothing", saw(FLOORED, 0, 4), "unmeasured"],
    ["defects without a sample are not believed", saw(FLOORED, 3, 0), "unmeasured"],
    ["a count that is too small is not a defect", saw({ ...FLOORED, bound: 5 }, 3, 4), "unmeasured"],
    ["a value is no count", saw({ ...FLOORED, statistic: "value" }, 3, 4), "unmeasured"],
    ["a count that must be large is no defect", saw({ ...FLOORED, comparison: ">=" }, 3, 4), "unmeasured"],
  ])("%s", (_, observation, result) => {
    expect(judge([observation]).rows.map((row) => row.result)).toEqual([result]);
  });

  test.each<[string, Observation, number | null]>([
    ["half the bound left", saw(LATENCY, 12.5, 100), 0.5],
    ["twice the bound", saw(LATENCY, 50, 100), -1],
    ["a tenth above what is needed", saw(RATE, 1_100, 1_100), 0.1],
    ["a tenth below what is needed", saw(RATE, 900, 900), -0.1],
    ["an exact bound has none", saw(LOST, 5, 100), null],
    ["a bound of zero has none", saw({ ...LATENCY, bound: 0 }, 5, 100), null],
    ["a count that must be any at all has none", saw({ ...LOST, comparison: ">=", bound: 1 }, 7_000, 7_000), null],
    ["a rate that must be 1 has one", saw({ ...RATE, statistic: "value", bound: 1 }, 1.5, 9), 0.5],
    ["nothing observed has none", saw(LATENCY, null, 0), null],
  ])("has its margin: %s", (_, observation, margin) => {
    const [row] = judge([observation]).rows;
    if (margin === null) expect(row?.margin).toBeNull();
    else expect(row?.margin).toBeCloseTo(margin, 9);
  });
});

describe("reasons", () => {
  test("say what was seen and what it should have been, in words", () => {
    expect(
      judge([saw(LATENCY, 31.234567, 100), saw(LOST, 3, 9), saw({ ...LATENCY, metric: "mine" }, 10, 4)]).reasons.map(
        ({ text }) => text,
      ),
    ).toEqual([
      "ws_event_latency_ms (from publishing an event to reading it from the socket): 31.2346, must be p(95) < 25",
      "account_lost (expected deliveries that never happened): 3, must be count == 0",
      "mine: 4 samples, 100 are needed to judge p(95) < 25",
    ]);
  });

  test("start with what failed, then what spoilt the measurement, and end with what could not be measured", () => {
    const few = saw(LATENCY, 10, 90);
    const reasons = judge([few, saw(LOST, 1, 1), saw(ERRORS, 2, 9), OBJECTIVE.met]).reasons;
    expect(reasons.map(({ metric }) => metric)).toEqual(["account_lost", "script_errors", "ws_event_latency_ms"]);
  });

  test("are none when everything is met", () => {
    expect(judge([OBJECTIVE.met, CONDITION.met]).reasons).toEqual([]);
  });

  test("leave the rows in the order of the objectives", () => {
    const { rows } = judge([OBJECTIVE.unmeasured, CONDITION.missed, OBJECTIVE.met]);
    expect(rows.map(({ metric, objective, result }) => [metric, objective, result])).toEqual([
      ["ws_event_latency_ms", "p(95) < 25", "unmeasured"],
      ["events_published", "count >= 1000", "missed"],
      ["ws_event_latency_ms", "p(95) < 25", "met"],
    ]);
  });
});

describe("several tests together", () => {
  test.each<[Verdict[], Verdict]>([
    [["PASS"], "PASS"],
    [["PASS", "PASS"], "PASS"],
    [["PASS", "FAIL"], "FAIL"],
    [["FAIL", "INVALID"], "FAIL"],
    [["PASS", "INVALID", "PASS"], "INVALID"],
    [[], "INVALID"],
  ])("%j are %s", (verdicts, whole) => {
    expect(worst(verdicts)).toBe(whole);
  });

  test("have exit codes that differ, zero for PASS alone", () => {
    expect(EXIT_CODES).toEqual({ PASS: 0, FAIL: 1, INVALID: 3 });
  });
});

describe("a condition", () => {
  const DELAY: Slo = { ...ERRORS, metric: "schedule_delay_ms", spoils: /_latency_ms$/ };

  test("spoils the misses of its own metrics, and no others", () => {
    const { verdict, rows, reasons } = judge([saw(DELAY, 80, 100), OBJECTIVE.missed]);
    expect(verdict).toBe("INVALID");
    expect(rows[1]).toMatchObject({ result: "unmeasured", doubt: "schedule_delay_ms is missed" });
    expect(reasons).toMatchObject([
      { metric: "schedule_delay_ms", symptoms: [expect.stringContaining(LATENCY.metric)] },
    ]);
    expect(judge([saw(DELAY, 80, 100), saw(LOST, 1, 9)]).verdict).toBe("FAIL");
  });

  test("that nobody's metric tells spoils too, and leaves a sound judgement as it is", () => {
    const saturated = { reason: plainReason("saturated"), spoils: /_latency_ms$/ };
    expect(doubted(judge([OBJECTIVE.missed]), [saturated]).verdict).toBe("INVALID");
    expect(doubted(judge([OBJECTIVE.missed, saw(LOST, 1, 1)]), [saturated]).verdict).toBe("FAIL");
    expect(doubted(judge([OBJECTIVE.met]), [saturated]).verdict).toBe("PASS");
  });
});

describe("one cause", () => {
  test("is one reason, with what follows from it beneath it", () => {
    const refused: Slo = { ...LOST, metric: "events_refused", explains: /^account_expected$/ };
    const expected: Slo = { ...RATE, metric: "account_expected", bound: 1 };
    const { verdict, reasons } = judge([
      saw(expected, 0, 1),
      saw(LATENCY, null, 0),
      saw({ ...LATENCY, statistic: "p(99)" }, null, 0),
      saw(LOST, 0, 0),
      saw(refused, 500, 500),
    ]);
    expect(verdict).toBe("FAIL");
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatchObject({ metric: "events_refused" });
    expect(reasons[0]?.symptoms).toHaveLength(4);
  });

  test("is why there are too few samples where it withheld as many, and else a short run is", () => {
    const lost = (count: number) => judge([saw(LOST, count, 100), saw(LATENCY, 10, 60)]).reasons;
    expect(lost(40)).toMatchObject([{ metric: "account_lost", symptoms: [expect.stringContaining("60 samples")] }]);
    expect(lost(39).map(({ metric }) => metric)).toEqual(["account_lost", "ws_event_latency_ms"]);
  });

  test("of all percentiles of a metric is its first", () => {
    const { reasons } = judge([saw(LATENCY, 80, 1_000), saw({ ...LATENCY, statistic: "p(99)", bound: 50 }, 90, 1_000)]);
    expect(reasons.map(({ objective, symptoms }) => [objective, symptoms.length])).toEqual([["p(95) < 25", 1]]);
  });
});

describe("a value that may be off", () => {
  const off = (observed: number, by: number) => ({
    ...saw(LATENCY, observed, 100),
    uncertainty: { by, cause: "clocks" },
  });

  test.each<[string, number, number, SloResult["result"]]>([
    ["is met where no error could change that", 12, 12, "met"],
    ["is doubted where the error reaches the bound", 12, 13, "unmeasured"],
    ["is missed where no error could change that", 703, 400, "missed"],
    ["is doubted where a miss may be none", 388, 400, "unmeasured"],
  ])("%s", (_, observed, by, result) => {
    const { rows, verdict } = judge([off(observed, by)]);
    expect(rows[0]).toMatchObject({ result, uncertainty: by });
    expect(verdict).toBe({ met: "PASS", missed: "FAIL", unmeasured: "INVALID" }[result]);
  });
});

describe("a share", () => {
  const SHARE: Slo = { ...LATENCY, metric: "http_error_rate", statistic: "rate", bound: 0.001, floor: 2_995 };

  test("of no errors among few samples proves nothing, and says what it leaves possible", () => {
    const [row] = judge([saw(SHARE, 0, 249)]).rows;
    expect(row?.result).toBe("unmeasured");
    expect(row?.possible).toBeCloseTo(0.01196, 4);
  });

  test("is missed by few samples that leave no room for the bound", () => {
    expect(judge([saw(SHARE, 1, 20)]).rows[0]?.result).toBe("missed");
    expect(judge([saw({ ...SHARE, comparison: ">=", bound: 0.95, floor: 100 }, 0, 20)]).verdict).toBe("FAIL");
  });
});
