import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHART_DATA_ID, type Charts } from "../../cli/report/charts.ts";
import { flowOf } from "../../cli/report/flow.ts";
import { ALL_PATHS, latenciesOf, pointsOf } from "../../cli/report/latency.ts";
import { renderMarkdown } from "../../cli/report/markdown.ts";
import { objectivesOf } from "../../cli/report/objectives.ts";
import { renderReport } from "../../cli/report/report.tsx";
import { MOST_POINTS, timelineOf } from "../../cli/report/timeline.ts";
import type { Result } from "../../cli/result.ts";
import { Histogram } from "../../core/histogram.ts";
import { plainReason } from "../../core/reason.ts";
import { HOSTILE, histogramOf, hostile, invalid, lossy, resultOf, STARTED_AT } from "./results.ts";

const WITHOUT = { without: "There is no baseline." };
function html(result: Result): string {
  return renderReport({ result, compared: WITHOUT, attachments: [], assets: { script: "1", style: "" } });
}

function chartsOf(page: string): Charts {
  const [, json] = new RegExp(`id="${CHART_DATA_ID}"[^>]*>(.*?)</script>`, "s").exec(page) ?? [];
  return JSON.parse(json ?? "") as Charts;
}

describe("the HTML report", () => {
  test("is the same for the same record, and whole", () => {
    expect(html(lossy())).toBe(html(lossy()));
    expect(html(lossy())).toMatch(/^<!doctype html>\n<html lang="en">.*<\/html>\n$/s);
  });

  test("loads nothing: no address in it is another file's", () => {
    const page = html(lossy());
    expect([...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, address]) => address)).toEqual([
      expect.stringMatching(/^data:image\/svg/),
    ]);
    expect(page).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
  });

  test("shows texts of the record as text", () => {
    const page = html(hostile());
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain("<img");
    expect(page.match(/onerror=/g)?.length).toBeGreaterThan(5);
    expect(chartsOf(page).curves?.curves[0]?.name).toBe(HOSTILE);
  });

  test.each([
    ["PASS", resultOf(), "Every objective was measured and met."],
    ["FAIL", lossy(), "The target missed 1 of "],
    ["INVALID", invalid(), "It says nothing certain about the target."],
  ])("begins with the verdict: %s", (verdict, result, meaning) => {
    const page = html(result);
    const answer = page.indexOf(`<span class="answer">${verdict}</span>`);
    expect(answer).toBeGreaterThan(0);
    expect(page.indexOf(meaning)).toBeGreaterThan(answer);
    expect(page.indexOf('id="objectives"')).toBeGreaterThan(answer);
    expect(page).toContain(`<title>${verdict} · ${result.run} · Throughline</title>`);
  });

  test("tells every reason, and a next step that several of them share once", () => {
    const reasons = ["first reason", "second reason", "third reason"];
    const nexts = ["look here", "look here", "look there"];
    const page = html({
      ...lossy(),
      reasons: reasons.map((text, place) => plainReason(text, { next: nexts[place] ?? null })),
    });
    for (const reason of reasons) expect(page).toContain(`<p>${reason}</p>`);
    expect(page.match(/<p class="next">look here<\/p>/g)).toHaveLength(1);
    expect(page.match(/<p class="next">look there<\/p>/g)).toHaveLength(1);
  });

  test("tells what a test notes", () => {
    const { tests, ...rest } = lossy();
    const noted = tests.map((one) => ({ ...one, summary: one.summary && { ...one.summary, notes: ["500/s held"] } }));
    expect(html({ ...rest, tests: noted })).toContain(`<p class="quiet">${tests[0]?.test}: 500/s held</p>`);
  });

  test("of a run that recorded nothing says so in every part", () => {
    const nothing = { account: null, latencies: [], timeline: [], health: [], tests: [], verdict: "INVALID" as const };
    const page = html(resultOf({}, { ...nothing, complete: false }));
    for (const word of [
      "no objective",
      "no receiver settled",
      "No latencies",
      "No timeline",
      "No process was watched",
    ]) {
      expect(page).toMatch(new RegExp(word.replace("no objective", "judge an objective")));
    }
    expect(page).toContain("The load did not run to its end");
    expect(Object.values(chartsOf(page))).toEqual([null, null, null, null, null]);
  });

  test.each<[Result["cut"], RegExp]>([
    ["interrupted", /The run was interrupted: the numbers/],
    ["never started", /The load never started\.\s*</],
    ["ended early", /The load did not run to its end: the numbers/],
    [null, /The load did not run to its end: the numbers/],
  ])("of a run that is not complete says why: %s", (cut, words) => {
    const page = html(resultOf({}, { complete: false, cut }));
    expect(page).toMatch(words);
    if (cut !== "interrupted") expect(page).not.toContain("interrupted");
  });

  test("of an hour of a thousand paths stays small", () => {
    const one = histogramOf(1_000, 1);
    const latencies = Array.from({ length: 1_000 }, (_, path) => ({ path: `p/${path}`, histogram: one }));
    const page = html({ ...resultOf({ seconds: 3_600 }), latencies });
    expect(page.length).toBeLessThan(400_000);
  });
});

