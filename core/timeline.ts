import { Histogram } from "./histogram.ts";

/** One second of a run. */
export interface Second {
  /** Unix ms of its start. */
  readonly at: number;
  /**
   * Events sent in this second, and first deliveries on paths that select them, expected or not, that arrived in it.
   */
  readonly published: number;
  readonly delivered: number;
  /** Of the published ones, those that the target acknowledged: all of them unless told. */
  readonly acknowledged?: number;
  /** Deliveries of events sent before its end that had not arrived by then. */
  readonly backlog: number;
  /** Latency of the deliveries that arrived in it, in ms; null without any. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** Seconds that still accept latencies; subscribers report every second, slow ones within ten. */
const OPEN = 30;

/** A day. */
const REMEMBERED = 86_400;

type Latencies = Pick<Second, "p50" | "p95" | "p99" | "max">;
const NOTHING: Latencies = { p50: null, p95: null, p99: null, max: null };

interface Row {
  published: number;
  acknowledged: number;
  delivered: number;
  latencies: Latencies;
}

/**
 * A run second by second. The latencies of a second are a histogram while reports may come, and percentiles afterwards,
 * so that a day takes a few megabytes. Later reports still count as delivered.
 */
export class Timeline {
  private readonly rows = new Map<number, Row>();
  private readonly open = new Map<number, Histogram>();
  private closedThrough = Number.NEGATIVE_INFINITY;
  private newest = Number.NEGATIVE_INFINITY;

  /** Enters events that were sent together, and how many of them were acknowledged. @param at Unix ms of the first. */
  published(at: number, count: number, acknowledged = count): void {
    const row = this.rowOf(Math.floor(at / 1000));
    if (row === null) return;
    row.published += count;
    row.acknowledged += acknowledged;
  }

  /** Enters the first delivery of an event on a path that selects it. @param at Unix ms of its arrival, to the second. @param latency ms; null where it is not known. */
  delivered(at: number, latency: number | null): void {
    const second = Math.floor(at / 1000);
    const row = this.rowOf(second);
    if (row === null) return;
    row.delivered++;
    if (latency !== null && second > this.closedThrough) this.histogramOf(second).record(latency);
  }

  /** @param expected number of expected deliveries by the Unix second of their send. */
  seconds(expected: ReadonlyMap<number, number>): Second[] {
    if (this.rows.size === 0) return [];
    const list: Second[] = [];
    const first = Math.max(Math.min(...this.rows.keys()), this.newest - REMEMBERED);
    let missing = 0;
    for (const [second, count] of expected) if (second < first) missing += count;
    for (let second = first; second <= this.newest; second++) {
      const { published = 0, acknowledged = 0, delivered = 0, latencies = NOTHING } = this.rows.get(second) ?? {};
      missing += (expected.get(second) ?? 0) - delivered;
      const open = this.open.get(second);
      const shown = open === undefined ? latencies : latenciesOf(open);
      const taken = acknowledged === published ? {} : { acknowledged };
      list.push({ at: second * 1000, published, ...taken, delivered, backlog: Math.max(0, missing), ...shown });
    }
    return list;
  }

  /** The entry of a second; null for one that is too far from the others to belong to this run. */
  private rowOf(second: number): Row | null {
    if (this.rows.size > 0 && Math.abs(second - this.newest) > REMEMBERED) return null;
    const known = this.rows.get(second);
    if (known !== undefined) return known;
    const row = { published: 0, acknowledged: 0, delivered: 0, latencies: NOTHING };
    this.rows.set(second, row);
    this.newest = Math.max(this.newest, second);
    if (this.rows.size > REMEMBERED) this.rows.delete(Math.min(...this.rows.keys()));
    return row;
  }

  private histogramOf(second: number): Histogram {
    let histogram = this.open.get(second);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.open.set(second, histogram);
      if (this.open.size > OPEN) this.close(Math.min(...this.open.keys()));
    }
    return histogram;
  }

  private close(second: number): void {
    const row = this.rows.get(second);
    if (row !== undefined) row.latencies = latenciesOf(this.open.get(second) as Histogram);
    this.open.delete(second);
    this.closedThrough = second;
  }
}

function latenciesOf(histogram: Histogram): Latencies {
  const { samples, p50, p95, p99, max } = histogram.percentiles();
  return samples === 0 ? NOTHING : { p50, p95, p99, max };
}
