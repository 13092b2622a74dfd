import { describe, expect, test } from "vitest";
import { EXITS } from "../../cli/own/exits.ts";
import { template } from "../../cli/own/templates.ts";
import { renderMarkdown } from "../../cli/report/markdown.ts";
import { renderReport } from "../../cli/report/report.tsx";
import type { Result } from "../../cli/result.ts";
import { answersOf } from "../../core/answers.ts";
import { DELIVERY_LATENCIES } from "../../core/objectives.ts";
import { renderRun, renderSummary } from "../../core/rendering.ts";
import type { Summary } from "../../core/summary.ts";
import { describeUnbounded, unjudgedIn } from "../../core/unbounded.ts";
import { ACCOUNT } from "./records.ts";
import { resultOf } from "./results.ts";

const LOST = { metric: "account_lost" };
const timed = (latency: object, more: object = {}) => ({
  ...ACCOUNT,
  latency: { ...ACCOUNT.latency, p50: 2.5, p95: 4, p99: 9, max: 20, ...latency },
  ...more,
});

describe("a latency without a bound", () => {
  test.each<[string, object, string[], boolean]>([
    ["is not judged", {}, ["account_lost"], true],
    ["is not judged where only its acknowledgement is", {}, ["publish_ack_latency_ms"], true],
    ["of a list is not judged", { farEnd: { kind: "list" } }, ["account_lost"], true],
    ["is judged by p95", {}, ["account_lost", "account_delivery_p95_ms"], false],
    ["is judged as subscribers saw it", {}, ["ws_event_latency_ms"], false],
    ["is no matter where nothing was judged", {}, [], false],
    ["is no matter of counts", { farEnd: { kind: "count" } }, ["account_lost"], false],
    ["is no matter of events without a time", { latency: { ...ACCOUNT.latency, samples: 0 } }, ["account_lost"], false],
    ["is no matter of a system of the suite", { storage: {} }, ["account_lost"], false],
  ])("%s", (_, changes, metrics, is) => {
    const rows = metrics.map((metric) => ({ metric }));
    const measured = { account: { ...ACCOUNT, ...changes } as never, answers: null, rows };
    expect(unjudgedIn(measured)).toBe(is ? "latency" : null);
    expect(describeUnbounded(measured)).toHaveLength(is ? 1 : 0);
  });

  test.each<[string, object, object, RegExp]>([
    ["what was measured", {}, {}, /value < 500" \} in the pipeline sets one; measured: p95 4 ms, p99 9 ms$/],
    [
      "a standstill",
      { p95: 2_519, max: 3_001 },
      {},
      /the slowest took 3,001 ms, 1,200 times the median: some deliver.* up$/,
    ],
    ["no tail where all are slow", { p50: 900, max: 3_000 }, {}, /p99 9 ms$/],
    ["no tail of a few ms", { p50: 0.1, max: 30 }, {}, /p99 9 ms$/],
    ["our own standstill", { max: 3_001 }, { standstill: { ms: 2_900 } }, /the receiver itself stood still for 2.9 s/],
  ])("tells %s", (_, latency, more, words) => {
    expect(describeUnbounded({ account: timed(latency, more), answers: null, rows: [LOST] })[0]).toMatch(words);
  });
});

const terminal = ({ run, verdict, tests, account }: Result) =>
  renderRun({
    run,
    verdict,
    reasons: [],
    tests: tests.flatMap(({ summary }) => summary ?? []) as never,
    account,
  } as never);
const page = (result: Result) =>
  renderReport({ result, compared: { without: "" }, attachments: [], assets: { script: "1", style: "" } });
const markdown = (result: Result) => renderMarkdown(result, { without: "" });

const ANSWERS = { samples: 300, p50: 3, p95: 7, p99: 4_001, max: 4_004 };
const BOUNDED = { metric: "account_delivery_p95_ms" };

describe("the time of answers", () => {
  test.each<[string, string[], "answers" | "latency" | null]>([
    ["is not judged where only that of deliveries is", ["account_delivery_p95_ms"], "answers"],
    ["is a latency as well", ["account_lost"], "latency"],
    ["is judged by its metric", ["account_delivery_p95_ms", "publish_ack_latency_ms"], null],
    ["is judged by a system's own metric", ["account_delivery_p95_ms", "ingest_accepted_latency_ms"], null],
    ["is judged by another system's", ["account_delivery_p95_ms", "signal_latency_ms"], null],
    ["is no matter where nothing was judged", [], null],
  ])("%s", (_, metrics, unjudged) => {
    expect(unjudgedIn({ account: ACCOUNT, answers: ANSWERS, rows: metrics.map((metric) => ({ metric })) })).toBe(
      unjudged,
    );
  });

  test("says which bound it lacks, and how far its slowest is from the median", () => {
    const measured = { account: ACCOUNT, answers: ANSWERS, rows: [BOUNDED] };
    expect(describeUnbounded(measured)).toEqual([
      'answers were not judged: objectives: { publish_ack_latency_ms: "p(95) < 100" } in the pipeline bounds them; ' +
        "the slowest took 4,004 ms, 1,334 times the median: some answers were held up",
    ]);
    expect(describeUnbounded({ ...measured, answers: { ...ANSWERS, max: 30 } })[0]).toMatch(/bounds them$/);
    expect(describeUnbounded({ ...measured, answers: null })).toEqual([]);
    expect(describeUnbounded({ ...measured, rows: [LOST] })).toHaveLength(2);
    expect(describeUnbounded({ account: null, answers: ANSWERS, rows: [BOUNDED] })).toHaveLength(1);
  });

  test("is that of all processes together, and of none that sent nothing", () => {
    const slow = { count: 100, min: 900, med: 1_000, "p(95)": 3_000, "p(99)": 3_900, max: 4_000 };
    const quick = { count: 300, min: 1, med: 2, "p(95)": 4, "p(99)": 9, max: 12 };
    expect(answersOf([{ publish_ack_latency_ms: slow }, {}])).toEqual({
      samples: 100,
      p50: expect.closeTo(1_000),
      p95: expect.closeTo(3_000),
      p99: expect.closeTo(3_900),
      max: 4_000,
    });
    const both = answersOf([{ publish_ack_latency_ms: quick }, { publish_ack_latency_ms: slow }]);
    expect(both).toMatchObject({ samples: 400, max: 4_000 });
    expect(both?.p50).toBeLessThan(12);
    expect(both?.p95).toBeGreaterThan(1_000);
    expect(answersOf([{}, { publish_ack_latency_ms: { count: 0 } }])).toBeNull();
  });
});

describe("a run that passed without a bound on latency", () => {
  /** As a record has it, without the objectives on latency. */
  function unbounded(): Result {
    const result = resultOf({ account: timed({ p95: 2_519, max: 3_001 }) as never });
    const tests = result.tests.map((one) => {
      const rows = one.summary?.rows.filter(({ metric }) => !DELIVERY_LATENCIES.test(metric)) ?? [];
      return { ...one, summary: one.summary && { ...one.summary, rows } };
    });
    return { ...result, tests };
  }
  test("does not claim in its headline that it was judged", () => {
    expect(terminal(unbounded())).toMatch(/^PASS {2}run pipeline-1, latency not judged\n/);
    expect(terminal(resultOf())).toMatch(/^PASS {2}run pipeline-1\n/);
    expect(markdown(unbounded())).toMatch(/^## PASS: pipeline, latency not judged\n/);
    expect(markdown(resultOf())).toMatch(/^## PASS: pipeline\n/);
    expect(page(unbounded())).toContain("None of them bounds latency: not judged.");
    expect(page(resultOf())).not.toContain("None of them bounds latency");
    expect(terminal({ ...unbounded(), verdict: "FAIL" })).toMatch(/^FAIL {2}run pipeline-1\n/);
  });

  test.each([
    ["the terminal", terminal],
    ["Markdown", markdown],
    ["the report", page],
  ])("says in %s what was measured", (_, rendered) => {
    const text = rendered(unbounded()).replaceAll(/\s+/g, " ");
    expect(text).toContain("latency was not judged, for want of a bound");
    expect(text).toContain("the slowest took 3,001 ms, 1,200 times the median");
    expect(rendered(resultOf())).not.toContain("not judged");
  });
});

describe("a run whose answers were slow", () => {
  const values = { count: 300, med: 3, "p(95)": 7, "p(99)": 4_001, max: 4_004 };
  /** As a record has it. @param bounded whether an objective bounds them. */
  function slow(bounded: boolean): Result {
    const result = resultOf({ metrics: { nats: { publish_ack_latency_ms: values } } });
    const tests = result.tests.map((one) => {
      const rows = one.summary?.rows.filter(({ metric }) => bounded || metric !== "publish_ack_latency_ms") ?? [];
      return { ...one, summary: one.summary && { ...one.summary, rows } };
    });
    return { ...result, verdict: "PASS", tests };
  }

  test.each([
    ["the terminal", terminal, "answers p50 3 ms"],
    ["Markdown", markdown, "Answers: p50 3 ms"],
    ["the report", page, "Answers to what was published: p50 3 ms"],
  ])("says in %s how long they took, and that no bound was set", (_, rendered, words) => {
    const times = `${words}, p95 7 ms, p99 4,001 ms, max 4,004 ms of 300`;
    const [open, closed] = [false, true].map((bounded) => rendered(slow(bounded)).replaceAll(/\s+/g, " "));
    expect(open).toContain(times);
    expect(closed).toContain(times);
    expect(open).toContain("the slowest took 4,004 ms, 1,334 times the median: some answers were held up");
    expect(closed).not.toContain("not judged");
  });

  test("does not claim in its headline that they were judged", () => {
    expect(terminal(slow(false))).toMatch(/^PASS {2}run pipeline-1, answers not judged\n/);
    expect(markdown(slow(false))).toMatch(/^## PASS: pipeline, answers not judged\n/);
    expect(page(slow(false))).toContain("None of them bounds the answers: not judged.");
  });

  test("says it without a receiver as well", () => {
    const [summary] = slow(true).tests;
    const told = renderSummary({ ...(summary?.summary as never as Summary), account: null });
    expect(told).toContain("  answers    p50 3 ms, p95 7 ms, p99 4,001 ms, max 4,004 ms of 300\n");
  });
});

test.each(Object.keys(EXITS))("a pipeline file to %s names the usual bounds, to be taken in", (to) => {
  const [line] = template("orders", "http", to).match(/^ *\/\/ objectives: .*$/m) ?? [];
  expect(line).toContain('publish_ack_latency_ms: "p(95) < 100"');
  expect(line?.includes("account_delivery_p95_ms")).toBe(to !== "count");
});
