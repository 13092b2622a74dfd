import type { LineSeriesOption, SankeySeriesOption } from "echarts/charts";
import type { GridComponentOption, LegendComponentOption, TooltipComponentOption } from "echarts/components";
import type { ComposeOption } from "echarts/core";

import { number } from "../../../core/numbers.ts";

/** What the charts of the report may ask of ECharts. */
export type Option = ComposeOption<
  LineSeriesOption | SankeySeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption
>;

/** How a chart is drawn here and now: the colours of the page's style, and the room there is. */
export interface Look {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly surface: string;
  readonly good: string;
  readonly bad: string;
  readonly uncertain: string;
  readonly accent: string;
  /** Colours of ordinary lines, easy to tell apart; the first stands out. */
  readonly series: readonly string[];
  readonly font: string;
  readonly narrow: boolean;
}

const NARROW_PX = 560;

const SERIES = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];

/** Reads the look of an element from the page's style. */
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

/** A box with figures at the pointer. Names in it are escaped by ECharts. */
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

/** A legend that is read from the top left. */
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
