/** The ingestor's part of the summary: responses by class of status, and where messages stayed. */

import type { Account } from "../../core/account.ts";
import { milliseconds, number, several } from "../../core/numbers.ts";
import { toShow } from "../../core/percentiles.ts";

const CLASSES = [
  { status: "2xx", latency: "accepted" },
  { status: "4xx", latency: "refused" },
  { status: "429", latency: "limited" },
  { status: "5xx", latency: "error" },
  { status: "none", latency: "unanswered" },
];

/** Responses by class of status, each with its latencies; nothing for tests without any. */
export function renderStatuses(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): string[] {
  return CLASSES.flatMap(({ status, latency }) => {
    const answers = metrics[`ingest_status_${status}`]?.["count"] ?? 0;
    const times = metrics[`ingest_${latency}_latency_ms`];
    if (answers === 0 || times === undefined) return [];
    const at = (statistic: string) => milliseconds(times[statistic] ?? 0);
    return [
      `  ${status.padEnd(9)}  ${several(answers, "answer")}: mean ${at("avg")}, p50 ${at("med")}, p95 ${at("p(95)")}, ` +
        `p99 ${at("p(99)")}, max ${at("max")}`,
    ];
  });
}

/** Messages between acceptance and table; nothing for an account without a table. */
export function renderStorage(account: Account): string[] {
  const { storage } = account;
  if (storage === null) return [];
  const { queue, growth, worker } = storage;
  const insertion = toShow(storage.insertion);
  const rest =
    queue === null ? "Redis not watched" : `${number(queue.pending)} pending, ${number(queue.buffered)} buffered`;
  const grown =
    growth === null ? "too short to tell a trend" : `growing by ${percent(growth.share)} of what is accepted`;
  const lines = [
    `  stored     ${number(account.acknowledged)} acknowledged = ${several(storage.rows, "row")} + ${rest}; ` +
      `${number(storage.damaged)} damaged (${number(storage.changed)} of them later), ${number(storage.vanished)} vanished`,
    `  inserted   p50 ${milliseconds(insertion.p50)}, p95 ${milliseconds(insertion.p95)}, p99 ${milliseconds(insertion.p99)}, max ${milliseconds(insertion.max)} ` +
      "after publishing, by the row's inserted_at",
    `  backlog    at most ${number(storage.peak)} acknowledged and not stored; ${grown}`,
    queue === null
      ? "  balance    not compared"
      : `  balance    ${several(storage.readings, "reading")} of rows + pending + buffered: ${number(storage.shortfall)} acknowledged missing`,
  ];
  const says = Object.entries(worker).map(([key, value]) => `${key} ${number(value)}`);
  return says.length === 0 ? lines : [...lines, `  worker     says of itself: ${says.join(", ")}`];
}

function percent(share: number): string {
  return `${number(share * 100)} %`;
}
