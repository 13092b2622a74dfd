import type { PathArrivals } from "../core/arrivals.ts";
import { type Stream, selector } from "../core/event.ts";
import type { Window } from "../core/ledger.ts";
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
  private abandoned = false;
  private canaries = 0;

  constructor(first: PathArrivals, stream: Stream) {
    super(first.path, first.filter, selector(stream, first.filter));
    this.from = first.from + OPENING_EDGE_MS;
    this.through = first.through;
  }

  /**
   * Enters a report.
   *
   * @param now Unix ms by the receiver's clock.
   * @param deliveries is told of each event that arrived for the first time and belongs here.
   * @returns how many events arrived for the first time.
   */
  enter(report: PathArrivals, deliveries: Deliveries, now: number): number {
    const { publishers, seqs, latencies, arrivedAt } = report;
    let arrived = 0;
    for (const [place, seq] of seqs.entries()) {
      if (this.ledger.record(publishers[place] as number, seq) === "duplicate") continue;
      arrived++;
      if (this.selected(seq)) deliveries.record(this.name, latencies[place] as number, arrivedAt[place] as number);
    }
    this.through = report.closed ? report.through : Math.max(this.through, report.through);
    this.canaries += report.canaries;
    this.closed ||= report.closed;
    this.reportedAt = now;
    return arrived;
  }

  /** Its subscriber is gone: what it has not said by now it never will. */
  abandon(): void {
    this.abandoned = true;
  }

  get ready(): boolean {
    return this.canaries > 0;
  }

  isSilent(now: number): boolean {
    return !this.closed && (this.abandoned || now - this.reportedAt > SILENT_AFTER_MS);
  }

  hasCaughtUp(sentThrough: number, now: number): boolean {
    return this.through >= sentThrough || this.closed || this.isSilent(now);
  }

  protected window(now: number): Window {
    const ended = this.closed || this.isSilent(now);
    return { from: this.from, through: ended ? this.through - CLOSING_EDGE_MS : this.through };
  }
}
