/** Data of the report's charts: made by the report, embedded in the page, read in the browser. */

/** The meaning of a node of the flow; decides its colour. */
export type FlowTone = "path" | "uncertain" | "bad";

/** What happened to the events, as a flow from left to right. */
export interface Flow {
  readonly nodes: readonly {
    readonly name: string;
    /** The exact number, with its unit where that changes. */
    readonly count: string;
    readonly unit?: string;
    readonly tone: FlowTone;
  }[];
  readonly links: readonly {
    readonly from: string;
    readonly to: string;
    /** Share of all published events; small shares are enlarged to stay visible. */
    readonly width: number;
  }[];
}

/** Percentile curves: latency in ms over 1 / (1 - p), so that each decade adds a nine. */
export interface Curves {
  readonly curves: readonly {
    readonly name: string;
    readonly points: readonly (readonly [over: number, ms: number])[];
  }[];
}

type Values = readonly (number | null)[];

/** A marked moment, in seconds since the run began. */
export interface Mark {
  readonly at: number;
  readonly what: string;
}

/** The run second by second; all lists have the same length. */
export interface Timeline {
  /** Seconds since the run began. */
  readonly at: readonly number[];
  /** Seconds per point. */
  readonly step: number;
  /** Per second. */
  readonly published: Values;
  readonly delivered: Values;
  readonly backlog: Values;
  /** Milliseconds. */
  readonly p50: Values;
  readonly p95: Values;
  readonly p99: Values;
  readonly marks: readonly Mark[];
}

/** Resources that the processes used. */
export interface HealthLines {
  readonly processes: readonly {
    readonly name: string;
    readonly at: readonly number[];
    /** Percent of one core. */
    readonly cpu: Values;
    readonly memory: Values;
  }[];
  readonly marks: readonly Mark[];
}

/** All chart data, by the id of the element that shows it. */
export interface Charts {
  readonly flow: Flow | null;
  readonly curves: Curves | null;
  readonly timeline: Timeline | null;
  readonly generator: HealthLines | null;
  readonly target: HealthLines | null;
}

/** The id of the element with the charts' data. */
export const CHART_DATA_ID = "chart-data";
