import type { Bursts } from "../core/bursts.ts";
import { Growth } from "../core/growth.ts";
import { Histogram } from "../core/histogram.ts";
import { Tail } from "../core/tail.ts";
import { Timeline } from "../core/timeline.ts";
import { Looks } from "./looks.ts";

/** Paths with their own histogram, which takes about 100 kB; a run may have ten thousand paths. */
const NAMED = 50;

/** Name of the histogram that all other paths share. */
export const OTHERS = "others";

/** The latencies of one path, or of the others together. */
export interface PathLatencies {
  readonly path: string;
  /** As hdr-histogram's compressed text, in microseconds. */
  readonly histogram: string;
}

/** Measurements of first deliveries on paths that select them, expected or not: latency, path and second. */
export class Deliveries {
  readonly timeline = new Timeline();
  readonly growth = new Growth();
  readonly tail = new Tail();
  /** The looks that found them, at far ends that are looked at again and again. */
  readonly looks = new Looks();
  /** Null for loads without bursts. */
  bursts: Bursts | null = null;
  /** The latencies of all paths together. */
  readonly total = new Histogram();
  private readonly byPath = new Map<string, Histogram>();

  /**
   * Enters a delivery.
   *
   * @param latency ms from publishing to arrival; NaN where unknown.
   * @param at Unix ms of its arrival.
   * @param seq the event, if known and the load may have bursts.
   */
  record(path: string, latency: number, at: number, seq?: number): void {
    if (Number.isNaN(latency)) {
      // Its arrival time is unknown, so the tail of the load is measured without it.
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

  /** Latencies by path: the first paths by name, the others merged. */
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
