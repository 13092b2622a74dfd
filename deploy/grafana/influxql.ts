/** Queries for InfluxDB 1.x, as k6's own `--out influxdb` and the receiver's `--influxdb` fill it. */
import type { Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { ACCOUNT, BUCKETS, MARKS } from "../../receiver/points.ts";
import type { Panel, Series } from "./board.ts";
import { type Choices, type Language, SOURCE } from "./language.ts";

/** A query of Grafana's InfluxDB data source; the SDK has no type for it. */
interface InfluxqlQuery extends Dataquery {
  readonly refId: string;
  readonly query: string;
  readonly rawQuery: true;
  readonly resultFormat: "time_series";
  readonly alias: string;
  readonly datasource: typeof DATASOURCE;
}

const DATASOURCE = { type: "influxdb", uid: `\${${SOURCE}}` };

const OF_RUN = '"testid" =~ /^$testid$/ AND $timeFilter';
const OF_SCENARIO = '"scenario" =~ /^$scenario$/ AND "testid" =~ /^$testid$/ AND $timeFilter';

/** The parts of a query for a series. */
function selection(panel: Panel, series: Series): readonly [field: string, from: string, where: string] {
  switch (series.of) {
    case "k6": {
      const test = series.test === undefined ? '"test" =~ /^$test$/' : `"test" = '${series.test}'`;
      return [aggregate(series), series.metric, `${test} AND ${OF_SCENARIO}`];
    }
    case "account":
      return [`last("${series.figure}")`, ACCOUNT, OF_RUN];
    case "latency":
      return [`last("p${series.percentile}")`, ACCOUNT, OF_RUN];
    case "buckets":
      return [`${panel.look === "heatmap" ? "non_negative_difference" : ""}(last("value"))`, BUCKETS, OF_RUN];
  }
}

function aggregate({ kind, statistic }: Extract<Series, { of: "k6" }>): string {
  const [, percentile] = /^p\((\d+)\)$/.exec(statistic) ?? [];
  if (percentile !== undefined) return `percentile("value", ${percentile})`;
  if (kind === "counter") return 'sum("value")';
  if (kind === "gauge") return 'last("value")';
  return statistic === "max" ? 'max("value")' : 'mean("value")';
}

function query(panel: Panel, series: Series): string {
  const [field, from, where] = selection(panel, series);
  const select = `SELECT ${field} FROM "${from}" WHERE ${where}`;
  if (panel.look === "value") return select;
  if (panel.look === "runs") return `${select} GROUP BY "testid"`;
  const tags = series.of === "buckets" ? ', "ms"' : series.of === "k6" ? "" : ', "testid"';
  return `${select} GROUP BY time($__interval)${tags} fill(none)`;
}

/** Several runs may be selected: series by run are named after it. */
function alias(panel: Panel, series: Series): string {
  if (series.of === "buckets") return "$tag_ms";
  const byRun = panel.look === "runs" || (panel.look !== "value" && series.of !== "k6");
  return byRun ? `${series.legend} $tag_testid` : series.legend;
}

function target(panel: Panel, series: Series, refId: string) {
  const built: InfluxqlQuery = {
    refId,
    query: query(panel, series),
    rawQuery: true,
    resultFormat: "time_series",
    alias: alias(panel, series),
    datasource: DATASOURCE,
    _implementsDataqueryVariant: () => undefined,
  };
  return { build: () => built };
}

function choices(test?: string): Choices {
  const ofTest = test === undefined ? '"test" =~ /^$test$/' : `"test" = '${test}'`;
  return {
    testid: 'SHOW TAG VALUES WITH KEY = "testid"',
    ...(test === undefined
      ? { test: 'SHOW TAG VALUES FROM "iterations" WITH KEY = "test" WHERE "testid" =~ /^$testid$/' }
      : {}),
    scenario: `SHOW TAG VALUES FROM "iterations" WITH KEY = "scenario" WHERE "testid" =~ /^$testid$/ AND ${ofTest}`,
  };
}

const markQueries = {
  start: `SELECT "text" FROM "${MARKS}" WHERE "kind" = 'start' AND ${OF_RUN}`,
  end: `SELECT "text" FROM "${MARKS}" WHERE "kind" = 'end' AND ${OF_RUN}`,
  fault: `SELECT "text" FROM "${MARKS}" WHERE "kind" = 'fault' AND ${OF_RUN}`,
};

export const influxql: Language = {
  name: "influxdb",
  title: "InfluxDB",
  datasource: DATASOURCE,
  query,
  target,
  choices,
  marks: markQueries,
  annotate: (mark, annotation) =>
    annotation.target({
      build: () => {
        const built = {
          refId: mark,
          query: markQueries[mark],
          rawQuery: true,
          textColumn: "text",
          fromAnnotations: true,
          _implementsDataqueryVariant: () => undefined,
        };
        return built;
      },
    }),
};
