import type { LineSeriesOption, SankeySeriesOption } from "echarts/charts";
import type { GridComponentOption, LegendComponentOption, TooltipComponentOption } from "echarts/components";
import type { ComposeOption } from "echarts/core";

import { number } from "../../../core/numbers.ts";

/** The parts of ECharts' options that the report uses. */
export type Option = ComposeOption<
  LineSeriesOption | SankeySeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption
>;

/** How charts are drawn on this page: colours from its CSS, and the available space. */
export interface Look {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly surface: string;
  readonly good: string;
  readonly bad: string;
  readonly uncertain: string;
  readonly accent: string;
  /** Colours of lines, easy to tell apart; the first one stands out. */
  readonly series: readonly string[];
  readonly font: string;
  readonly narrow: boolean;
}

const NARROW_PX = 560;

const SERIES = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];

/** Reads the look from the page's CSS. */
export function lookOf(place: HTMLElement): Look {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: colour("--ink"),
    quiet: colour("--quiet"),
    line: colour("--line"),
    surface: colour("--surface"),
    good: colour("--good"),
    bad: colour("--bad"),
    uncertain: colour("--uncertain"),
    accent: colour("--accent"),
    series: SERIES.map(colour),
    font: style.fontFamily,
    narrow: place.clientWidth < NARROW_PX,
  };
}

/** The style of axis labels and legends. */
export function label(look: Look) {
  return { color: look.quiet, fontFamily: look.font, fontSize: 12 };
}

/** A tooltip with values. ECharts escapes the names in it. */
export function tooltip(look: Look, unit: string): NonNullable<Option["tooltip"]> {
  return {
    trigger: "axis",
    confine: true,
    backgroundColor: look.surface,
    borderColor: look.line,
    textStyle: { color: look.ink, fontFamily: look.font, fontSize: 12 },
    axisPointer: { lineStyle: { color: look.quiet } },
    valueFormatter: (value) => (typeof value === "number" ? `${number(value)}${unit}` : "–"),
  };
}

/** A legend at the top left. */
export function legend(look: Look, names: readonly string[]): NonNullable<Option["legend"]> {
  return {
    type: "plain",
    top: 0,
    left: 0,
    itemWidth: 14,
    itemHeight: 8,
    itemGap: 14,
    icon: "roundRect",
    textStyle: label(look),
    data: names.map((name) => ({ name })),
  };
}
