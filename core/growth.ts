import type { Window } from "./ledger.ts";

/** How much slower a path has become over the load. */
export interface LatencyGrowth {
  /** In ms; 0 where there were fewer than two seconds to compare. */
  readonly ms: number;
  /** Seconds of the load with an arrival. */
  readonly seconds: number;
}

/**
 * Tells a latency that creeps up from one that jumps: only the quickest delivery of each second is kept, which a pause
 * or a few slow deliveries do not change.
 */
export class Growth {
  private readonly quickest = new Map<number, number>();

  /** Enters a delivery. @param at Unix ms of its arrival. */
  record(at: number, latency: number): void {
    const second = Math.floor(at / 1000);
    this.quickest.set(second, Math.min(latency, this.quickest.get(second) ?? Number.POSITIVE_INFINITY));
  }

  /** Compares the last quarter of the load with the first; arrivals after the load are ignored. */
  over(load: Window | null): LatencyGrowth {
    const within = [...this.quickest]
      .filter(([second]) => load !== null && second >= Math.floor(load.from / 1000) && second * 1000 <= load.through)
      .sort(([one], [other]) => one - other)
      .map(([, latency]) => latency);
    if (within.length < 2) return { ms: 0, seconds: within.length };
    const quarter = Math.max(1, Math.floor(within.length / 4));
    const ms = Math.min(...within.slice(-quarter)) - Math.min(...within.slice(0, quarter));
    return { ms, seconds: within.length };
  }
}