describe("objectives", () => {
  test("that tests share are one row, and every row of every test is there", () => {
    const result = lossy();
    const objectives = objectivesOf(result);
    const rows = result.tests.flatMap(({ test, summary }) => (summary?.rows ?? []).map((row) => ({ test, ...row })));
    for (const { test, ...row } of rows) {
      expect(objectives.filter((one) => one.tests.includes(test))).toContainEqual(expect.objectContaining(row));
    }
    expect(objectives.flatMap(({ tests }) => tests)).toHaveLength(rows.length);
  });

  test("come in the order missed, not measured, met, with the next step of their reason", () => {
    const objectives = objectivesOf(lossy());
    expect(objectives[0]).toMatchObject({ metric: "account_lost", result: "missed", nextStep: "look at evidence 1" });
    expect(objectives.slice(1).map(({ nextStep }) => nextStep)).toEqual(objectives.slice(1).map(() => null));
  });

  test("of several processes of one test say which", () => {
    const [first] = resultOf().tests;
    const tests = [1, 2].map((instance) => ({ ...(first as Result["tests"][number]), instance }));
    expect(objectivesOf({ ...resultOf(), tests, reasons: [] })[0]?.tests).toEqual(["nats 1", "nats 2"]);
  });
});

test("the top has what was not judged, the clocks, and bounds that were changed, before any reason", () => {
  const base = lossy();
  const tests = base.tests.map((one) => ({
    ...one,
    summary: one.summary && { ...one.summary, changes: ["p95 < 50, not 25"] },
  }));
  const clock = {
    clock: "k6",
    role: "publisher",
    readings: 3,
    uncertainty: 0.25,
    evidence: "known to 0.25 ms",
  } as const;
  const account = { ...(base.account as NonNullable<Result["account"]>), unheard: 7, clocks: [clock] };
  const page = html({ ...base, tests, account });
  const top = page.slice(0, page.indexOf('class="reasons"'));
  for (const text of ["7 with nobody listening", "± 0.25 ms", "p95 &lt; 50, not 25"]) expect(top).toContain(text);
});

test.each([
  [17_758, 17_775, "99.9 %"],
  [312_344, 312_345, "99.99 %"],
  [312_345, 312_345, "100 %"],
  [1, 3, "33.33 %"],
])("%i of %i deliveries are %s", (delivered, expected, text) => {
  const account = { ...(resultOf().account as NonNullable<Result["account"]>), delivered, expected };
  expect(html({ ...resultOf(), account })).toContain(`<dt>delivered</dt><dd>${text} <small>`);
});

test("a run without a load has no figures of deliveries, in any form", () => {
  const nothing = { published: 0, unsent: 0, expected: 0, delivered: 0, lost: 0, offenders: [] };
  const account = { ...(resultOf().account as NonNullable<Result["account"]>), ...nothing };
  const idle = resultOf({}, { account, cut: "never started", complete: false, verdict: "INVALID", latencies: [] });
  const page = html(idle);
  expect(page).toContain("Load: none: no event was published");
  expect(page).not.toMatch(/<dt>(lost|delivered)|account-lost/);
  expect(chartsOf(page).flow).toBeNull();
  expect(renderMarkdown(idle, WITHOUT)).toContain("Load: none: no event was published");
});

