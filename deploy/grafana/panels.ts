/** Panels for the suite's metrics and for the receiver's account. */

import type { Metric, MetricKind } from "../../core/metric.ts";
import { metricOf } from "../../core/metrics.ts";
import { expression, type Slo } from "../../core/slo.ts";
import { FIGURES, type Figure } from "../../receiver/figures.ts";
import { FAMILIES } from "../../systems/metrics.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";
import type { K6Kind, Panel, Series, Unit } from "./board.ts";
import { familiesOf } from "./families.ts";

const STORED: Readonly<Record<MetricKind, K6Kind>> = {
  latency: "trend",
  share: "rate",
  count: "counter",
  tally: "counter",
  reading: "gauge",
  moment: "trend",
};

/** The statistic that is shown of metrics that are not latencies. */
const STATISTIC = { share: "rate", reading: "value", moment: "max", count: "count", tally: "count" } as const;

/** Metrics that are not latencies, one line each. */
export function series(...metrics: readonly string[]): Series[] {
  return metrics.map((metric) => {
    const { kind } = known(metric);
    const statistic = kind === "latency" ? "max" : STATISTIC[kind];
    return { of: "k6", metric, kind: STORED[kind], statistic, legend: metric };
  });
}

/** The percentiles of a latency, one line each. */
export function percentiles(metric: string): Series[] {
  return (["p(50)", "p(95)", "p(99)", "max"] as const).map((statistic) => ({
    of: "k6",
    metric,
    kind: "trend",
    statistic,
    legend: statistic.replace(/[()]/g, ""),
  }));
}

/** Lines over time. A panel of counters has bars. */
export function k6Panel(title: string, lines: readonly Series[], width: number, unit: Unit = "short"): Panel {
  const metrics = new Set(
    lines.flatMap((one) => (one.of === "k6" && metricOf(one.metric) !== undefined ? [one.metric] : [])),
  );
  return {
    title,
    description: [...metrics].map((name) => `${name}: ${known(name).meaning}`).join("; "),
    look: lines.every((one) => one.of === "k6" && one.kind === "counter") ? "bars" : "lines",
    unit,
    series: lines,
    objectives: [],
    width,
  };
}

/** Figures of the receiver's account. */
export function accountPanel(
  title: string,
  figures: readonly Figure[],
  width: number,
  look: "lines" | "value" = "lines",
): Panel {
  return {
    title,
    description: figures.map((figure) => `${figure}: ${FIGURES[figure]}`).join("; "),
    look,
    unit: "short",
    series: figures.map((figure) => ({ of: "account", figure, legend: figure })),
    objectives: [],
    width,
  };
}

/** All metrics of a family in few panels: latencies, shares, readings and counts. */
export function metricsPanels(metrics: readonly string[]): Panel[] {
  const ofKind = (...kinds: readonly MetricKind[]) => metrics.filter((name) => kinds.includes(known(name).kind));
  const latencies = (statistic: "p(50)" | "p(95)" | "p(99)"): Series[] =>
    ofKind("latency").map((metric) => ({ of: "k6", metric, kind: "trend", statistic, legend: metric }));
  return [
    k6Panel("Latencies, p50", latencies("p(50)"), 8, "ms"),
    k6Panel("Latencies, p95", latencies("p(95)"), 8, "ms"),
    k6Panel("Latencies, p99", latencies("p(99)"), 8, "ms"),
    k6Panel("Shares", series(...ofKind("share")), 8, "percentunit"),
    k6Panel("Readings", series(...ofKind("reading")), 8),
    k6Panel("Counts", series(...ofKind("count", "tally")), 8),
  ].filter((panel) => panel.series.length > 0);
}

/**
 * The objectives that a test can have: those of a settled run of an open model. A board cannot know the number of its
 * events.
 */
export function objectivesOf(test: RunnableTest, root: string): readonly Slo[] {
  const measured = familiesOf(test, root).flatMap((family) => Object.keys(FAMILIES[family]));
  return slos(test, { accounted: true, events: 1 }).filter(({ metric }) => measured.includes(metric));
}

/** All objectives of a test in one panel, one value each, coloured by its bound. */
export function verdictPanel(test: RunnableTest, objectives: readonly Slo[]): Panel {
  return {
    title: `Objectives of ${test}`,
    description: "green: met; red: missed; orange: could not be measured. The verdict also asks for enough samples.",
    look: "value",
    unit: "short",
    series: objectives.map((slo) => ({
      of: "k6",
      metric: slo.metric,
      kind: STORED[known(slo.metric).kind],
      statistic: slo.statistic,
      legend: `${slo.metric} ${expression(slo)}`,
      test,
    })),
    objectives,
    width: 24,
  };
}

function known(name: string): Metric {
  const metric = metricOf(name);
  if (metric === undefined) throw new Error(`${name}: no metric of that name; docs/metrics.md lists them`);
  return metric;
}
