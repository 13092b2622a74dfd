/** The boards: one over everything, and one for each test. */
import { METRICS, type MetricName } from "../../core/metrics.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import type { Board, Panel, Row } from "./board.ts";
import { BOARD_TESTS, familiesOf, undeclaredFamilies } from "./families.ts";
import {
  countsPanel,
  familyRow,
  k6Series,
  metricPanel,
  objectivesOf,
  objectivesRow,
  percentiles,
  receiverRow,
  verdictPanel,
} from "./panels.ts";

/** All boards. @param root the folder of the repository. */
export function boards(root: string): Board[] {
  return [overview(root), ...BOARD_TESTS.map((test) => boardOf(test, root))];
}

function overview(root: string): Board {
  return {
    name: "overview",
    title: "Throughline: overview",
    description: "Is every event accounted for, and was the generator fit to say so?",
    test: null,
    rows: [
      {
        title: "Verdict: every objective of every test",
        panels: BOARD_TESTS.map((test) => verdictPanel(test, objectivesOf(test, root))),
      },
      receiverRow,
      { title: "Errors", panels: [sharesPanel(), countsPanel("Faults that were counted", faultCounts(root))] },
      generatorRow(),
      { title: "Generator: our own measures", panels: lagPanels(root) },
      ...undeclaredFamilies(root).map((family) => familyRow(family, [])),
    ],
  };
}

function boardOf(test: RunnableTest, root: string): Board {
  const objectives = objectivesOf(test, root);
  const families = familiesOf(test, root);
  return {
    name: test,
    title: `Throughline: ${test}`,
    description: `What ${test}.js measured, and what it is held to.`,
    test,
    rows: [
      objectivesRow(objectives),
      ...families.filter((family) => family !== "account").map((family) => familyRow(family, objectives)),
      ...(families.includes("account") ? [receiverRow, familyRow("account", objectives)] : []),
      generatorRow(),
    ].map((row) => ({ ...row, panels: row.panels.map((panel) => only(test, panel)) })),
  };
}

/** A panel that shows one test, whatever others the run has. */
export function only(test: RunnableTest, panel: Panel): Panel {
  return { ...panel, series: panel.series.map((series) => (series.of === "k6" ? { ...series, test } : series)) };
}

const names = Object.keys(METRICS) as MetricName[];

/** Every share of failures at once. */
function sharesPanel(): Panel {
  return {
    title: "Shares of failures",
    description: "shares of samples that failed, of all tests",
    look: "lines",
    unit: "percentunit",
    series: names.filter((name) => METRICS[name].kind === "share").map((name) => k6Series(name, "rate", "rate")),
    objectives: [],
    width: 12,
  };
}

/** Counts that every objective wants to be zero, whatever the test. */
function faultCounts(root: string): MetricName[] {
  const zero = BOARD_TESTS.flatMap((test) => objectivesOf(test, root)).filter(
    ({ statistic, comparison, bound }) => statistic === "count" && comparison === "==" && bound === 0,
  );
  return names.filter((name) => zero.some(({ metric }) => metric === name));
}

/** Our own measures of whether the generator kept up. */
function lagPanels(root: string): Panel[] {
  return [
    { ...metricPanel("schedule_delay_ms", objectivesOf("nats", root)), title: "Schedule delay of publishers" },
    { ...metricPanel("generator_lag_ms", objectivesOf("websocket", root)), title: "Lag of subscribers" },
  ];
}

/** What k6 measures of itself. */
export function generatorRow(): Row {
  return {
    title: "Generator",
    panels: [
      {
        title: "Virtual users",
        description: "active, and initialized",
        look: "lines",
        unit: "short",
        series: [k6Series("vus", "gauge", "value", "active"), k6Series("vus_max", "gauge", "value", "initialized")],
        objectives: [],
        width: 6,
      },
      {
        title: "Iterations",
        description: "completed",
        look: "bars",
        unit: "short",
        series: [k6Series("iterations", "counter", "count", "completed")],
        objectives: [],
        width: 6,
      },
      {
        title: "Iteration length",
        description: "time from the start to the end of an iteration",
        look: "lines",
        unit: "ms",
        series: percentiles("iteration_duration"),
        objectives: [],
        width: 6,
      },
      {
        title: "Network",
        description: "bytes that k6 sent and received",
        look: "bars",
        unit: "bytes",
        series: [
          k6Series("data_sent", "counter", "count", "sent"),
          k6Series("data_received", "counter", "count", "received"),
        ],
        objectives: [],
        width: 6,
      },
    ],
  };
}
