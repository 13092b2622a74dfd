/** A health monitor's answer about the processes that it watches, over a period. */
export interface HealthAnswer {
  readonly watched: readonly WatchedHealth[];
}

/** One watched process, with its descendants. */
export interface WatchedHealth {
  readonly process: string;
  readonly samples: number;
  /** Samples that include memory: not every page of metrics has it. */
  readonly memorySamples: number;
  /** Processes that ended, whether they were replaced or not. */
  readonly deaths: number;
  /** The highest memory above the initial one; null without samples. */
  readonly growthMb: number | null;
  readonly leak: Leak;
}

/** Whether memory rises without end. */
export interface Leak {
  readonly finding: "leaking" | "steady" | "too few samples";
  /** MB per minute: the most likely slope and its 95 % confidence interval. Null with too few samples. */
  readonly slope: { readonly likely: number; readonly low: number; readonly high: number } | null;
}
