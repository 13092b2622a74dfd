/** A board as a page that a person can read in review: panels, queries, units and objectives. */
import { expression } from "../../slo.ts";
import type { Board, Panel } from "./board.ts";
import type { Language } from "./language.ts";

const LOOKS = { lines: "lines", bars: "bars", value: "one value", heatmap: "heatmap" };

/** Renders a board in all languages as Markdown. */
export function previewOf(board: Board, languages: readonly Language[]): string {
  const lines = [`# ${board.title}`, "", board.description, ""];
  for (const language of languages) {
    const chosen = Object.entries(language.choices(board.test ?? undefined));
    lines.push(`Chosen above the board, on ${language.title}:`, "");
    lines.push(...chosen.map(([name, query]) => `- \`$${name}\`: \`${query}\``), "");
    lines.push(`Marked on every panel, on ${language.title}:`, "");
    lines.push(...Object.entries(language.marks).map(([mark, query]) => `- ${mark}: \`${query}\``), "");
  }
  for (const row of board.rows) {
    lines.push(`## ${row.title}`, "");
    for (const panel of row.panels) lines.push(...panelLines(panel, languages), "");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

function panelLines(panel: Panel, languages: readonly Language[]): string[] {
  const { title, description, look, unit, series, objectives } = panel;
  const held = objectives.map((slo) => `\`${expression(slo)}\` else ${slo.miss}`);
  const shown = objectives.length > 3 ? [] : [...new Set(held)];
  return [
    `### ${title}`,
    "",
    `${LOOKS[look]}, unit ${unit}${shown.length > 0 ? `, held to ${shown.join(", ")}` : ""}. ${sentence(description)}`,
    "",
    ...series.flatMap((each, place) => [
      `- ${each.legend}${objectives.length > 3 && objectives[place] ? `, else ${objectives[place].miss}` : ""}`,
      ...languages.map((language) => `  - ${language.title}: \`${language.query(panel, each)}\``),
    ]),
  ];
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return first.endsWith(".") ? first : `${first}.`;
}
