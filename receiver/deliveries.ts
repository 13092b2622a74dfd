import type { Bursts } from "../core/bursts.ts";
import { Growth } from "../core/growth.ts";
import { Histogram } from "../core/histogram.ts";
import { Tail } from "../core/tail.ts";
import { Timeline } from "../core/timeline.ts";

/** Paths with a histogram of their own; each takes about 100 kB, and a run may have ten thousand. */
const NAMED = 50;

/** What the others share. */
export const OTHERS = "others";

/** The latencies of one path, or of all that have none of their own. */
export interface PathLatencies {
  readonly path: string;
  /** As the compressed text of hdr-histogram, in microseconds. */
  readonly histogram: string;
}

/** What is measured of the first deliveries on the paths that select their events, expected or not: their latencies, on which path, and in which second. */
export class Deliveries {
  readonly timeline = new Timeline();
  readonly growth = new Growth();
  readonly tail = new Tail();
  /** Null where the load has none. */
  bursts: Bursts | null = null;
  /** The latencies of all paths together. */
  readonly total = new Histogram();
  private readonly byPath = new Map<string, Histogram>();

  /**
   * Enters one such delivery.
   *
   * @param latency ms from publishing to arrival; not a number where nobody can say.
   * @param at Unix ms of its arrival.
   * @param seq the event, where it is known and the load may have bursts.
   */
  record(path: string, latency: number, at: number, seq?: number): void {
    if (Number.isNaN(latency)) {
      // When it came is not known: what is measured of the end of the load is that of the others.
      this.timeline.delivered(at, null);
      return;
    }
    if (seq !== undefined) this.bursts?.arrived(seq, latency, at);
    this.total.record(latency);
    this.histogramOf(path).record(latency);
    this.timeline.delivered(at, latency);
    this.growth.record(at, latency);
    this.tail.delivered(at);
  }

  /** The latencies by path: the first ones by name, the rest merged. */
  latencies(): PathLatencies[] {
    return [...this.byPath].map(([path, histogram]) => ({ path, histogram: histogram.text() }));
  }

  private histogramOf(path: string): Histogram {
    const known = this.byPath.get(path);
    if (known !== undefined) return known;
    const name = this.byPath.size < NAMED ? path : OTHERS;
    const histogram = this.byPath.get(name) ?? new Histogram();
    this.byPath.set(name, histogram);
    return histogram;
  }
}
