/** Boards for users' pipelines and endpoints: one for each of their tests. */
import type { NamedTest, TestDefinition } from "../../core/definition.ts";
import type { AnyEndpoints } from "../../core/endpoints.ts";
import { metricOf } from "../../core/metrics.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import type { Slo } from "../../core/slo.ts";
import { FAMILIES } from "../../systems/metrics.ts";
import { defineTestsOf, defineVisitsOf } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";
import type { Board, Row } from "./board.ts";
import { lateRow, lostRow, only } from "./boards.ts";
import { dashboardOf, uidOf } from "./dashboard.ts";
import type { Family } from "./families.ts";
import { LANGUAGES } from "./files.ts";
import { metricsPanels, verdictPanel } from "./panels.ts";

/** The metrics of each kind of test besides its account; visitors have rows of their own. */
const FAMILIES_OF: Readonly<Record<TestDefinition["load"], readonly Family[]>> = {
  publishes: ["everywhere", "publishing", "health"],
  stays: ["everywhere", "websocket", "health"],
  visits: ["everywhere", "health"],
};

/** All boards for a user's file, in each language, by path. */
export function ownBoards(declared: AnyPipeline | AnyEndpoints): Map<string, string> {
  const tests = "endpoints" in declared ? [defineVisitsOf(declared)] : defineTestsOf(declared);
  const files = new Map<string, string>();
  for (const board of tests.map(boardOf)) {
    for (const language of LANGUAGES) {
      const json = JSON.stringify(dashboardOf(board, language), null, 2);
      files.set(`${language.name}/${uidOf(board, language)}.json`, `${json}\n`);
    }
  }
  return files;
}

function boardOf({ name, load }: NamedTest): Board {
  const test = name as RunnableTest;
  const isSettled = load !== "visits";
  const rows = slos(test, { accounted: isSettled, events: load === "publishes" ? 1 : null });
  const objectives = rows.filter(({ metric }) => metricOf(metric) !== undefined);
  const measured: Row[] = [
    { title: "Objectives", panels: [verdictPanel(test, objectives)] },
    ...(load === "visits" ? [answersRow(objectives)] : []),
    ...(isSettled ? [lostRow, lateRow] : []),
    ...FAMILIES_OF[load].map((family) => ({
      title: `Metrics: ${family}`,
      panels: metricsPanels(Object.keys(FAMILIES[family])),
    })),
  ];
  return {
    name,
    title: `Throughline: ${name}`,
    description: `What ${name}.js measured, and what it is held to.`,
    test,
    rows: measured.map((row) => ({ ...row, panels: row.panels.map((panel) => only(test, panel)) })),
  };
}

/** The responses of endpoints: latency and status. */
function answersRow(objectives: readonly Slo[]): Row {
  const metrics = objectives.map(({ metric }) => metric);
  const latencies = [...new Set(metrics)].filter((metric) => metric.startsWith("endpoint_"));
  const statuses = ["2xx", "4xx", "429", "5xx", "none"].map((status) => `http_status_${status}`);
  return { title: "Answers", panels: metricsPanels([...latencies, "http_error_rate", ...statuses]) };
}
