/** What happens in the bursts of a load: how quickly their events arrive, and how long it takes until all have. */
import { Histogram } from "./histogram.ts";

/** Consecutive events that are due in one burst: from the first, up to and without the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What is told of the bursts of a run. */
export interface BurstAccount {
  /** Bursts of which something arrived, and that were asked for. */
  readonly seen: number;
  readonly asked: number;
  /** Ms from publishing to arrival, of deliveries of events of bursts. */
  readonly p95: number;
  readonly p99: number;
  readonly samples: number;
  /** Deliveries of events of bursts that are lost. */
  readonly lost: number;
  /** The longest time from the last send of a burst to the last arrival of it, in ms. */
  readonly recovery: number;
}

interface BurstSpan {
  lastSend: number;
  lastArrival: number;
}

/** Follows the bursts of a run, by the numbers of their events. */
export class Bursts {
  private readonly ranges: readonly Range[];
  private readonly latencies = new Histogram();
  private readonly seen = new Map<number, BurstSpan>();

  /** @param ranges in ascending order, and without overlaps. */
  constructor(ranges: readonly Range[]) {
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

  /** Whether an event is due in a burst. */
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
      if ((this.ranges[middle] as Range).to <= seq) low = middle + 1;
      else high = middle;
    }
    const range = this.ranges[low];
    return range !== undefined && seq >= range.from ? low : null;
  }
}
