/** Draws the report's charts, and redraws them when the page's width or theme changes. */
import { LineChart, SankeyChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { CHART_DATA_ID, type Charts } from "../charts.ts";
import { curvesOption } from "./curves.ts";
import { flowOption } from "./flow.ts";
import { healthOption } from "./health.ts";
import { type Look, lookOf, type Option } from "./look.ts";
import { timelineOption } from "./timeline.ts";

use([
  LineChart,
  SankeyChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  AriaComponent,
  SVGRenderer,
]);

// The report itself wrote this data into the page.
const charts = JSON.parse(document.getElementById(CHART_DATA_ID)?.textContent ?? "{}") as Charts;

const draw = {
  flow: drawing(charts.flow, flowOption),
  curves: drawing(charts.curves, curvesOption),
  timeline: drawing(charts.timeline, timelineOption),
  generator: drawing(charts.generator, healthOption),
  target: drawing(charts.target, healthOption),
};

function drawing<Data>(data: Data | null, option: (data: Data, look: Look) => Option) {
  return data === null ? null : (look: Look) => option(data, look);
}

const drawn = Object.entries(draw).flatMap(([id, optionFor]) => {
  const place = document.getElementById(`chart-${id}`);
  return place === null || optionFor === null
    ? []
    : [{ place, optionFor, chart: init(place, null, { renderer: "svg" }) }];
});

function redraw(): void {
  for (const { place, optionFor, chart } of drawn) {
    chart.resize();
    show(chart, optionFor(lookOf(place)));
  }
}

function show(chart: ECharts, option: Option): void {
  // The text alternative is on the element around the chart.
  const common: Option = { animation: false, aria: { enabled: false }, backgroundColor: "transparent" };
  chart.setOption({ ...common, ...option }, { notMerge: true });
}

let asked = 0;
function soon(): void {
  cancelAnimationFrame(asked);
  asked = requestAnimationFrame(redraw);
}

redraw();
addEventListener("resize", soon);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", soon);
// Paper is narrower than the window, and white.
matchMedia("print").addEventListener("change", redraw);
