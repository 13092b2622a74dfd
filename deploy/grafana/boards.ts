/** The boards: one to watch a run, one to compare runs, and one for each test with what the first two lack. */
import { COUNT_NAMES, COUNTS, faultNames } from "../../core/counts.ts";
import { sloVariable } from "../../core/slo.ts";
import { FAMILIES, METRICS, type MetricName } from "../../systems/metrics.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import type { Board, Panel, Row, Series } from "./board.ts";
import { BOARD_TESTS, familiesOf } from "./families.ts";
import { accountPanel, k6Panel, metricsPanels, objectivesOf, percentiles, series, verdictPanel } from "./panels.ts";

/** All boards. @param root the folder of the repository. */
export function boards(root: string): Board[] {
  return [watch(root), compare, ...BOARD_TESTS.map((test) => testBoard(test, root))];
}

const names = Object.keys(METRICS) as MetricName[];
const startingWith = (...prefixes: string[]) => names.filter((name) => prefixes.some((one) => name.startsWith(one)));
const shares = names.filter((name) => METRICS[name].kind === "share");

const DELIVERY_FAULTS = faultNames().filter((name) => COUNTS[name].of === "deliveries");

const LATENCY_PERCENTILES: readonly Series[] = ([50, 95, 99] as const).map((percentile) => ({
  of: "latency",
  percentile,
  legend: `p${percentile}`,
}));

/** What became of a run's events. */
export const lostRow: Row = {
  title: "Is anything lost?",
  panels: [
    accountPanel("Faults", DELIVERY_FAULTS, 24, "value"),
    accountPanel("Deliveries", ["expected", "delivered"], 6),
    accountPanel("Backlog", ["backlog"], 6),
    accountPanel("Not judged, and not of this run", ["unheard", "unjudged", "foreign"], 6),
    accountPanel("Paths", ["paths", "silent"], 6),
  ],
};

/** Latencies of deliveries and acknowledgements. */
export const lateRow: Row = {
  title: "How late is it?",
  panels: [
    {
      ...k6Panel("Delivery latency", LATENCY_PERCENTILES, 8, "ms"),
      description: "from publishing to arrival, over all deliveries since the run was opened",
    },
    {
      ...k6Panel("Deliveries by latency", [{ of: "buckets", legend: "deliveries" }], 8),
      description: "how many deliveries took how many milliseconds",
      look: "heatmap",
    },
    k6Panel("Acknowledgement latency", percentiles("publish_ack_latency_ms"), 8, "ms"),
  ],
};

/** Five questions in the order in which somebody who watches a run asks them, in at most 20 panels. */
function watch(root: string): Board {
  const all = BOARD_TESTS.flatMap((test) => objectivesOf(test, root));
  const once = [...new Map(all.map((slo) => [sloVariable(slo), slo])).values()];
  const objectivesOn = (wanted: MetricName) =>
    once.filter(({ metric, statistic }) => metric === wanted && statistic !== "count");
  return {
    name: "watch",
    title: "Throughline: watch a run",
    description: "Is it on schedule, is anything lost, how late, what does the target do, is the generator fit?",
    test: null,
    rows: [
      {
        title: "Is it on schedule?",
        panels: [
          accountPanel(
            "Events",
            COUNT_NAMES.filter((name) => COUNTS[name].of === "events" && name !== "unheard"),
            8,
          ),
          {
            ...k6Panel("Delay of the schedule", percentiles("schedule_delay_ms"), 8, "ms"),
            objectives: objectivesOn("schedule_delay_ms"),
          },
          k6Panel("Not sent in time", series("dropped_iterations", "events_unsent", ...startingWith("unsent_")), 8),
        ],
      },
      lostRow,
      lateRow,
      {
        title: "What does the target do?",
        panels: [
          k6Panel("Shares of failures and of successes", series(...shares), 8, "percentunit"),
          k6Panel("Refusals and outages", series(...REFUSALS), 8),
          k6Panel("Connections", series("ws_active_connections", ...startingWith("ws_connection", "ws_sessions")), 4),
          k6Panel("Processes of the target", series(...(Object.keys(FAMILIES.health) as MetricName[])), 4),
        ],
      },
      {
        title: "Is the generator fit?",
        panels: [
          {
            ...k6Panel("Lag and pauses", [...worst("generator_lag_ms"), ...worst("generator_pause_ms")], 6, "ms"),
            objectives: objectivesOn("generator_lag_ms"),
          },
          k6Panel("Out of resources, and errors of the script", series(...startingWith("host_", "script_")), 6),
          k6Panel("Virtual users", [gauge("vus", "active"), gauge("vus_max", "initialized")], 6),
          k6Panel("Network", [counter("data_sent", "sent"), counter("data_received", "received")], 6, "bytes"),
        ],
      },
    ],
  };
}

