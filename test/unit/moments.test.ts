/** When an objective was missed, as the report says it and marks it on the timeline. */
import { describe, expect, test } from "vitest";
import { momentOf } from "../../cli/report/moments.ts";
import { renderReport } from "../../cli/report/report.tsx";
import { timelineOf } from "../../cli/report/timeline.ts";
import type { Result } from "../../cli/result.ts";
import { lossy, resultOf, STARTED_AT } from "./results.ts";

describe("the moment of an objective that was missed", () => {
  const missed = (metric: string, objective = "count == 0") => ({ metric, objective, result: "missed" }) as const;
  const second = (at: number, p95: number, backlog: number) => ({
    ...{ at: STARTED_AT + at * 1_000, published: 1, delivered: 1, backlog },
    ...{ p50: 1, p95, p99: 2 * p95, max: 3 * p95 },
  });
  const timeline = [second(0, 5, 1), second(1, 80, 2), second(2, 6, 9)];
  const [nats] = resultOf({
    metrics: {
      nats: { unreachable_at: { min: STARTED_AT + 7_000 }, ws_sessions_lost_at: { min: STARTED_AT + 6_000 } },
    },
  }).tests;
  const result = { ...lossy(), timeline, tests: [nats as Result["tests"][number]] };

  test.each<[string, string, number, string]>([
    ["account_lost", "count == 0", 20.5, "the earliest loss that is known, on connection 12 (ethereum)"],
    ["account_delivery_p95_ms", "value < 50", 1, "p95 of 80 ms, the highest"],
    ["ws_event_latency_ms", "p(99) < 50", 1, "p99 of 160 ms, the highest"],
    ["account_backlog_growth", "value < 0.1", 2, "backlog of 9, the largest"],
    ["ws_sessions_lost", "count == 0", 6, "the first connection was lost"],
    ["events_unsent", "count == 0", 7, "the target could not be reached"],
  ])("%s %s", (metric, objective, at, what) => {
    expect(momentOf(missed(metric, objective), result)).toEqual({ at: STARTED_AT + at * 1_000, what });
  });

  test("is none where the record has no time, or it was met", () => {
    expect(momentOf(missed("account_duplicated"), result)).toBeNull();
    expect(momentOf(missed("schedule_delay_ms", "p(95) < 10"), result)).toBeNull();
    expect(momentOf({ ...missed("account_lost"), result: "met" }, result)).toBeNull();
    expect(momentOf(missed("account_delivery_p95_ms"), { ...result, timeline: [] })).toBeNull();
  });

  test("stands in its row with its evidence, and on the timeline", () => {
    const base = resultOf({ slowness: 30 });
    const tests = base.tests.map((one) => ({
      ...one,
      summary: one.summary && {
        ...one.summary,
        rows: one.summary.rows.map((row) =>
          row.metric === "account_delivery_p95_ms" ? { ...row, result: "missed" as const, evidence: "said so" } : row,
        ),
      },
    }));
    const slow = { ...base, tests };
    const marks = timelineOf(slow)?.marks.map(({ what }) => what) ?? [];
    expect(marks).toContainEqual(expect.stringMatching(/^account_delivery_p95_ms: p95 of .* ms, the highest/));
    const compared = { without: "There is no baseline." };
    const page = renderReport({ result: slow, compared, attachments: [], assets: { script: "1", style: "" } });
    expect(page).toMatch(/account_delivery_p95_ms<\/code>.*?<span class="seen">said so<\/span>.*?href="#timeline"/s);
  });
});
