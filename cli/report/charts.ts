/** What the report's charts are drawn from: made by the report, embedded in it, read in the browser. */

/** How a node of the flow is meant, which decides its colour. */
export type FlowTone = "path" | "uncertain" | "bad";

/** What happened to the events, as a flow from left to right. */
export interface Flow {
  readonly nodes: readonly {
    readonly name: string;
    /** The exact number, and what is counted where that changes. */
    readonly count: string;
    readonly unit?: string;
    readonly tone: FlowTone;
  }[];
  readonly links: readonly {
    readonly from: string;
    readonly to: string;
    /** Share of all that was published, small ones made large enough to be seen. */
    readonly width: number;
  }[];
}

/** Percentile curves: latency in ms over 1 / (1 - p), so that each decade is another nine. */
export interface Curves {
  readonly curves: readonly {
    readonly name: string;
    readonly points: readonly (readonly [over: number, ms: number])[];
  }[];
}

type Values = readonly (number | null)[];

/** Something that happened at a moment, in seconds since the run began. */
export interface Mark {
  readonly at: number;
  readonly what: string;
}

/** The run second by second; all lists run in step. */
export interface Timeline {
  /** Seconds since the run began. */
  readonly at: readonly number[];
  /** Seconds that one point stands for. */
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

/** What processes used. */
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

/** Everything that is drawn, by the id of the element it is drawn into. */
export interface Charts {
  readonly flow: Flow | null;
  readonly curves: Curves | null;
  readonly timeline: Timeline | null;
  readonly generator: HealthLines | null;
  readonly target: HealthLines | null;
}

/** The element that holds the charts' data. */
export const CHART_DATA_ID = "chart-data";