test("a run whose publisher told nothing keeps the account of what arrived, in any form", () => {
  const untold = { published: 0, unsent: 0, expected: 0, delivered: 0, lost: 0, offenders: [], unreported: 100 };
  const account = { ...(resultOf().account as NonNullable<Result["account"]>), ...untold };
  const result = resultOf({}, { account, verdict: "INVALID" });
  const page = html(result);
  expect(page).not.toContain("no event was published");
  expect(page).toMatch(/id="account-unreported"[^>]*>.*?100/);
  expect(renderMarkdown(result, WITHOUT)).toMatch(/\| unreported \|[\s\S]* 100 \|/);
});

test("a stall whose effect on latencies nobody can bound is told", () => {
  const standstill = { at: STARTED_AT, ms: 2_300 };
  const account = { ...(resultOf().account as NonNullable<Result["account"]>), standstill };
  const told = "cannot be bounded: the far end was polled, and nobody recorded how often";
  const polled = { ...resultOf(), account: { ...account, farEnd: { kind: "rows" } } };
  expect(html(polled)).toContain(told);
  expect(renderMarkdown(polled, WITHOUT)).toContain(told);
  expect(html({ ...resultOf(), account })).not.toContain("A stall");
});

test.each([true, false])("reordered events are listed only where an order is promised: %s", (ordered) => {
  const base = lossy();
  const account = { ...(base.account as NonNullable<Result["account"]>), ordered };
  expect(html({ ...base, account }).includes("reordered events</th>")).toBe(ordered);
});

describe("latencies by path", () => {
  test("are those of the histogram, slowest first, all paths merged before them", () => {
    const [all, slowest, ...rest] = latenciesOf(resultOf({ paths: 4 }));
    expect(all).toMatchObject({ path: ALL_PATHS, samples: 80_000 });
    expect(slowest?.path).toBe("pipeline-1/4/1");
    expect(rest.map(({ p99 }) => p99)).toEqual(rest.map(({ p99 }) => p99).sort((a, b) => b - a));
  });

  test("agree with the account's own histogram", () => {
    const histogram = new Histogram();
    for (let place = 0; place < 20_000; place++) {
      histogram.record(0.4 + Math.log(1 / (1 - (place + 0.5) / 20_000)) ** 1.6);
    }
    const [path] = latenciesOf({ latencies: [{ path: "a", histogram: histogramOf(20_000, 1) }] });
    const { p50, p95, p99, samples } = histogram.percentiles();
    expect(path).toMatchObject({ p50, p95, p99, samples });
  });

  test("have curves that never fall, to the last sample", () => {
    for (const latency of latenciesOf(resultOf())) {
      const { samples, max } = latency;
      const points = pointsOf(latency);
      expect(points.map(([, ms]) => ms)).toEqual(points.map(([, ms]) => ms).sort((a, b) => a - b));
      expect(points.at(-1)).toEqual([samples, max]);
    }
  });

  test("that cannot be read name their path", () => {
    expect(() => latenciesOf({ latencies: [{ path: "p/7", histogram: "bm90aGluZw==" }] })).toThrow(/path "p\/7"/);
  });
});

describe("the timeline", () => {
  test("keeps sums and worst seconds however long the run is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (seconds) => {
        const result = resultOf({ seconds });
        const timeline = timelineOf(result);
        if (timeline === null) throw new Error("no timeline");
        const { at, step, delivered, p99, backlog } = timeline;
        expect(at.length).toBeLessThanOrEqual(MOST_POINTS);
        const sizes = at.map((_, place) => Math.min(step, seconds - place * step));
        const sum = delivered.reduce<number>((total, value, place) => total + (value ?? 0) * (sizes[place] ?? 0), 0);
        expect(sum).toBeCloseTo(
          result.timeline.reduce((total, one) => total + one.delivered, 0),
          3,
        );
        const most = (values: readonly (number | null)[]) => Math.max(...values.map((value) => value ?? 0));
        expect(most(p99)).toBe(most(result.timeline.map((one) => one.p99)));
        expect(most(backlog)).toBe(most(result.timeline.map((one) => one.backlog)));
      }),
      { numRuns: 25 },
    );
  });

  test("marks the first loss and what happened to processes, those of one second together", () => {
    const result = lossy();
    const health = result.health.map((one) => ({ ...one, events: [{ at: STARTED_AT + 30_100, what: "restarted" }] }));
    expect(timelineOf({ ...result, health })?.marks).toEqual([
      { at: 20.5, what: "first loss on connection 12 (ethereum)" },
      { at: 30.1, what: "k6 nats restarted and 4 more" },
    ]);
  });
});

