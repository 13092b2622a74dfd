import { describe, expect, test } from "vitest";
import { EXITS } from "../../cli/own/exits.ts";
import { template } from "../../cli/own/templates.ts";
import { renderMarkdown } from "../../cli/report/markdown.ts";
import { renderReport } from "../../cli/report/report.tsx";
import type { Result } from "../../cli/result.ts";
import { DELIVERY_LATENCIES } from "../../core/objectives.ts";
import { renderRun } from "../../core/rendering.ts";
import { describeUnbounded, isUnbounded } from "../../core/unbounded.ts";
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
    expect(isUnbounded({ ...ACCOUNT, ...changes } as never, rows)).toBe(is);
    expect(describeUnbounded({ ...ACCOUNT, ...changes } as never, rows) !== null).toBe(is);
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
    expect(describeUnbounded(timed(latency, more), [LOST])).toMatch(words);
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

  test("does not claim in its headline that it was judged", () => {
    expect(terminal(unbounded())).toMatch(/^PASS {2}run pipeline-1, latency not judged\n/);
    expect(terminal(resultOf())).toMatch(/^PASS {2}run pipeline-1\n/);
    expect(markdown(unbounded())).toMatch(/^## PASS: pipeline, latency not judged\n/);
    expect(markdown(resultOf())).toMatch(/^## PASS: pipeline\n/);
    expect(page(unbounded())).toContain("None of them bounds latency, which was not judged.");
    expect(page(resultOf())).not.toContain("None of them bounds latency");
    expect(terminal({ ...unbounded(), verdict: "FAIL" })).toMatch(/^FAIL {2}run pipeline-1\n/);
  });

  test.each([
    [
      "the terminal",
      (result: Result) => terminal(result).replaceAll(/\s+/g, " "),
      "unbounded latency was not judged, for want of a bound",
    ],
    ["Markdown", markdown, "Latency: not judged, for want of a bound"],
    ["the report", page, "Latency was not judged, for want of a bound"],
  ])("says in %s what was measured", (_, rendered, words) => {
    const text = rendered(unbounded());
    expect(text).toContain(words);
    expect(text).toContain("the slowest took 3,001 ms, 1,200 times the median");
    expect(rendered(resultOf())).not.toContain(words);
  });
});

test.each(Object.keys(EXITS))("a pipeline file to %s names the usual bounds, to be taken in", (to) => {
  const [line] = template("orders", "http", to).match(/^ *\/\/ objectives: .*$/m) ?? [];
  expect(line).toContain('publish_ack_latency_ms: "p(95) < 100"');
  expect(line?.includes("account_delivery_p95_ms")).toBe(to !== "count");
});
