import { boards } from "./boards.ts";
import { dashboardOf, uidOf } from "./dashboard.ts";
import { influxql } from "./influxql.ts";
import type { Language } from "./language.ts";
import { promql } from "./promql.ts";

export const LANGUAGES: readonly Language[] = [influxql, promql];

/** All generated files, by path. */
export function dashboardFiles(root: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const board of boards(root)) {
    for (const language of LANGUAGES) {
      const json = JSON.stringify(dashboardOf(board, language), null, 2);
      files.set(`dist/grafana/${language.name}/${uidOf(board, language)}.json`, `${json}\n`);
    }
  }
  return files;
}
