/** The content of a board, for any database: rows of panels with their series. */

import type { Slo, Statistic } from "../../core/slo.ts";
import type { Figure } from "../../receiver/figures.ts";

/** The kinds of k6's metrics. */
export type K6Kind = "trend" | "rate" | "counter" | "gauge";

/** A line of a panel. */
export type Series =
  /** A metric of k6, for the selected run, test and scenario. */
  | {
      readonly of: "k6";
      readonly metric: string;
      readonly kind: K6Kind;
      readonly statistic: Statistic | "p(50)";
      readonly legend: string;
      /** This test, whatever is selected. */
      readonly test?: string;
    }
  /** A figure of the receiver's account. */
  | { readonly of: "account"; readonly figure: Figure; readonly legend: string }
  /** A percentile of the receiver's latencies, in milliseconds. */
  | { readonly of: "latency"; readonly percentile: 50 | 95 | 99; readonly legend: string }
  /** The distribution of the receiver's latencies over buckets. */
  | { readonly of: "buckets"; readonly legend: string };

/** The units, as Grafana names them. */
export type Unit = "ms" | "s" | "percentunit" | "bytes" | "short";

export interface Panel {
  readonly title: string;
  readonly description: string;
  /** Over time, one value for the whole time range, or one value for each run. */
  readonly look: "lines" | "bars" | "value" | "runs" | "heatmap";
  readonly unit: Unit;
  readonly series: readonly Series[];
  /** Objectives: one for each series, or one for all. */
  readonly objectives: readonly Slo[];
  /** In columns, of 24. */
  readonly width: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Board {
  /** Stable, because URLs contain it; without the name of the database. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The test of the board; null for boards over all tests. */
  readonly test: string | null;
  readonly rows: readonly Row[];
}
