// The package's main entry draws up tables for its logs, 20 ms of CPU at each start of a program.
import { decodeFromCompressedBase64, encodeIntoCompressedBase64 } from "hdr-histogram-js/dist/encoding.js";
import { build } from "hdr-histogram-js/dist/HistogramBuilder.js";
import { rankAmong } from "./rank.ts";

/** Statistics of a distribution of latencies, in milliseconds. */
export interface Percentiles {
  readonly samples: number;
  /** Samples below zero, which clocks that disagree cause. They are counted only here. */
  readonly negative: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p995: number;
  readonly max: number;
}

/** Upper bounds of the exported buckets, in milliseconds. */
const BOUNDS = [0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

/** Number of latencies above the previous bound and not above this one; the last bucket has no bound. */
export interface Bucket {
  readonly above: number;
  readonly through: number | null;
  readonly count: number;
}

const HIGHEST_MICROS = 3_600_000_000;
const SIGNIFICANT_DIGITS = 3;

/**
 * Latencies from 1 microsecond to 1 hour with three significant digits. Histograms merge without loss, so percentiles
 * are read from them and never averaged.
 */
export class Histogram {
  private readonly positive = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROS,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
  private readonly counts = new Array<number>(BOUNDS.length + 1).fill(0);
  private below = 0;

  /** Enters one latency in milliseconds. */
  record(milliseconds: number): void {
    if (milliseconds < 0) {
      this.below++;
      return;
    }
    this.positive.recordValue(bucketable(milliseconds));
    const place = BOUNDS.findIndex((bound) => milliseconds <= bound);
    this.counts[place < 0 ? BOUNDS.length : place] = (this.counts.at(place) as number) + 1;
  }

  /** Adds everything another histogram holds. */
  merge(other: Histogram): void {
    this.below += other.below;
    this.positive.add(other.positive);
    for (const [place, count] of other.counts.entries()) this.counts[place] = (this.counts[place] as number) + count;
  }

  /** The number of samples in each bucket; samples below zero are in none. */
  buckets(): Bucket[] {
    return this.counts.map((count, place) => ({
      above: BOUNDS[place - 1] ?? 0,
      through: BOUNDS[place] ?? null,
      count,
    }));
  }

  /** hdr-histogram's compressed text, in microseconds, without samples below zero. */
  text(): string {
    return encodeIntoCompressedBase64(this.positive);
  }

  /** Reads such a text. @throws when it is invalid. */
  static read(text: string): Histogram {
    const histogram = new Histogram();
    histogram.positive.add(decodeFromCompressedBase64(text));
    return histogram;
  }

  /**
   * The percentiles in milliseconds; zeros where `samples` is 0.
   *
   * @param undated samples of unknown latency, which count as slower than all others.
   */
  percentiles(undated = 0): Percentiles {
    const samples = this.positive.totalCount;
    const at = (percentile: number) =>
      this.positive.getValueAtPercentile(Math.min(100, rankAmong(percentile, samples, undated))) / 1000;
    return {
      samples,
      negative: this.below,
      min: samples === 0 ? 0 : this.positive.minNonZeroValue / 1000,
      mean: samples === 0 ? 0 : this.positive.mean / 1000,
      p50: at(50),
      p95: at(95),
      p99: at(99),
      p995: at(99.5),
      max: this.positive.maxValue / 1000,
    };
  }
}

/** A latency as the histogram stores it: whole microseconds, from 1 to an hour. */
function bucketable(milliseconds: number): number {
  return Math.min(HIGHEST_MICROS, Math.max(1, Math.round(milliseconds * 1000)));
}
