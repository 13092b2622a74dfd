import { selector, type Workload } from "../workload/event.ts";
import type { Window } from "../workload/ledger.ts";
import type { PathArrivals } from "../workload/report.ts";
import type { Deliveries } from "./deliveries.ts";
import { Path } from "./path.ts";

/** A path that has not reported for so long has lost its subscriber. Subscribers report every second. */
const SILENT_AFTER_MS = 10_000;

/** Clocks may disagree by so much when a path opens. */
const OPENING_EDGE_MS = 100;

/** What was sent within so long before a path closed may still have been on its way to it. */
const CLOSING_EDGE_MS = 2_000;

/** One subscription, as its subscriber reports it. */
export class SubscriptionPath extends Path {
  private readonly from: number;
  private through: number;
  private reportedAt = 0;
  private closed = false;
  private canaries = 0;

  constructor(first: PathArrivals, workload: Workload) {
    super(first.path, first.filter, selector(workload, first.filter));
    this.from = first.from + OPENING_EDGE_MS;
    this.through = first.through;
  }

  /**
   * Enters a report.
   *
   * @param now Unix ms by the receiver's clock.
   * @param tell is told the latency, in ms, of each event that arrived for the first time.
   * @returns how many events arrived for the first time.
   */
  enter(report: PathArrivals, deliveries: Deliveries, now: number): number {
    const secondOf = secondsOf(report);
    let arrived = 0;
    for (let at = 0; at < report.seqs.length; at++) {
      const seq = report.seqs[at] as number;
      const arrivedAt = secondOf();
      if (this.ledger.record(report.publishers[at] as number, seq) === "duplicate") continue;
      arrived++;
      if (this.selected(seq)) deliveries.record(this.name, (report.latencies[at] as number) / 1000, arrivedAt);
    }
    this.through = report.closed ? report.through : Math.max(this.through, report.through);
    this.canaries += report.canaries;
    this.closed ||= report.closed;
    this.reportedAt = now;
    return arrived;
  }

  get ready(): boolean {
    return this.canaries > 0;
  }

  isSilent(now: number): boolean {
    return !this.closed && now - this.reportedAt > SILENT_AFTER_MS;
  }

  hasCaughtUp(sentThrough: number, now: number): boolean {
    return this.through >= sentThrough || this.closed || this.isSilent(now);
  }

  protected window(now: number): Window {
    const ended = this.closed || this.isSilent(now);
    return { from: this.from, through: ended ? this.through - CLOSING_EDGE_MS : this.through };
  }
}

/** Tells for one arrival after the other in which second it came, as Unix ms. */
function secondsOf({ seconds, through }: PathArrivals): () => number {
  let row = 0;
  let left = seconds[0]?.[1] ?? 0;
  return () => {
    while (left === 0 && row < seconds.length) left = seconds[++row]?.[1] ?? 0;
    left--;
    return (seconds[row]?.[0] ?? through / 1000) * 1000;
  };
}
