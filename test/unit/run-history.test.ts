/** The history of runs: what is read, how runs are put together, and what the table and the page show. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Entry, parseEntry, readEntries } from "../../cli/history/entry.ts";
import { renderHistoryPage } from "../../cli/history/page.tsx";
import { linearScale, logScale } from "../../cli/history/scale.ts";
import { seriesOf } from "../../cli/history/series.ts";
import { renderHistory } from "../../cli/history/table.ts";
import { resultOf } from "./results.ts";

const RESULT = resultOf();

const entry = (changes: Partial<Entry> = {}): Entry => ({
  run: "demo-1",
  subject: "pipeline",
  scenario: "smoke",
  verdict: "PASS",
  reason: null,
  startedAt: Date.UTC(2026, 10, 21, 11, 35),
  parameters: {},
  versions: { throughline: "0.1.0", k6: "v1.8.1" },
  loaded: true,
  lost: 0,
  expected: 1_000,
  latency: { p50: 3, p95: 7, p99: 12 },
  measures: "deliveries",
  rate: 500.2,
  requestedRate: 500,
  report: null,
  ...changes,
});
const later = (minutes: number, changes: Partial<Entry> = {}) =>
  entry({ run: `demo-${minutes}`, startedAt: entry().startedAt + minutes * 60_000, ...changes });

/** A folder with files, by their paths in it. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-history-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

describe("records", () => {
  test("are found however deep a CI puts them, the oldest first, each with its report", async () => {
    const older = { ...RESULT, run: "older", startedAt: RESULT.startedAt - 1 };
    const folder = await folderWith({
      "a/result.json": JSON.stringify(RESULT),
      "artifact-7/results/older/result.json": JSON.stringify(older),
      "artifact-7/results/older/report.html": "",
      "empty/receiver.log": "",
    });
    const { entries, skipped } = await readEntries(folder);
    expect(skipped).toEqual([]);
    expect(entries.map(({ run, report }) => [run, report])).toEqual([
      ["older", join(folder, "artifact-7/results/older/report.html")],
      [RESULT.run, null],
    ]);
  });

  test.each<[string, string, string]>([
    ["cut off", JSON.stringify(RESULT).slice(0, 200), "is not a record of a run: "],
    ["empty", "", "is not a record of a run: it is empty"],
    ["of something else", "[]", "is not a record of a run: "],
    ["of another version", JSON.stringify({ ...RESULT, version: 2 }), "version: Invalid type"],
    ["with a moment beyond all calendars", JSON.stringify({ ...RESULT, startedAt: 1e300 }), "startedAt: Invalid value"],
    ["without a verdict", JSON.stringify({ ...RESULT, verdict: "GOOD" }), "verdict: Invalid type"],
  ])("that are %s are left out, with their file and why on one line", async (_, text, why) => {
    const folder = await folderWith({ "bad/result.json": text, "good/result.json": JSON.stringify(RESULT) });
    const { entries, skipped } = await readEntries(folder);
    expect(entries).toHaveLength(1);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]?.reason).toContain(join(folder, "bad/result.json"));
    expect(skipped[0]?.reason).toContain(why);
    expect(skipped[0]?.reason).not.toContain("\n");
  });

  test("of older versions, whose reasons are texts and which lack counts, are shown", () => {
    const { unjudged: _, ...account } = RESULT.account as NonNullable<typeof RESULT.account>;
    const old = { ...RESULT, account, reasons: ["account_lost: 17"], health: undefined, timeline: undefined };
    expect(parseEntry(JSON.stringify(old), "result.json", null)).toMatchObject({ run: RESULT.run, lost: account.lost });
  });

  test("of runs that deliver nothing show how long answers took", () => {
    const metrics = { http_req_duration: { med: 2, "p(95)": 5, "p(99)": 9 } };
    const tests = [{ summary: { scenario: "load", rate: null, metrics } }];
    const bare = { ...RESULT, account: null, tests };
    expect(parseEntry(JSON.stringify(bare), "result.json", null)).toMatchObject({
      scenario: "load",
      lost: null,
      latency: { p50: 2, p95: 5, p99: 9 },
      rate: null,
    });
  });

  test("of runs in which nothing arrived show no latency, although requests were timed", () => {
    const metrics = { http_req_duration: { med: 2, "p(95)": 5, "p(99)": 9 } };
    const latency = { samples: 0, p50: 0, p95: 0, p99: 0 };
    const account = { expected: 75, lost: 75, latency };
    const bare = { ...RESULT, account, tests: [{ summary: { scenario: "smoke", rate: { achieved: 50 }, metrics } }] };
    expect(parseEntry(JSON.stringify(bare), "result.json", null)).toMatchObject({ latency: null, measures: null });
  });

  const NOTHING = { published: 0, expected: 0, lost: 0, latency: { samples: 0, p50: 0, p95: 0, p99: 0 } };
  const idle = { scenario: "smoke", started: false, rate: { achieved: 0 }, metrics: {} };
  test.each<[string, object]>([
    ["never started", { account: NOTHING, cut: "never started", tests: [{ summary: idle }] }],
    ["was refused before k6 could say anything", { account: null, tests: [{ summary: null }] }],
    ["has no test", { account: null, tests: [] }],
    ["was of an older version", { account: NOTHING, tests: [{ summary: idle }] }],
  ])("of a run that %s have no figures", (_, changes) => {
    expect(parseEntry(JSON.stringify({ ...RESULT, ...changes }), "result.json", null)).toMatchObject({
      ...{ loaded: false, lost: null, expected: null, latency: null, rate: null },
    });
  });

  test("of visitors alone have a load, and nothing that could be lost", () => {
    const metrics = { http_req_duration: { med: 2, "p(95)": 5, "p(99)": 9 } };
    const tests = [{ summary: { scenario: "load", started: true, rate: null, metrics } }];
    expect(parseEntry(JSON.stringify({ ...RESULT, account: NOTHING, tests }), "result.json", null)).toMatchObject({
      ...{ loaded: true, lost: null },
    });
  });

  test("of a folder that is not there are refused in one line", async () => {
    await expect(readEntries("/nowhere")).rejects.toThrow(
      /^history \/nowhere: no such folder; throughline run makes it$/,
    );
  });
});

describe("series", () => {
  test("are of one pipeline and profile, the newest first", () => {
    const all = seriesOf([entry(), later(1, { scenario: "load" }), later(2, { subject: "ethhook" }), later(3)]);
    expect(all.map(({ subject, scenario, entries }) => [subject, scenario, entries.length])).toEqual([
      ["pipeline", "smoke", 2],
      ["ethhook", "smoke", 1],
      ["pipeline", "load", 1],
    ]);
  });

  test("never mix the latencies of deliveries and of answers", () => {
    const [mixed] = seriesOf([entry(), later(1, { measures: "answers" }), later(2, { latency: null, measures: null })]);
    expect(mixed?.entries.map(({ latency }) => latency?.p50 ?? null)).toEqual([3, null, null]);
    const [answers] = seriesOf([entry({ measures: "answers" }), later(1, { latency: null, measures: null })]);
    expect(answers?.entries.map(({ latency }) => latency?.p50 ?? null)).toEqual([3, null]);
  });

  test("mark where a version changed, and not where it came to be known", () => {
    const [series] = seriesOf([
      entry({ versions: { k6: "v1.8.1" } }),
      later(1, { versions: { k6: "v1.8.1", throughline: "0.1.0" } }),
      later(2, { versions: { k6: "v2.2.0", throughline: "0.2.0" } }),
      later(3, { versions: { k6: "v2.2.0", throughline: "0.2.0" } }),
    ]);
    expect([...(series?.changes ?? [])]).toEqual([
      [
        2,
        [
          { what: "k6", before: "v1.8.1", after: "v2.2.0" },
          { what: "throughline", before: "0.1.0", after: "0.2.0" },
        ],
      ],
    ]);
  });

  test("mark where another rate was asked for, also after a run without a load", () => {
    const idle = later(2, { loaded: false, rate: null, requestedRate: null });
    const [series] = seriesOf([entry(), later(1), idle, later(3, { requestedRate: 2_000 })]);
    expect([...(series?.changes ?? [])]).toEqual([[3, [{ what: "rate", before: "500/s", after: "2,000/s" }]]]);
  });
});

test("the table has a line for each run and each change", () => {
  const text = renderHistory(
    seriesOf([
      entry(),
      later(1, { verdict: "FAIL", reason: "account_lost: 17", lost: 17, versions: { throughline: "0.2.0" } }),
      later(2, {
        verdict: "INVALID",
        reason: "x".repeat(200),
        lost: null,
        latency: null,
        rate: null,
        versions: { throughline: "0.2.0" },
      }),
    ]),
    2,
  );
  expect(text).toBe(
    `pipeline, smoke: 3 runs: 1 PASS, 1 FAIL, 1 INVALID, the last 2 shown
  started (UTC)     verdict  lost   p50   p95    p99  events/s  run     first reason
  -- throughline 0.1.0 -> 0.2.0
  2026-11-21 11:36  FAIL       17  3 ms  7 ms  12 ms       500  demo-1  account_lost: 17
  2026-11-21 11:37  INVALID     –     –     –      –         –  demo-2  ${"x".repeat(87)}...
`,
  );
});

test.each([
  [[{ text: "account_lost: 5", metric: "account_lost" }, { text: "more" }], "account_lost: 5"],
  [["a text, as older versions wrote it"], "a text, as older versions wrote it"],
  [[], null],
  [undefined, null],
])("of the reasons %j the first is kept", (reasons, first) => {
  expect(parseEntry(JSON.stringify({ ...RESULT, reasons }), "result.json", null).reason).toBe(first);
});

describe("the page", () => {
  const page = (entries: readonly Entry[], skipped: readonly string[] = []) =>
    renderHistoryPage({ series: seriesOf(entries), skipped, style: "", hrefOf: (report) => `../${report}` });

  test("needs nothing else, and runs no script", () => {
    const text = page([entry()]);
    expect(text).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
    expect(text).not.toMatch(/<script|src=|@import|url\(/);
  });

  test("leads to the reports, and says what was left out", () => {
    const text = page([entry({ report: "a/report.html" }), later(1)], ["x/result.json is not a record"]);
    expect(text).toContain('href="../a/report.html"');
    expect(text).toContain("x/result.json is not a record");
  });

  test("shows losses where there are any, and each run's change", () => {
    expect(page([entry(), later(1)])).not.toContain("Lost deliveries");
    const text = page([entry(), later(1, { lost: 3, versions: { throughline: "0.2.0" } })]);
    expect(text).toContain("Lost deliveries");
    expect(text).toContain("throughline 0.1.0 -&gt; 0.2.0".replace("&gt;", ">"));
  });

  test("takes names for text", () => {
    expect(page([entry({ run: "<img onerror=x>" })])).not.toContain("<img");
  });

  test.each([[[]], [[0]], [[1e-9]], [[5, 5]], [[0, 1e12]]])("has an axis for %j", (values: number[]) => {
    for (const scale of [linearScale(values), logScale(values)]) {
      for (const value of values) expect(scale.top(value)).toBeGreaterThanOrEqual(-1e-6);
      for (const { top } of scale.ticks) expect(top).toBeGreaterThanOrEqual(-1e-6);
      for (const { top } of scale.ticks) expect(top).toBeLessThanOrEqual(100 + 1e-6);
    }
  });
});
