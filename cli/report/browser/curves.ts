import { number } from "../../../core/numbers.ts";
import type { Curves } from "../charts.ts";
import { type Look, label, legend, type Option, tooltip } from "./look.ts";

/** Latency over 1 / (1 - p), both logarithmic, so that the tail is readable. */
export function curvesOption({ curves }: Curves, look: Look): Option {
  const names = curves.map(({ name }) => name);
  return {
    legend: legend(look, names),
    tooltip: tooltip(look, " ms"),
    grid: { left: 8, right: 18, top: look.narrow ? 24 + 20 * names.length : 52, bottom: 4, containLabel: true },
    xAxis: {
      type: "log",
      min: 1,
      axisLabel: { ...label(look), formatter: percentile, hideOverlap: true },
      axisLine: { lineStyle: { color: look.line } },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: look.line } },
      axisPointer: { label: { formatter: ({ value }) => percentile(Number(value)) } },
    },
    yAxis: {
      type: "log",
      // A name of the axis would stand where a legend of many paths has its second row.
      axisLabel: { ...label(look), formatter: (value: number) => `${number(value)} ms` },
      splitLine: { lineStyle: { color: look.line } },
    },
    series: curves.map(({ name, points }, place) => ({
      type: "line",
      name,
      data: points.map(([over, ms]) => [over, ms]),
      showSymbol: false,
      color: look.series[place % look.series.length] ?? look.accent,
      lineStyle: { width: place === 0 ? 2.5 : 1.25 },
      z: place === 0 ? 3 : 2,
    })),
  };
}

/** The percentile that a value of 1 / (1 - p) stands for: 100 is p99. */
function percentile(over: number): string {
  const digits = Math.max(0, Math.ceil(Math.log10(over)) - 2);
  return `${(100 * (1 - 1 / over)).toFixed(digits)} %`;
}