/** The refusals of a target, over all transports. */
const REFUSALS = names.filter((name) => METRICS[name].refusal === true);

/** Each panel has a bar for every selected run. */
const compare: Board = {
  name: "compare",
  title: "Throughline: compare runs",
  description: "The runs that are chosen, side by side: choose two or more.",
  test: null,
  rows: [
    {
      title: "What was lost",
      panels: [
        runs(accountPanel("Faults", DELIVERY_FAULTS, 12)),
        runs(accountPanel("Deliveries", ["expected", "delivered", "unjudged"], 12)),
        runs(k6Panel("Counts of the account", accountSeries("count", "tally"), 24)),
      ],
    },
    {
      title: "How late",
      panels: [
        runs(k6Panel("Delivery latency", LATENCY_PERCENTILES, 8, "ms")),
        runs(k6Panel("Acknowledgement latency", percentiles("publish_ack_latency_ms"), 8, "ms")),
        runs(k6Panel("Times of the account", accountSeries("reading").filter(isTime), 8, "ms")),
      ],
    },
    {
      title: "How fast, and how well measured",
      panels: [
        runs(
          k6Panel(
            "Rates and shares of the account",
            accountSeries("reading").filter((one) => !isTime(one)),
            8,
          ),
        ),
        runs(
          k6Panel("Publishers", series(...ofKinds(Object.keys(FAMILIES.publishing), "reading", "count", "tally")), 8),
        ),
        runs(
          k6Panel(
            "Generator",
            [...worst("schedule_delay_ms"), ...worst("generator_lag_ms"), ...worst("generator_pause_ms")],
            8,
            "ms",
          ),
        ),
      ],
    },
  ],
};

/** The metrics and objectives of one test only. */
function testBoard(test: RunnableTest, root: string): Board {
  const own = familiesOf(test, root)
    .filter((family) => !["everywhere", "publishing", "account", "health"].includes(family))
    .flatMap((family) => Object.keys(FAMILIES[family]));
  const objectives = objectivesOf(test, root);
  return {
    name: test,
    title: `Throughline: ${test}`,
    description: `What ${test}.js is held to, and what only it measures.`,
    test,
    rows: [
      { title: "Objectives", panels: [verdictPanel(test, objectives)] },
      { title: `Only of ${test}`, panels: metricsPanels(own).map((panel) => only(test, panel)) },
    ],
  };
}

/** Limits a panel to one test, whatever others the run has. */
export function only(test: RunnableTest, panel: Panel): Panel {
  return { ...panel, series: panel.series.map((one) => (one.of === "k6" ? { ...one, test } : one)) };
}

/** Turns lines over time into one value per run. */
function runs(panel: Panel): Panel {
  return { ...panel, look: "runs" };
}

function ofKinds(all: readonly string[], ...kinds: readonly string[]): MetricName[] {
  return (all as MetricName[]).filter((name) => kinds.includes(METRICS[name].kind));
}

function accountSeries(...kinds: readonly string[]): Series[] {
  return series(...ofKinds(Object.keys(FAMILIES.account), ...kinds));
}

function isTime(one: Series): boolean {
  return one.of === "k6" && one.metric.endsWith("_ms");
}

/** A latency's highest percentile that objectives use. */
function worst(metric: MetricName): Series[] {
  return [{ of: "k6", metric, kind: "trend", statistic: "p(99)", legend: `${metric} p99` }];
}

function gauge(metric: string, legend: string): Series {
  return { of: "k6", metric, kind: "gauge", statistic: "value", legend };
}

function counter(metric: string, legend: string): Series {
  return { of: "k6", metric, kind: "counter", statistic: "count", legend };
}
