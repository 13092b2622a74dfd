/** Queries for Prometheus, as k6's own `--out experimental-prometheus-rw` and a scrape of the receiver fill it. */
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Panel, Series } from "./board.ts";
import { type Choices, type Language, SOURCE } from "./language.ts";

const DATASOURCE = { type: "prometheus", uid: `\${${SOURCE}}` };

/** The statistics that k6 has to send of each Trend, as the boards use them. */
export const TREND_STATS = "count,min,avg,med,p(95),p(99),max";

const OF_RUN = 'run=~"$testid"';
const MS_PER_SECOND = 1000;

/** k6 exports Trends as gauges in seconds, over everything since the start; of several instances the worst is shown. */
function k6Expression(panel: Panel, { metric, kind, statistic, test }: Extract<Series, { of: "k6" }>): string {
  const labels = `{testid=~"$testid",test=~"${test ?? "$test"}",scenario=~"$scenario"}`;
  const at = (suffix: string) => {
    const selected = `k6_${metric}${suffix}${labels}`;
    // A value for the whole range must not disappear five minutes after the last sample.
    return isOneValue(panel) ? `last_over_time(${selected}[$__range])` : selected;
  };
  const by = panel.look === "runs" ? " by (testid) " : "";
  switch (kind) {
    case "counter":
      return `sum${by}(${at("_total")})`;
    case "gauge":
      return `max${by}(${at("")})`;
    case "rate":
      return `max${by}(${at("_rate")})`;
    case "trend":
      return `max${by}(${at(`_${trendStat(statistic)}`)}) * ${MS_PER_SECOND}`;
  }
}

/** One value for the whole time range, instead of one per moment. */
function isOneValue({ look }: Panel): boolean {
  return look === "value" || look === "runs";
}

function trendStat(statistic: string): string {
  return statistic === "p(50)" ? "med" : statistic.replace(/[()]/g, "");
}

function query(panel: Panel, series: Series): string {
  switch (series.of) {
    case "k6":
      return k6Expression(panel, series);
    case "account":
      return ofReceiver(panel, `throughline_${series.figure}{${OF_RUN}}`);
    case "latency":
      return ofReceiver(panel, `throughline_delivery_latency_ms{${OF_RUN},quantile="${series.percentile / 100}"}`);
    case "buckets":
      return `sum by (le) (increase(throughline_delivery_latency_ms_bucket{${OF_RUN}}[$__rate_interval]))`;
  }
}

/** A receiver that has stopped is not scraped any more, but its runs can still be compared. */
function ofReceiver({ look }: Panel, selected: string): string {
  return look === "runs" ? `last_over_time(${selected}[$__range])` : selected;
}

function target(panel: Panel, series: Series, refId: string) {
  const label = series.of === "k6" ? "testid" : "run";
  const several = panel.look === "runs" || (series.of !== "k6" && panel.look !== "value") ? ` {{${label}}}` : "";
  const built = new DataqueryBuilder()
    .refId(refId)
    .datasource(DATASOURCE)
    .expr(query(panel, series))
    .legendFormat(series.of === "buckets" ? "{{le}}" : series.legend + several);
  if (series.of === "buckets") return built.format(PromQueryFormat.Heatmap).range();
  return isOneValue(panel) ? built.instant() : built.range();
}

function choices(test?: string): Choices {
  return {
    testid: "label_values(k6_iterations_total, testid)",
    ...(test === undefined ? { test: 'label_values(k6_iterations_total{testid=~"$testid"}, test)' } : {}),
    scenario: `label_values(k6_iterations_total{testid=~"$testid",test=~"${test ?? "$test"}"}, scenario)`,
  };
}

/** The first two queries return the moment as value; a fault is marked when its count rises. */
const markQueries = {
  start: `throughline_opened_timestamp_ms{${OF_RUN}}`,
  end: `throughline_settled_timestamp_ms{${OF_RUN}}`,
  fault: `throughline_faults{${OF_RUN}} - throughline_faults{${OF_RUN}} offset 5s > 0`,
};

export const promql: Language = {
  name: "prometheus",
  title: "Prometheus",
  datasource: DATASOURCE,
  query,
  target,
  choices,
  marks: markQueries,
  annotate: (mark, annotation) =>
    annotation
      .expr(markQueries[mark])
      .titleFormat(mark === "fault" ? "{{fault}}" : mark)
      .textFormat("{{run}}")
      .step("1s")
      .useValueForTime(mark !== "fault"),
};
