import type { Filter } from "../../workload/filter.ts";
import type { PathArrivals } from "../../workload/report.ts";
import { CANARY_PUBLISHER, type Trace } from "../../workload/trace.ts";

/** A subscription with nothing to tell still says this often that it lives; well within the receiver's patience. */
const HEARTBEAT_MS = 3_000;

/** What arrived on one subscription and has not been reported yet, in order of arrival. */
export class PathLog {
  readonly name: string;
  private readonly filter: Filter;
  private readonly from: number;
  private reportedThrough: number | null = null;
  private canaries = 0;
  // Absent while nothing arrives: a run may hold ten thousand of these.
  private arrivals: Arrived | null = null;

  /** @param from Unix ms, by the receiver's clock, from which the subscription is live. */
  constructor(name: string, filter: Filter, from: number) {
    this.name = name;
    this.filter = filter;
    this.from = from;
  }

  /** Enters an arrival; its latency is in milliseconds. */
  record(trace: Trace, latency: number): void {
    if (trace.publisher === CANARY_PUBLISHER) {
      this.canaries++;
      return;
    }
    this.arrivals ??= nothing();
    const { publishers, seqs, latencies, seconds } = this.arrivals;
    const place = seqs.length;
    publishers[place] = trace.publisher;
    seqs[place] = trace.seq;
    latencies[place] = Math.round(latency * 1000);
    const second = Math.floor((trace.publishedAt + latency) / 1000);
    const last = seconds[seconds.length - 1];
    if (last?.[0] === second) last[1]++;
    else seconds.push([second, 1]);
  }

  /** Whether there is something to report at a moment: arrivals, a first word, or a sign of life. */
  isDue(through: number): boolean {
    if (this.arrivals !== null || this.canaries > 0 || this.reportedThrough === null) return true;
    return through - this.reportedThrough >= HEARTBEAT_MS;
  }

  /** Takes everything out for a report that is complete up to `through`; nothing follows a closed one. */
  take(through: number, closed: boolean): PathArrivals {
    const { name: path, filter, from, canaries, arrivals } = this;
    this.reportedThrough = through;
    this.canaries = 0;
    this.arrivals = null;
    return { path, filter, from, through, closed, canaries, ...(arrivals ?? nothing()) };
  }
}

/** The lists of a report. */
type Arrived = Pick<PathArrivals, "publishers" | "seqs" | "latencies" | "seconds">;

function nothing(): Arrived {
  return { publishers: [], seqs: [], latencies: [], seconds: [] };
}