describe("the flow", () => {
  test("has the numbers of the account, and nothing that did not happen", () => {
    const flow = flowOf(lossy().account as NonNullable<Result["account"]>);
    expect(flow?.nodes.map(({ name, count }) => [name, count])).toEqual([
      ["Published", "60,000"],
      ["Acknowledged", "59,999"],
      ["Unknown", "1"],
      ["Expected", "312,345"],
      ["Beyond expected", "3"],
      ["Delivered", "312,303"],
      ["Lost", "42"],
      ["Duplicated", "3"],
    ]);
  });

  test("has duplicates leave where there are more deliveries than expected, not before", () => {
    const flow = flowOf({ ...lossy().account, misrouted: 2, open: 4 } as NonNullable<Result["account"]>);
    expect(flow?.links.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      "Published > Acknowledged",
      "Published > Unknown",
      "Acknowledged > Expected",
      "Acknowledged > Beyond expected",
      "Expected > Delivered",
      "Expected > Lost",
      "Expected > Still open",
      "Beyond expected > Duplicated",
      "Beyond expected > Misrouted",
    ]);
  });

  test("lets as much out of each step as goes in, in width and in numbers", () => {
    const base = resultOf().account as NonNullable<Result["account"]>;
    const some = fc.oneof(fc.constant(0), fc.nat(20), fc.nat(1e9));
    const parts = fc.record({
      ...{ acknowledged: some, refused: some, unknown: some, delivered: some, lost: some, open: some },
      ...{ duplicated: some, misrouted: some, late: some, astray: some, again: some },
    });
    fc.assert(
      fc.property(parts, ({ astray, again, ...counts }) => {
        const repeated = Math.min(again, counts.duplicated, counts.lost);
        const count = repeated + Math.min(astray, counts.lost - repeated, counts.misrouted);
        const published = counts.acknowledged + counts.refused + counts.unknown;
        const expected = counts.delivered + counts.lost + counts.open;
        const flow = flowOf({ ...base, ...counts, published, expected, detours: { count, repeated, first: [] } });
        fc.pre(flow !== null);
        const { nodes, links } = flow as NonNullable<typeof flow>;
        const numberOf = (name: string) =>
          Number(nodes.find((node) => node.name === name)?.count.replaceAll(",", "") ?? Number.NaN);
        for (const { name } of nodes) {
          const out = links.filter(({ from }) => from === name);
          const into = links.filter(({ to }) => to === name);
          const sum = (widths: typeof links) => widths.reduce((total, { width }) => total + width, 0);
          if (name === "Published") expect(sum(out)).toBeCloseTo(1, 9);
          else if (out.length > 0) expect(sum(out)).toBeCloseTo(sum(into), 9);
          // One event may become several deliveries.
          if (out.length === 0 || name === "Acknowledged") continue;
          expect(out.reduce((total, { to }) => total + numberOf(to), 0)).toBe(numberOf(name));
        }
      }),
    );
  });

  test("of nothing is none", () => {
    expect(flowOf({ ...resultOf().account, published: 0 } as NonNullable<Result["account"]>)).toBeNull();
  });

  test("has only links between nodes, whatever the account", () => {
    const base = resultOf().account as NonNullable<Result["account"]>;
    const counts = fc.record(
      Object.fromEntries(
        (
          [
            "acknowledged",
            "refused",
            "unknown",
            "expected",
            "delivered",
            "lost",
            "duplicated",
            "misrouted",
            "late",
          ] as const
        ).map((key) => [key, fc.oneof(fc.constant(0), fc.nat(1e9))]),
      ),
    );
    fc.assert(
      fc.property(counts, (account) => {
        const flow = flowOf({ ...base, ...account });
        const names = flow?.nodes.map(({ name }) => name) ?? [];
        expect(new Set(names).size).toBe(names.length);
        for (const { from, to, width } of flow?.links ?? []) {
          expect(names).toContain(from);
          expect(names).toContain(to);
          expect(width).toBeGreaterThan(0);
        }
      }),
    );
  });
});
