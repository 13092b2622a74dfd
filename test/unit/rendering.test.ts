import { describe, expect, test } from "vitest";
import { objectivesOf } from "../../cli/report/objectives.ts";
import type { Result } from "../../cli/result.ts";
import type { Account } from "../../core/account.ts";
import { AS_PLANNED } from "../../core/notes.ts";
import { plainReason } from "../../core/reason.ts";
import { renderRun, renderSummary, samplesOf } from "../../core/rendering.ts";
import { sampleCounter } from "../../core/samples.ts";
import type { SloResult } from "../../core/sloresult.ts";
import { type Summary, type SummaryInput, summarize } from "../../core/summary.ts";
import { slos } from "../../thresholds.ts";
import { ACCOUNT, dataOf, inputOf, type Metrics, OFFENDER, SLOS } from "./records.ts";
import { resultOf } from "./results.ts";

const text = (changes: Partial<SummaryInput> = {}) => renderSummary(summarize(inputOf(changes)));
const withAccount = (changes: Partial<Account>) => text({ account: { ...ACCOUNT, ...changes } });

describe("a test", () => {
  test("reads so", () => {
    expect(text()).toMatchInlineSnapshot(`
      "PASS  nats, scenario smoke, run nightly-7

        rate       1,000/s requested, 1,000/s achieved
        published  60,000 events: 59,999 acknowledged, 0 refused, 1 unknown
        delivered  312,345 of 312,345 expected on 10 subscriptions: 0 lost, 0 duplicated, 0 reordered, 0 misrouted, 0 late
        judged     99.9 % of what was published: 3 unjudged (too near edges, or without a clear answer), 0 published with nobody listening
        latency    p50 2.047 ms, p95 10.24 ms, p99 1,235 ms, max 4,321 ms of 312,348, each ± 0.4 ms by the clocks
        drain      complete: 1,234 were still due at the last publish, the last delivery came 205 ms after it

            test  metric                    objective       observed  samples
        ok  nats  host_shortages            count == 0      0
        ok  nats  script_errors             count == 0      0
        ok  nats  publish_ack_latency_ms    p(99) < 250     125       500
        ok  nats  events_refused            count == 0      0
        ok  nats  events_unknown            count == 0      0
        ok  nats  events_unsent             count == 0      0
        ok  nats  events_offered            count >= 60000  60,000
        ok  nats  account_offered           count >= 60000  60,000
        ok  nats  generator_pause_ms        max < 1000      500
        ok  nats  schedule_delay_ms         p(95) < 200     100       100
        ok  nats  offered_rate_share        value >= 0.99   0.99
        ok  nats  account_settled           value == 1      1
        ok  nats  account_expected          count >= 1      1
        ok  nats  account_unreported        count == 0      0
        ok  nats  account_contested         count == 0      0
        ok  nats  account_lost              count == 0      0
        ok  nats  account_open              count == 0      0
        ok  nats  account_duplicated        count == 0      0
        ok  nats  account_misrouted         count == 0      0
        ok  nats  account_damaged           count == 0      0
        ok  nats  account_contradicted      count == 0      0
        ok  nats  account_silent_paths      count == 0      0
        ok  nats  account_judged_share      value >= 0.9    0.9
        ok  nats  account_clock_doubts      count == 0      0
        ok  nats  account_negative_latency  count == 0      0
        ok  nats  canaries_swallowed        count == 0      0
        ok  nats  account_reordered         count == 0      0
        ok  nats  account_delivery_p95_ms   value < 25      12.5      100
        ok  nats  account_delivery_p99_ms   value < 50      25        500
        ok  nats  account_delivery_p995_ms  value < 100     50        1,000
      "
    `);
  });

  test("starts with the verdict and its reasons", () => {
    const lines = text({ data: dataOf({ account_lost: { values: { count: 2 } } }) }).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "FAIL  nats, scenario smoke, run nightly-7",
      "  - account_lost (expected deliveries that never happened): 2, must be count == 0",
      "",
    ]);
    expect(lines.filter((line) => line.includes("MISSED"))).toEqual([
      expect.stringMatching(/account_lost {2,}count == 0/),
    ]);
  });

  const FAR_END = {
    ...{ pipeline: "own", kind: "rows", paths: [], surplus: null, unread: 0, damaged: 0, refused: {}, vanished: 0 },
    ...{ undated: 0, strays: 0, problem: null },
  };

  test("of events whose contents nobody compared says so, and of others does not", () => {
    expect(withAccount({ farEnd: { ...FAR_END, compared: false } })).toContain(
      "  contents   not compared, for want of a ",
    );
    for (const farEnd of [null, FAR_END, { ...FAR_END, compared: true }]) {
      expect(withAccount({ farEnd })).not.toContain("  contents ");
    }
  });

  test.each<[string, Partial<Account>, string]>([
    ["all", {}, "0 reordered, "],
    ["each publisher", { order: "per publisher", orderedWithin: 10 }, "0 reordered (within each of 10 publishers), "],
    [
      "one publisher",
      { order: "per publisher", orderedWithin: 1, reordered: 2 },
      "2 reordered (within one publisher), ",
    ],
    ["each value", { order: { per: "device" }, reordered: 2 }, "2 reordered (within each device), "],
    ["nobody", { order: "none", ordered: false, reordered: 3 }, "3 reordered (no order is promised), "],
    ["nobody, and was kept", { order: "none", ordered: false }, "0 reordered (no order is promised), "],
  ])("says that order was judged within %s", (_, changes, words) => {
    expect(withAccount(changes)).toContain(words);
  });

  test("of events that were only counted claims nothing that nobody saw", () => {
    const farEnd = { ...FAR_END, kind: "count", surplus: 2, compared: false };
    const lost = { ...OFFENDER, path: "all", lost: 5, lostSeqs: [], firstLostAt: null };
    const latency = { ...ACCOUNT.latency, samples: 0, p50: 0, p95: 0, p99: 0, max: 0 };
    const rendered = withAccount({ farEnd, lost: 5, latency, paths: 1, ordered: false, offenders: [lost] });
    expect(rendered).toContain(
      " expected on 1 path: 5 lost, 2 too many, 0 late\n  counted    only a number is known: ",
    );
    expect(rendered).toContain("  latency    unknown: no delivery was timed\n");
    expect(rendered).toContain("  drain      complete: 1,234 were still due at the last publish\n");
    expect(rendered).toContain("  lost       all: 5 of 30,000\n\n");
    expect(rendered).not.toMatch(/undefined|events *$|misrouted,|p50 0 ms|contents/m);
  });

  test("says what a stall of the receiver did, whatever is judged", () => {
    const standstill = { at: Date.UTC(2026, 0, 1, 12, 0, 3), ms: 2_300, total: 2_300 };
    expect(withAccount({ standstill })).not.toContain("  stall ");
    expect(withAccount({ standstill, farEnd: FAR_END })).toContain(
      "  stall      the receiver stood still for 2.3 s, until 12:00:03Z; how much that added to latencies cannot be bounded:",
    );
  });

  test("marks what could not be measured", () => {
    const data = dataOf({ schedule_delay_ms: { values: {} }, schedule_delay_ms_samples: { values: { count: 7 } } });
    expect(text({ data })).toMatch(/UNMEASURED {2}nats +schedule_delay_ms +p\(95\) < 200 +- +7 of 100 needed\n/);
  });

  test("of nothing that was published says that there was no load, and no figures", () => {
    const nothing = { published: 0, unsent: 0, expected: 0, delivered: 0, acknowledged: 0, unknown: 0, unjudged: 0 };
    const rendered = withAccount({ ...nothing, causes: ["the queue is stopped"] });
    expect(rendered).toContain("  load       none: no event was published, so that nothing is known of deliveries\n");
    expect(rendered).toContain("  cause      the queue is stopped\n");
    expect(rendered).not.toMatch(/^ {2}(published|delivered|judged|latency|drain) /m);
    expect(withAccount({ ...nothing, unsent: 5 })).toContain("5 were due and not sent");
  });

  test.each(["unreported", "misrouted", "duplicated", "late"] as const)(
    "of events that arrived although their publisher told of none keeps the account: %s",
    (count) => {
      const nothing = { published: 0, unsent: 0, expected: 0, delivered: 0, acknowledged: 0, unknown: 0, unjudged: 0 };
      const rendered = withAccount({ ...nothing, [count]: 100 });
      expect(rendered).not.toContain("no event was published");
      expect(rendered).toMatch(/^ {2}published {2}0 events/m);
      expect(rendered).toMatch(count === "unreported" ? /100 that no publisher reported/ : RegExp(`100 ${count}`));
    },
  );

  test("names no run, no rate and no account where there are none", () => {
    const { publishing_seconds: _, ...metrics } = dataOf().metrics;
    const lines = text({ run: null, account: null, data: { ...dataOf(), metrics } });
    expect(lines).toMatch(/^PASS {2}nats, scenario smoke\n/);
    expect(lines).not.toMatch(/^ {2}(rate|published|delivered|latency|drain) /m);
  });

  test("that never started has no table", () => {
    const lines = text({ data: dataOf({ iterations: { values: { count: 0 } } }) });
    expect(lines).toContain("  - the load never started; the error above says why\n");
    expect(lines).not.toContain("objective");
  });

  test.each<[Partial<SloResult>, string]>([
    [{ samples: 510, floor: 1 }, ""],
    [{ samples: 3_000_000, floor: 1 }, ""],
    [{ samples: 1_000, floor: 1_000 }, "1,000"],
    [{ samples: 12, floor: 1_000 }, "12 of 1,000 needed"],
    [{ samples: 0, floor: 1 }, "0 of 1 needed"],
  ])("shows of the samples %j: %j", (row, shown) => expect(samplesOf(row as SloResult)).toBe(shown));

  test.each<[Partial<Account>, string]>([
    [{ backlog: 0, drain: 0 }, "complete: 0 were still due at the last publish\n"],
    [{ backlog: 17, lost: 17, drain: 0, ending: "quiet" }, "quiet: 17 were still due at the last publish, none of"],
    [
      { backlog: 17, lost: 12, drain: 0, ending: "quiet" },
      "17 were still due at the last publish; nothing more arrived",
    ],
    [{ backlog: 1, lost: 0, drain: 40 }, "complete: 1 was still due at the last publish, the last delivery came 40 ms"],
    [{ backlog: 9, lost: 9, drain: 0, ending: "timeout" }, "none of them came; deliveries were still arriving"],
  ])("of the drain of %j tells: %s", (changes, told) =>
    expect(withAccount(changes).replaceAll(/\n {13}/g, " ")).toContain(told),
  );

  test("tells what went as planned behind the figures, and other notes before them", () => {
    const lines = text({ notes: [`${AS_PLANNED}a probe was sent`, "the limit is 5/s"] }).split("\n");
    const placeOf = (words: string) => lines.findIndex((line) => line.includes(words));
    expect(placeOf("the limit is 5/s")).toBe(2);
    expect(placeOf("a probe was sent")).toBeGreaterThan(placeOf("  drain "));
    const run = renderRun({
      run: "a",
      verdict: "PASS",
      reasons: [],
      tests: [summarize(inputOf({ notes: [`${AS_PLANNED}x`, "y"] }))],
    });
    expect(run.indexOf("nats: y")).toBeLessThan(run.indexOf("  published "));
    expect(run.indexOf(`nats: ${AS_PLANNED}x`)).toBeGreaterThan(run.indexOf("  drain "));
  });

  test.each<[string, string, string]>([
    ["a rate that was asked for", text(), "1,000/s requested, 1,000/s achieved\n"],
    ["a rate that was not", text({ requestedRate: null }), "as fast as acknowledged, 1,000/s achieved\n"],
    ["a rate below one", text({ requestedRate: 0.5 }), "0.5/s requested"],
    [
      "the drain",
      text(),
      "complete: 1,234 were still due at the last publish, the last delivery came 205 ms after it\n",
    ],
    ["a drain that never was", withAccount({ ending: null }), "not settled: 1,234 were"],
    [
      "latencies with their samples",
      text(),
      "p50 2.047 ms, p95 10.24 ms, p99 1,235 ms, max 4,321 ms of 312,348, each ± 0.4 ms by the clocks\n",
    ],
    [
      "no percentile above the maximum, at which a bucket ends",
      withAccount({ latency: { ...ACCOUNT.latency, p99: 20.015, max: 20.01 } }),
      "p99 20.01 ms, max 20.01 ms",
    ],
    ["large numbers in groups", withAccount({ published: 1_234_567_890 }), " 1,234,567,890 events"],
    [
      "what became of publishing",
      withAccount({ refused: 6, unknown: 7 }),
      "59,999 acknowledged, 6 refused, 7 unknown\n",
    ],
    [
      "every kind of defect",
      withAccount({ lost: 1, duplicated: 2, reordered: 3, misrouted: 4, late: 5 }),
      ": 1 lost, 2 duplicated, 3 reordered, 4 misrouted, 5 late\n",
    ],
  ])("tells %s", (_, rendered, told) => {
    expect(rendered).toContain(told);
  });

  test("names three paths that lost something, and what and when", () => {
    const fine = { ...OFFENDER, lost: 0, duplicated: 9, duplicatedSeqs: [7, 8], path: "fine" };
    const swapped = { ...OFFENDER, lost: 0, reordered: 2, reorderedSeqs: [120, 9], path: "swapped" };
    expect(withAccount({ offenders: [swapped], ordered: true })).toContain("  reordered  swapped: 2, events 120, 9\n");
    expect(withAccount({ offenders: [swapped], ordered: false })).not.toContain("events 120");
    const rendered = withAccount({
      offenders: [fine, ...[1, 2, 3, 4].map((path) => ({ ...OFFENDER, path: `p/${path}` }))],
    });
    const events = "12345, 12346, 12347, 12348, 12349, 12350, 12351, 12352, 12353, 12354 and 32 more";
    for (const path of ["p/1", "p/2", "p/3"]) {
      expect(rendered).toContain(
        `  lost       ${path}: 42 of 30,000, the first sent at 2026-01-01T12:00:00.500Z\n             events ${events}\n`,
      );
    }
    expect(rendered).not.toMatch(/lost {7}fine|p\/4/);
    expect(rendered).toContain("  duplicated fine: 9, events 7, 8\n");
  });

  test("leaves out a moment that is not known", () => {
    const rendered = withAccount({ offenders: [{ ...OFFENDER, lost: 1, lostSeqs: [5], firstLostAt: null }] });
    expect(rendered).toContain(": 1 of 30,000\n             events 5\n");
  });

  test("tells a long reason on two lines, word by word", () => {
    const rows = slos("websocket", { accounted: false, events: null });
    const lines = text({
      test: "websocket",
      slos: rows,
      data: dataOf({ ws_error_rate_samples: { values: { count: 9 } } }),
    });
    expect(lines).toContain(
      "  - ws_error_rate (operations of a session that failed: connect, subscribe, list, ping, unsubscribe): 9 samples, 100 are\n" +
        "    needed to judge rate == 0",
    );
  });

  test("is nowhere wider than 140 columns, however bad the run was", () => {
    const offender = { ...OFFENDER, path: "0123456789abcdef/1234/12", expected: 1_000_000, lost: 123_456 };
    const offenders = [{ ...offender, lostSeqs: OFFENDER.lostSeqs.map((seq) => seq + 10_000_000) }];
    const counts = {
      published: 3_123_450,
      acknowledged: 3_100_000,
      expected: 3_123_450,
      delivered: 2_811_105,
      paths: 1_000,
    };
    const defects = { lost: 312_345, duplicated: 12_345, reordered: 123, misrouted: 12, late: 1, refused: 20_000 };
    const account: Account = { ...ACCOUNT, ...counts, ...defects, offenders };
    for (const target of ["http", "websocket", "nats"] as const) {
      for (const accounted of [true, false]) {
        const rows = slos(target, { accounted, events: 3_123_450 });
        const bad = Object.fromEntries(
          rows.map(({ metric, statistic }) => [metric, { values: { [statistic]: 123_456.789 } }]),
        );
        const counters = Object.fromEntries(
          rows.map(({ metric }) => [sampleCounter(metric), { values: { count: 99 } }]),
        );
        for (const changes of [{}, bad, counters, { ...bad, ...counters }] as Metrics[]) {
          const rendered = text({ test: target, slos: rows, account, data: dataOf(changes) });
          for (const line of rendered.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
        }
      }
    }
  });
});

