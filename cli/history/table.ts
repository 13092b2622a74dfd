import { milliseconds, number } from "../../core/numbers.ts";
import type { Entry } from "./entry.ts";
import { describeChanges, describeVerdicts, type Series, titleOf } from "./series.ts";

const COLUMNS = ["started (UTC)", "verdict", "lost", "p50", "p95", "p99", "events/s", "run", "first reason"] as const;
/** Text is left-aligned, numbers are right-aligned. */
const LEFT = new Set(["started (UTC)", "verdict", "run", "first reason"]);

/** The history for a terminal: a table for each series, latest run last. @param most rows of each table. */
export function renderHistory(all: readonly Series[], most: number): string {
  return `${all.map((series) => renderSeries(series, most)).join("\n\n")}\n`;
}

function renderSeries(series: Series, most: number): string {
  const { entries, changes } = series;
  const first = Math.max(0, entries.length - most);
  const shown = entries.slice(first);
  const rows = [[...COLUMNS], ...shown.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => (LEFT.has(COLUMNS[column] as string) ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number))).join("  ")}`.trimEnd();
  const [head, ...body] = rows.map(line) as [string, ...string[]];
  const lines = body.flatMap((text, place) => {
    const change = changes.get(first + place);
    return change === undefined ? [text] : [`  -- ${describeChanges(change)}`, text];
  });
  const left = first === 0 ? "" : `, the last ${shown.length} shown`;
  return [`${titleOf(series)}: ${describeVerdicts(series)}${left}`, head, ...lines].join("\n");
}

/** In the place of what was lost, where nothing could be. */
export const NO_LOAD = "no load";

function cellsOf({ startedAt, verdict, reason, loaded, lost, latency, rate, run }: Entry): string[] {
  return [
    momentOf(startedAt),
    verdict,
    loaded ? number(lost) : NO_LOAD,
    milliseconds(latency?.p50 ?? null),
    milliseconds(latency?.p95 ?? null),
    milliseconds(latency?.p99 ?? null),
    number(rate === null ? null : Math.round(rate)),
    run,
    shortened(reason),
  ];
}

/** A reason tells its figures last, and a row is one line. */
const LONGEST_REASON = 90;

function shortened(reason: string | null): string {
  if (reason === null || reason.length <= LONGEST_REASON) return reason ?? "";
  return `${reason.slice(0, LONGEST_REASON - 3)}...`;
}

/** `2026-11-21 11:35`, in UTC. */
export function momentOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}
