import type { Filter } from "../../workload/filter.ts";
import type { PathArrivals } from "../../workload/report.ts";
import { CANARY_PUBLISHER, type Trace } from "../../workload/trace.ts";

/** What arrived on one subscription and has not been reported yet, in order of arrival. */
export class PathLog {
  readonly name: string;
  readonly filter: Filter;
  private readonly from: number;
  private canaries = 0;
  private publishers: number[] = [];
  private seqs: number[] = [];
  private latencies: number[] = [];

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
    this.publishers.push(trace.publisher);
    this.seqs.push(trace.seq);
    this.latencies.push(Math.round(latency * 1000));
  }

  /** Takes everything out for a report that is complete up to `through`. */
  take(through: number, closed: boolean): PathArrivals {
    const { name: path, filter, from, canaries, publishers, seqs, latencies } = this;
    this.canaries = 0;
    this.publishers = [];
    this.seqs = [];
    this.latencies = [];
    return { path, filter, from, through, closed, canaries, publishers, seqs, latencies };
  }
}
