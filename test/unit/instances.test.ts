import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeInstances, mergedLatencies } from "../../cli/run/instances.ts";
import { GRID } from "../../core/mixture.ts";
import { sampleCounter } from "../../core/samples.ts";
import type { Slo } from "../../core/slo.ts";
import type { SloResult } from "../../core/sloresult.ts";
import { judge } from "../../core/verdict.ts";

const slo = (changes: Partial<Slo>): Slo => ({
  metric: "ws_event_latency_ms",
  statistic: "p(99)",
  comparison: "<",
  bound: 50,
  floor: 100,
  miss: "FAIL",
  ...changes,
});

/** The metrics of processes: what each observed, over how many samples. */
function processes({ metric, statistic }: Slo, seen: readonly (readonly [number | null, number])[]) {
  return seen.map(([value, samples]) => ({
    ...(value === null ? {} : { [metric]: { [statistic]: value } }),
    [sampleCounter(metric)]: { count: samples },
  }));
}

describe("several processes", () => {
  test.each<[string, Partial<Slo>, [number | null, number][], object]>([
    [
      "share the sample floor",
      {},
      [
        [10, 60],
        [20, 60],
      ],
      { result: "met", observed: 20, samples: 120 },
    ],
    [
      "have too few samples together",
      {},
      [
        [10, 40],
        [20, 40],
      ],
      { result: "unmeasured", samples: 80 },
    ],
    [
      "have percentiles that are never merged: the worst counts",
      {},
      [
        [10, 900],
        [60, 100],
      ],
      { result: "missed", observed: 60 },
    ],
    [
      "have counts that add up",
      { metric: "events_published", statistic: "count", comparison: ">=", bound: 100, floor: 1 },
      [
        [60, 60],
        [40, 40],
      ],
      { result: "met", observed: 100 },
    ],
    [
      "may each allow what all together do not",
      { metric: "dropped_iterations", statistic: "count", comparison: "<=", bound: 5, floor: 1 },
      [
        [3, 100],
        [4, 100],
      ],
      { result: "missed", observed: 7 },
    ],
    [
      "drop nothing where k6 counted nothing",
      { metric: "dropped_iterations", statistic: "count", comparison: "<=", bound: 0, floor: 1 },
      [
        [null, 100],
        [null, 100],
      ],
      { result: "met", observed: 0 },
    ],
    [
      "have shares that are weighted by their samples",
      { metric: "ws_error_rate", statistic: "rate", bound: 0.1 },
      [
        [0.3, 100],
        [0, 900],
      ],
      { result: "met", observed: 0.03, samples: 1_000 },
    ],
    [
      "have one account between them",
      { metric: "account_lost", statistic: "count", comparison: "==", bound: 0, floor: 1 },
      [
        [7, 500],
        [7, 500],
      ],
      { observed: 7, samples: 500, result: "missed" },
    ],
    [
      "are as late as the latest",
      { metric: "offered_rate_share", statistic: "value", comparison: ">=", bound: 0.99, floor: 1 },
      [
        [1, 10],
        [0.5, 10],
      ],
      { observed: 0.5, result: "missed" },
    ],
    [
      "are unmeasured where none has a value",
      {},
      [
        [null, 0],
        [null, 0],
      ],
      { observed: null, result: "unmeasured" },
    ],
  ])("%s", (_, changes, seen, row) => {
    const objective = slo(changes);
    expect(judgeInstances([objective], processes(objective, seen)).rows).toEqual([expect.objectContaining(row)]);
  });

  test("meet a bound of a percentile only when all their samples together do", () => {
    const parts = fc.array(fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 50 }), {
      minLength: 1,
      maxLength: 5,
    });
    const p99 = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.ceil(all.length * 0.99) - 1] as number;
    fc.assert(
      fc.property(parts, fc.nat({ max: 100 }), (all, bound) => {
        const objective = slo({ bound, floor: 1 });
        const seen = all.map((part) => [p99(part), part.length] as const);
        const [row] = judgeInstances([objective], processes(objective, seen)).rows;
        if (row?.result === "met") expect(p99(all.flat())).toBeLessThan(bound);
        expect(row?.samples).toBe(all.flat().length);
      }),
    );
  });
});

test("who is to blame is judged over all processes, as of one", () => {
  const unsent = slo({ metric: "events_unsent", statistic: "count", comparison: "==", bound: 0, floor: 1 });
  const process = (waiting: number, waited: number | null) => ({
    events_unsent: { count: waiting },
    events_unsent_samples: { count: 500 },
    events_offered: { count: 500 },
    unsent_waiting: { count: waiting },
    ...(waited === null ? {} : { publisher_waited_ms: { min: waited, max: waited } }),
  });
  const judged = (...processes: ReturnType<typeof process>[]) => {
    const { verdict, reasons } = judgeInstances([unsent], processes);
    return [verdict, reasons.map(({ text }) => text)];
  };
  expect(judged(process(0, null), process(40, 20))).toEqual([
    "INVALID",
    ["no publisher was free: WORKERS is too low for answers that take 20 ms or more: 40 of 1,000 events were not sent"],
  ]);
  expect(judged(process(30, 2_000), process(40, 20))).toEqual([
    "FAIL",
    ["every publisher was waiting for the target's answers: 70 of 1,000 events were not sent"],
  ]);
});

test("latencies of several processes are merged by what each knows of its own, as one would have seen them all", () => {
  const known = (count: number, by: number) => ({
    publish_ack_latency_ms: {
      count,
      min: 0,
      med: 50 * by,
      max: 100 * by,
      ...Object.fromEntries(GRID.map((place) => [`p(${place})`, place * by])),
    },
    publish_ack_latency_ms_samples: { count },
  });
  const merged = mergedLatencies([known(9_000, 1), known(1_000, 10), { publish_ack_latency_ms: { count: 0 } }]);
  expect(Object.keys(merged)).toEqual(["publish_ack_latency_ms"]);
  // Of 9,000 below 100 and 1,000 evenly up to 1,000, half lie below 55 and one in twenty above 500.
  expect(merged["publish_ack_latency_ms"]).toEqual({
    count: 10_000,
    med: expect.closeTo(54.95, 0),
    "p(95)": expect.closeTo(500, 0),
    "p(99)": expect.closeTo(900, 0),
  });
});

describe("what a process said of its own row", () => {
  const share = slo({ metric: "events_refused", statistic: "rate", comparison: "==", bound: 0, floor: 1 });
  const own = (one: Slo, changes: Partial<SloResult>): SloResult => {
    const [row] = judge([{ slo: one, observed: 60, samples: 100 }]).rows as [SloResult];
    return { ...row, ...changes };
  };

  test("is evidence of what all missed together", () => {
    const seen = processes(share, [
      [0, 100],
      [0.1, 100],
    ]);
    const { reasons } = judgeInstances([share], seen, undefined, [
      own(share, {}),
      own(share, { evidence: "stream is full: 10" }),
    ]);
    expect(reasons).toMatchObject([{ metric: "events_refused", evidence: "stream is full: 10" }]);
  });

  test("is a doubt of it where it was late itself, and of no other objective", () => {
    const latency = slo({});
    const seen = processes(latency, [
      [60, 100],
      [60, 100],
    ]);
    const late = { uncertainty: 40, doubt: "this machine was late itself" };
    const judged = (row: SloResult) => judgeInstances([latency], seen, undefined, [row]).rows[0];
    expect(judged(own(latency, late))).toMatchObject({ result: "unmeasured", doubt: late.doubt });
    expect(judged(own(latency, { ...late, objective: "p(95) < 25" }))).toMatchObject({ result: "missed", doubt: null });
  });
});
