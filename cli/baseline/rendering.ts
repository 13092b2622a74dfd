/** A comparison as text: for a terminal, for a pull request, or as JSON. */
import type { RootContent } from "mdast";
import { NOTHING, number, several } from "../../core/numbers.ts";
import { code, heading, list, markdown, paragraph, strong, table, text } from "../markdown.ts";
import type { Comparison, ComparisonOutcome, ComparisonRow } from "./comparison.ts";

export const FORMATS = ["table", "markdown", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** One word for each outcome. */
export const OUTCOMES: Readonly<Record<ComparisonOutcome, string>> = {
  same: "ok",
  better: "better",
  worse: "WORSE",
  missing: "MISSING",
  unsure: "too few samples",
};

const HEAD = ["", "measured", "baseline", "this run", "change", "limit"];

/** Writes a comparison, with a line break at its end. */
export function renderComparison(comparison: Comparison, format: Format): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(comparison, null, 2)}\n`;
    case "markdown":
      return markdown(comparisonMarkdown(comparison));
    case "table":
      return comparisonText(comparison);
  }
}

/** The comparison as a section of a Markdown text. */
export function comparisonMarkdown(comparison: Comparison): RootContent[] {
  const { verdict, run, against, reasons, cautions, rows } = comparison;
  return [
    heading(3, `Comparison with the baseline: ${verdict}`),
    paragraph(strong(run), text(` against ${several(against.length, "run")}: ${against.join(", ")}`)),
    ...(reasons.length > 0 ? [list(reasons)] : []),
    ...(cautions.length > 0 ? [list(cautions)] : []),
    table(
      HEAD,
      rows.map((row) => {
        const [outcome = "", name = "", ...numbers] = cellsOf(row);
        return [row.outcome === "worse" ? strong(outcome) : outcome, code(name), ...numbers];
      }),
      ["baseline", "this run", "change", "limit"],
    ),
  ];
}

function comparisonText({ verdict, run, against, reasons, cautions, rows }: Comparison): string {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const aligned = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column < 2 ? cell.padEnd(width) : cell.padStart(width);
  };
  const sections = [
    [
      `${verdict}  run ${run} against ${several(against.length, "run")}: ${against.join(", ")}`,
      ...reasons.map((reason) => `  - ${reason}`),
      ...cautions.map((caution) => `  caution: ${caution}`),
    ],
    cells.map((row) => `  ${row.map(aligned).join("  ")}`.trimEnd()),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** The row as the cells of {@link HEAD}. */
function cellsOf(row: ComparisonRow): string[] {
  const { kind, name, low, high, observed, limit, ratio, outcome } = row;
  const range = low === high ? number(high) : `${number(low)} to ${number(high)}`;
  const named = kind === "latency" ? `${name} (ms)` : name;
  return [OUTCOMES[outcome], named, range, number(observed), changeOf(ratio), number(limit)];
}

/** A ratio such as `x 1.8`; empty inside the baseline's range. */
export function changeOf(ratio: number | null): string {
  return ratio === null || ratio === 1 ? NOTHING : `× ${number(ratio)}`;
}