describe("a run of several tests", () => {
  const nats = summarize(inputOf());
  const { publishing_seconds: _, ...metrics } = dataOf().metrics;
  const websocket = summarize(
    inputOf({
      test: "websocket",
      slos: SLOS.filter(({ metric }) => /^(account_|script_)/.test(metric)),
      data: { ...dataOf(), metrics },
      account: { ...ACCOUNT, published: 777 },
      requestedRate: null,
    }),
  );
  const rowsOf = (rendered: string) =>
    rendered
      .split("\n")
      .flatMap((line) => / {2}((?:nats|websocket)(?: \+ nats)?) {2,}(\S+)/.exec(line)?.slice(1).join(" ") ?? []);
  const isOfBoth = (metric: string) => websocket.rows.some((row) => row.metric === metric);

  function rendered(...tests: Summary[]): string {
    return renderRun({
      run: "nightly-7",
      verdict: "FAIL",
      reasons: [plainReason("nats: too bad")],
      tests,
      verbose: true,
    });
  }

  test("folds the objectives that are met, and has the others in full", () => {
    const folded = (...tests: Summary[]) => renderRun({ run: "nightly-7", verdict: "PASS", reasons: [], tests });
    const [first, ...others] = nats.rows;
    const told = folded({ ...nats, rows: [{ ...(first as SloResult), result: "missed" }, ...others] });
    expect(rowsOf(told)).toEqual([`nats ${first?.metric}`]);
    const all = others.length;
    expect(told).toContain(`\n  ok  ${all} objectives met (nats ${all}); all of them: report.html, or --verbose\n`);
    expect(folded(websocket, nats)).toMatch(
      /\n {2}ok {2}\d+ objectives met \(websocket \+ nats \d+, nats \d+\); all of them: report.html, or --verbose\n$/,
    );
    expect(folded(websocket, nats).match(/PASS/g)).toHaveLength(1);
  });

  test("that was interrupted has its account so far, and no objectives", () => {
    const cut = { ...ACCOUNT, ending: null, published: 800, unreported: 17, late: 42 };
    const tests = [{ ...nats, account: cut, rows: nats.rows.map((row) => ({ ...row, result: "missed" as const })) }];
    const reasons = [plainReason("interrupted after 8 s")];
    const whole = { run: "nightly-7", verdict: "INVALID", reasons, tests } as const;
    const told = renderRun({ ...whole, interrupted: true });
    expect(told).toMatch(/^INVALID {2}run nightly-7, interrupted\n {2}- interrupted after 8 s\n/);
    expect(told).toMatch(/\n {2}published {2}800 events: /);
    expect(told).toMatch(/\n {2}drain {6}interrupted: /);
    expect(told).toContain(", 42 after the interruption\n");
    expect(told).not.toMatch(/MISSED|objective|judged|no publisher reported/);
    expect(renderRun(whole)).toMatch(/MISSED[\s\S]*account_/);
    expect(renderRun(whole)).toContain("17 that no publisher reported");
  });

  test("starts with the verdict and its reasons, and ends with the verdict", () => {
    const lines = rendered(websocket, nats).split("\n");
    expect(lines.slice(0, 3)).toEqual(["FAIL  run nightly-7", "  - nats: too bad", ""]);
    expect(lines.slice(-3)).toEqual(["", "FAIL  run nightly-7", ""]);
  });

  test("says what each test notes, by what the test is called", () => {
    const tests = [websocket, { ...nats, notes: ["the highest rate that held is 500/s"] }];
    const labelled = renderRun({
      run: "nightly-7",
      verdict: "PASS",
      reasons: [],
      tests,
      labels: ["websocket", "nats 2"],
    });
    expect(labelled).toContain("\n  note       nats 2: the highest rate that held is 500/s\n");
    const command = `they stay: DELETE FROM messages WHERE content LIKE '${"evt_".padEnd(120, "0")}%'`;
    expect(renderRun({ run: "n", verdict: "PASS", reasons: [], tests: [{ ...nats, notes: [command] }] })).toContain(
      command,
    );
  });

  test("has one account, the publisher's, and the objectives of all", () => {
    const both = rendered(websocket, nats);
    expect(both).toContain("60,000 events");
    expect(both).not.toContain("777 events");
    expect(rowsOf(both).sort()).toEqual(
      nats.rows.map(({ metric }) => `${isOfBoth(metric) ? "websocket + nats" : "nats"} ${metric}`).sort(),
    );
  });

  test("counts the objectives that the report lists, also one that only the subscribers have", () => {
    const late = { ...(nats.rows[0] as SloResult), metric: "account_late" };
    const tests = [{ ...websocket, rows: [...websocket.rows, late] }, nats];
    const told = renderRun({ run: "nightly-7", verdict: "PASS", reasons: [], tests });
    const result = resultOf();
    const [first] = result.tests;
    const record = tests.map((summary) => ({ ...first, test: summary.test, summary })) as unknown as Result["tests"];
    const listed = objectivesOf({ ...result, tests: record });
    expect(listed.map(({ metric }) => metric)).toContain("account_late");
    expect(told).toContain(`  ok  ${listed.length} objectives met (`);
  });

  test("names the processes of a test only where they differ", () => {
    const labels = ["nats 1", "nats 2"];
    const [row, ...rows] = nats.rows as [SloResult, ...SloResult[]];
    const other = { ...nats, rows: [{ ...row, observed: 7 }, ...rows] };
    const told = (...tests: Summary[]) => renderRun({ run: "n", verdict: "PASS", reasons: [], tests, labels });
    expect(told(nats, nats)).toContain(`  ok  ${1 + rows.length} objectives met (nats ${1 + rows.length}); `);
    expect(told(nats, other)).toContain(
      `  ok  ${2 + rows.length} objectives met (nats 1 1, nats ${rows.length}, nats 2 1); `,
    );
  });

  test("has an account of its own where nobody published", () => {
    const alone = rendered(websocket);
    expect(alone).toContain("777 events");
    expect(alone).not.toContain("achieved");
    expect(rowsOf(alone)).toEqual(websocket.rows.map(({ metric }) => `websocket ${metric}`));
  });

  test("has the subscribers' account where the publisher has none", () => {
    const unsettled = {
      ...nats,
      account: null,
      rows: nats.rows.filter(({ metric }) => !metric.startsWith("account_")),
    };
    const both = rendered(unsettled, websocket);
    expect(both).toContain("1,000/s achieved");
    expect(both).toContain("777 events");
    expect(rowsOf(both)).toContain("websocket account_lost");
  });

  test("of which no test left a record has reasons alone", () => {
    expect(rendered()).toBe("FAIL  run nightly-7\n  - nats: too bad\n\nFAIL  run nightly-7\n");
  });
});
