/** How quickly the events of bursts arrive, and how long it takes until all have arrived. */
import { Histogram } from "./histogram.ts";

/** Consecutive events of one burst: `from` is included, `to` is not. */
export interface BurstRange {
  readonly from: number;
  readonly to: number;
}

/** What an account says about bursts. */
export interface BurstAccount {
  /** Bursts with at least one arrival, and requested bursts. */
  readonly seen: number;
  readonly asked: number;
  /** Ms from publishing to arrival, over deliveries of bursts. */
  readonly p95: number;
  readonly p99: number;
  readonly samples: number;
  /** Lost deliveries of bursts. */
  readonly lost: number;
  /** The longest time from a burst's last send to its last arrival, in ms. */
  readonly recovery: number;
}

interface BurstSpan {
  lastSend: number;
  lastArrival: number;
}

/** Tracks the bursts of a run by the sequence numbers of their events. */
export class Bursts {
  private readonly ranges: readonly BurstRange[];
  private readonly latencies = new Histogram();
  private readonly seen = new Map<number, BurstSpan>();

  /** @param ranges in ascending order, without overlaps. */
  constructor(ranges: readonly BurstRange[]) {
    this.ranges = ranges;
  }

  /** Enters the first delivery of an event on a path. @param latency in ms. @param at Unix ms. */
  arrived(seq: number, latency: number, at: number): void {
    const place = this.placeOf(seq);
    if (place === null) return;
    this.latencies.record(latency);
    const seen = this.seen.get(place) ?? { lastSend: Number.NEGATIVE_INFINITY, lastArrival: Number.NEGATIVE_INFINITY };
    this.seen.set(place, seen);
    seen.lastSend = Math.max(seen.lastSend, at - latency);
    seen.lastArrival = Math.max(seen.lastArrival, at);
  }

  /** Whether an event belongs to a burst. */
  has(seq: number): boolean {
    return this.placeOf(seq) !== null;
  }

  account(lost: number): BurstAccount {
    const { p95, p99, samples } = this.latencies.percentiles();
    const times = [...this.seen.values()].map(({ lastSend, lastArrival }) => lastArrival - lastSend);
    return {
      seen: this.seen.size,
      asked: this.ranges.length,
      ...{ p95, p99, samples, lost },
      recovery: Math.max(0, ...times),
    };
  }

  private placeOf(seq: number): number | null {
    let [low, high] = [0, this.ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranges[middle] as BurstRange).to <= seq) low = middle + 1;
      else high = middle;
    }
    const range = this.ranges[low];
    return range !== undefined && seq >= range.from ? low : null;
  }
}
