/** Converts a board to Grafana's dashboard model, with queries in one language. */

import { PanelBuilder as BarsBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as HeatmapBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as LinesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Slo } from "../../core/slo.ts";
import type { Board, Panel } from "./board.ts";
import { annotationsOf, CHOICES, type Language, SOURCE } from "./language.ts";

/** Points are written once a second: a shorter interval would show gaps. */
const SHORTEST_INTERVAL = "1s";

/** Makes the dashboard of a board. */
export function dashboardOf(board: Board, language: Language): Dashboard {
  const builder = new DashboardBuilder(`${board.title} (${language.title})`)
    .uid(uidOf(board, language))
    .description(board.description)
    .tags(["throughline", language.name])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-30m", to: "now" })
    .refresh("5s")
    .timezone("browser")
    .link(
      new DashboardLinkBuilder("Throughline")
        .type(DashboardLinkType.Dashboards)
        .tags(["throughline", language.name])
        .includeVars(true)
        .keepTime(true),
    )
    .annotations(annotationsOf(language))
    .withVariable(new DatasourceVariableBuilder(SOURCE).label("data source").type(language.datasource.type ?? ""));
  for (const [name, query] of Object.entries(language.choices(board.test ?? undefined))) {
    builder.withVariable(
      new QueryVariableBuilder(name)
        .label(CHOICES[name as keyof typeof CHOICES])
        .datasource(language.datasource)
        .query(query)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalDesc)
        .multi(true)
        .includeAll(true)
        .allValue(".*"),
    );
  }
  let id = 0;
  for (const row of board.rows) {
    builder.withRow(new RowBuilder(row.title).id(++id));
    for (const panel of row.panels) builder.withPanel(panelOf(panel, language).id(++id));
  }
  return builder.build();
}

/** The uid of a board, which Grafana uses in URLs. */
export function uidOf(board: Board, language: Language): string {
  return `throughline-${board.name}-${language.name}`;
}

function panelOf(panel: Panel, language: Language) {
  const builder = lookOf(panel)
    .title(panel.title)
    .description(panel.description)
    .datasource(language.datasource)
    .unit(panel.unit)
    .interval(SHORTEST_INTERVAL)
    .height(heightOf(panel))
    .span(panel.width);
  for (const [place, series] of panel.series.entries()) {
    builder.withTarget(language.target(panel, series, refIdOf(place)));
  }
  return builder;
}

/** High enough that every value and bar can be read. */
function heightOf({ look, series }: Panel): number {
  if (look === "value") return Math.max(4, 2 * Math.ceil(series.length / 6));
  return look === "runs" ? Math.max(8, series.length) : 8;
}

function lookOf(panel: Panel): LinesBuilder | StatBuilder | HeatmapBuilder | BarsBuilder {
  switch (panel.look) {
    case "value":
      return objectiveOf(panel);
    case "heatmap":
      return new HeatmapBuilder().calculate(false);
    case "bars":
      return new LinesBuilder().drawStyle(GraphDrawStyle.Bars).fillOpacity(50);
    case "runs":
      return new BarsBuilder()
        .orientation(VizOrientation.Horizontal)
        .displayMode(BarGaugeDisplayMode.Basic)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
    case "lines":
      return linesOf(panel);
  }
}

/** Colours each value by its objective. */
function objectiveOf({ objectives }: Panel): StatBuilder {
  const builder = new StatBuilder()
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .thresholds(absolute([{ value: null, color: "transparent" }]));
  for (const [place, slo] of objectives.entries()) {
    const value = absolute(stepsOf(slo)).build();
    builder.overrideByQuery(refIdOf(place), [{ id: "thresholds", value }]);
  }
  return builder;
}

/** Draws the bounds as lines. */
function linesOf({ objectives }: Panel): LinesBuilder {
  const builder = new LinesBuilder().fillOpacity(0);
  if (objectives.length === 0) return builder;
  const bounds = [...new Set(objectives.map(({ bound }) => bound))].sort((one, other) => one - other);
  const steps = [{ value: null, color: "transparent" }, ...bounds.map((value) => ({ value, color: "red" }))];
  return builder
    .thresholds(absolute(steps))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}

/** Green where an objective is met, red where the target missed it, orange where the run could not be judged. */
export function stepsOf({ comparison, bound, miss }: Slo): Threshold[] {
  const missed = miss === "FAIL" ? "red" : "orange";
  switch (comparison) {
    case "<":
      return [
        { value: null, color: "green" },
        { value: bound, color: missed },
      ];
    case ">=":
      return [
        { value: null, color: missed },
        { value: bound, color: "green" },
      ];
    case "<=":
      return [
        { value: null, color: "green" },
        { value: bound + 0.5, color: missed },
      ];
    case "==":
      // Counts are integers: a value above the bound is at least half of one above it.
      return [
        { value: null, color: bound === 0 ? "green" : missed },
        ...(bound === 0 ? [] : [{ value: bound, color: "green" }]),
        { value: bound + 0.5, color: missed },
      ];
  }
}

function absolute(steps: Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** Grafana's names of queries: A to Z, then AA and so on. */
function refIdOf(place: number): string {
  const letter = String.fromCharCode(65 + (place % 26));
  return place < 26 ? letter : refIdOf(Math.floor(place / 26) - 1) + letter;
}
