/** What a board shows, whatever database it reads: rows of panels, each with its series. */

import type { Slo, Statistic } from "../../core/slo.ts";
import type { Figure } from "../../receiver/figures.ts";

/** How a metric of k6 is stored. */
export type K6Kind = "trend" | "rate" | "counter" | "gauge";

/** A line of a panel. */
export type Series =
  /** A metric of k6, of the chosen run, test and scenario. */
  | {
      readonly of: "k6";
      readonly metric: string;
      readonly kind: K6Kind;
      readonly statistic: Statistic | "p(50)";
      readonly legend: string;
      /** Of this test, whatever is chosen. */
      readonly test?: string;
    }
  /** A figure of the receiver's account. */
  | { readonly of: "account"; readonly figure: Figure; readonly legend: string }
  /** A percentile of the receiver's latencies, in milliseconds. */
  | { readonly of: "latency"; readonly percentile: 50 | 95 | 99; readonly legend: string }
  /** How many of the receiver's latencies lie in which bucket. */
  | { readonly of: "buckets"; readonly legend: string };

/** Grafana's names of the units that are used. */
export type Unit = "ms" | "s" | "percentunit" | "bytes" | "short";

export interface Panel {
  readonly title: string;
  readonly description: string;
  /** Over time, one value for the whole time that is shown, or one such value for each run. */
  readonly look: "lines" | "bars" | "value" | "runs" | "heatmap";
  readonly unit: Unit;
  readonly series: readonly Series[];
  /** What the series are held to: one for each of them, or one for all. */
  readonly objectives: readonly Slo[];
  /** Of 24 columns. */
  readonly width: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Board {
  /** Stable, because addresses hold it; without the database. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Whose board it is; null for those over all tests. */
  readonly test: string | null;
  readonly rows: readonly Row[];
}
