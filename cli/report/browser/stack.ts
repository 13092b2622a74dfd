import type { LineSeriesOption } from "echarts/charts";
import { number } from "../../../core/numbers.ts";
import { compact } from "../../format.ts";
import type { Mark } from "../charts.ts";
import { type Look, label, legend, type Option, tooltip } from "./look.ts";

/** One line of a panel. */
export interface Line {
  readonly name: string;
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
  readonly colour: string;
  readonly filled?: boolean;
}

/** One of several charts below each other with a common time axis. */
export interface Panel {
  readonly title: string;
  readonly scale: "linear" | "log";
  readonly lines: readonly Line[];
}

const LEGEND_PX = 26;
const TITLE_PX = 30;
const BOTTOM_PX = 24;

/** Panels below each other over the seconds of the run; marks cross all of them. */
export function stackOption(panels: readonly Panel[], marks: readonly Mark[], height: number, look: Look): Option {
  const names = [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  const head = LEGEND_PX * (look.narrow ? Math.ceil(names.length / 3) : 1);
  const room = (height - head - BOTTOM_PX) / panels.length;
  const last = panels.length - 1;
  return {
    legend: legend(look, names),
    tooltip: tooltip(look, ""),
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    grid: panels.map((_, place) => ({
      left: 52,
      right: 14,
      top: head + TITLE_PX + place * room,
      height: room - TITLE_PX,
    })),
    xAxis: panels.map((_, place) => ({
      type: "value",
      gridIndex: place,
      min: "dataMin",
      max: "dataMax",
      axisLabel: {
        ...label(look),
        show: place === last,
        // The first and last tick are the ends of the data and may be fractions.
        formatter: (value: number) => (Number.isInteger(value) ? `${number(value)} s` : ""),
        hideOverlap: true,
      },
      axisLine: { onZero: false, lineStyle: { color: look.line } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisPointer: { label: { show: false } },
    })),
    yAxis: panels.map(({ title, scale }, place) => ({
      type: scale === "log" ? "log" : "value",
      gridIndex: place,
      name: title,
      nameLocation: "end",
      nameGap: 10,
      nameTextStyle: { ...label(look), color: look.ink, align: "left", padding: [0, 0, 0, -44] },
      splitNumber: 3,
      axisLabel: { ...label(look), formatter: compact, hideOverlap: true },
      splitLine: { lineStyle: { color: look.line } },
    })),
    series: panels.flatMap(({ lines, scale }, panel) =>
      lines.map((line, place) => seriesOf(line, panel, scale, look, place === 0 ? marks : [])),
    ),
  };
}

function seriesOf(
  line: Line,
  panel: number,
  scale: Panel["scale"],
  look: Look,
  marks: readonly Mark[],
): LineSeriesOption {
  const { name, at, values, colour, filled } = line;
  return {
    type: "line",
    name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    // A logarithmic axis cannot show zero.
    data: values.map(
      (value, place) => [at[place] ?? 0, scale === "log" && value === 0 ? null : value] as [number, number],
    ),
    showSymbol: values.length < 2,
    color: colour,
    lineStyle: { width: 1.75 },
    ...(filled === true ? { areaStyle: { color: colour, opacity: 0.12 } } : {}),
    ...(marks.length > 0
      ? {
          markLine: {
            silent: true,
            symbol: "none",
            label: { show: false },
            lineStyle: { color: look.bad, type: "dashed", width: 1 },
            data: marks.map((mark) => ({ xAxis: mark.at })),
          },
        }
      : {}),
  };
}
