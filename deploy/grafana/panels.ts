/** Panels of the suite's own metrics: each metric finds its panel by its kind, so that none can be forgotten. */
import { COUNTS, faultNames } from "../../core/counts.ts";
import { FAMILIES, type Metric, type MetricKind, type MetricName, metricOf } from "../../core/metrics.ts";
import { expression, type Slo, sampleCounter } from "../../core/slo.ts";
import { FIGURES, type Figure } from "../../receiver/figures.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";
import type { K6Kind, Panel, Row, Series, Unit } from "./board.ts";
import { type Family, familiesOf } from "./families.ts";

const STORED: Readonly<Record<MetricKind, K6Kind>> = {
  latency: "trend",
  share: "rate",
  count: "counter",
  tally: "counter",
  reading: "gauge",
  moment: "trend",
};

/** What is shown of a metric that is no counter. */
const SHOWN = { share: "rate", reading: "value", moment: "max" } as const;

/** A metric of k6 over time. */
export function k6Series(
  metric: string,
  kind: K6Kind,
  statistic: Extract<Series, { of: "k6" }>["statistic"],
  legend = metric,
): Series {
  return { of: "k6", metric, kind, statistic, legend };
}

/** The percentiles of a Trend over time. */
export function percentiles(metric: string): Series[] {
  return (["p(50)", "p(95)", "p(99)", "max"] as const).map((statistic) =>
    k6Series(metric, "trend", statistic, statistic.replace(/[()]/g, "")),
  );
}

/** Figures of the receiver's account over time. */
export function accountPanel(title: string, figures: readonly Figure[], look: "lines" | "value" = "lines"): Panel {
  return {
    title,
    description: figures.map((figure) => `${figure}: ${FIGURES[figure]}`).join("; "),
    look,
    unit: "short",
    series: figures.map((figure) => ({ of: "account", figure, legend: figure })),
    objectives: [],
    width: 12,
  };
}

const DELIVERY_FAULTS = faultNames().filter((name) => COUNTS[name].of === "deliveries");

/** The whole account of the receiver, with its latencies. */
export const receiverRow: Row = {
  title: "Account: what the receiver knows of every event",
  panels: [
    {
      ...accountPanel("Published", ["published", "acknowledged", "refused", "unknown", "unsent", "contested"]),
      width: 8,
    },
    { ...accountPanel("Delivered", ["expected", "delivered"]), width: 8 },
    { ...accountPanel("Backlog", ["backlog"]), width: 8 },
    accountPanel("Lost and other faults", DELIVERY_FAULTS),
    accountPanel("Not judged, and not ours", ["unheard", "unjudged", "foreign"]),
    accountPanel("Paths", ["paths", "silent"]),
    {
      title: "Delivery latency",
      description: "from publishing to arrival, over all deliveries since the run was opened",
      look: "lines",
      unit: "ms",
      series: ([50, 95, 99] as const).map((percentile) => ({ of: "latency", percentile, legend: `p${percentile}` })),
      objectives: [],
      width: 12,
    },
    {
      title: "Deliveries by latency",
      description: "how many deliveries took how many milliseconds",
      look: "heatmap",
      unit: "short",
      series: [{ of: "buckets", legend: "deliveries" }],
      objectives: [],
      width: 12,
    },
  ],
};

/**
 * The objectives that a test can be held to, by what its script measures: all of a settled run of an
 * open model, whose own number of events a board cannot know.
 */
export function objectivesOf(test: RunnableTest, root: string): readonly Slo[] {
  const measured = familiesOf(test, root).flatMap((family) => Object.keys(FAMILIES[family]));
  return slos(test, { accounted: true, events: 1 }).filter(({ metric }) => measured.includes(metric));
}

/** The value that an objective is judged by, for the time that is shown. */
function judged(slo: Slo): Series {
  const kind = STORED[known(slo.metric).kind];
  return k6Series(slo.metric, kind, slo.statistic, `${slo.metric} ${expression(slo)}`);
}

/** All objectives of a test as one panel, one value each. */
export function verdictPanel(test: RunnableTest, objectives: readonly Slo[]): Panel {
  return {
    title: `Objectives of ${test}`,
    description: "green: met; red: missed; orange: could not be measured. The verdict also asks for enough samples.",
    look: "value",
    unit: "short",
    series: objectives.map((slo) => ({ ...judged(slo), test })),
    objectives,
    width: 24,
  };
}

/** One panel for each objective of a test, with its samples beside it. */
export function objectivesRow(objectives: readonly Slo[]): Row {
  return {
    title: "Objectives",
    panels: objectives.map((slo) => ({
      title: `${slo.metric} ${expression(slo)}`,
      description: `${known(slo.metric).meaning}; ${slo.miss} when missed; needs ${slo.floor} samples`,
      look: "value",
      unit: unitOf(slo.metric),
      series: [
        { ...judged(slo), legend: slo.statistic },
        k6Series(sampleCounter(slo.metric), "counter", "count", "samples"),
      ],
      objectives: [slo],
      width: 6,
    })),
  };
}

/** Everything that a family measures: a panel for each latency, share and reading, and one for all counts. */
export function familyRow(family: Family, objectives: readonly Slo[]): Row {
  const names = Object.keys(FAMILIES[family]) as MetricName[];
  const counts = names.filter((name) => STORED[known(name).kind] === "counter");
  const single = names.filter((name) => !counts.includes(name));
  return {
    title: `Metrics: ${family}`,
    panels: [
      ...single.map((name) => metricPanel(name, objectives)),
      ...(counts.length === 0 ? [] : [countsPanel(`Counts: ${family}`, counts)]),
    ],
  };
}

/** One metric over time, with what it is held to as lines. */
export function metricPanel(name: string, objectives: readonly Slo[] = []): Panel {
  const { kind, meaning } = known(name);
  const own = objectives.filter(({ metric, statistic }) => metric === name && statistic !== "count");
  const statistic = kind in SHOWN ? SHOWN[kind as keyof typeof SHOWN] : "value";
  return {
    title: name,
    description: meaning,
    look: "lines",
    unit: unitOf(name),
    series: kind === "latency" ? percentiles(name) : [k6Series(name, STORED[kind], statistic)],
    objectives: own,
    width: 12,
  };
}

/** Counters, each in bars over time. */
export function countsPanel(title: string, names: readonly MetricName[]): Panel {
  return {
    title,
    description: names.map((name) => `${name}: ${known(name).meaning}`).join("; "),
    look: "bars",
    unit: "short",
    series: names.map((name) => k6Series(name, "counter", "count")),
    objectives: [],
    width: 12,
  };
}

function known(name: string): Metric {
  const metric = metricOf(name);
  if (metric === undefined) throw new Error(`${name}: no metric of that name; docs/metrics.md lists them`);
  return metric;
}

function unitOf(name: string): Unit {
  if (known(name).kind === "share") return "percentunit";
  if (known(name).kind === "latency" || name.endsWith("_ms")) return "ms";
  return name.endsWith("_seconds") ? "s" : "short";
}
