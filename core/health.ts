/** What a health monitor answers about the processes it watches, over a stretch of time. */
export interface HealthAnswer {
  readonly watched: readonly WatchedHealth[];
}

/** One watched process, with all that belongs to it. */
export interface WatchedHealth {
  readonly process: string;
  readonly samples: number;
  /** Of these, those that tell its memory: not every page of metrics does. */
  readonly memorySamples: number;
  /** Processes that ended, whether or not others took their place. */
  readonly deaths: number;
  /** Memory at its highest above what it was at first; null without samples. */
  readonly growthMb: number | null;
  readonly leak: Leak;
}

/** Whether memory rises and does not stop. */
export interface Leak {
  readonly finding: "leaking" | "steady" | "too few samples";
  /** MB per minute: what is likely, and between what it is with 95 % confidence. Null with too few samples. */
  readonly slope: { readonly likely: number; readonly low: number; readonly high: number } | null;
}
