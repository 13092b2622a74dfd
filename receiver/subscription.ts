import type { PathArrivals } from "../core/arrivals.ts";
import { type Stream, selector } from "../core/event.ts";
import type { Window } from "../core/ledger.ts";
import type { Acknowledgements } from "../core/order.ts";
import type { Deliveries } from "./deliveries.ts";
import { Path } from "./path.ts";

/** A path that has not reported for so long has lost its subscriber. Subscribers report every second. */
const SILENT_AFTER_MS = 10_000;

/** Clocks may disagree by so much when a path opens. */
const OPENING_EDGE_MS = 100;

/**
 * What was sent within so long before a subscriber left may still have been on its way to it, unless something arrived
 * that was sent later.
 */
const CLOSING_EDGE_MS = 2_000;

/** What was sent so shortly before the other side ended a connection may have met no fault but its end. */
const LOSING_EDGE_MS = 100;

/** One subscription, as its subscriber reports it. */
export class SubscriptionPath extends Path {
  /** Unix ms, by the receiver's clock, of the first report of it. */
  readonly knownSince: number;
  private readonly from: number;
  private through: number;
  private reportedAt = 0;
  private readonly openedAt: number;
  private closed = false;
  private lost = false;
  private abandoned = false;
  private canaries = 0;
  private probes = 0;

  constructor(first: PathArrivals, stream: Stream, now: number) {
    super(first.path, first.filter, selector(stream, first.filter));
    this.knownSince = now;
    this.openedAt = first.from;
    this.from = first.from + OPENING_EDGE_MS;
    this.through = first.through;
  }

  /**
   * Enters a report.
   *
   * @param now Unix ms by the receiver's clock.
   * @param deliveries is told of each event that arrived for the first time and belongs here.
   * @param acknowledgements what is known by now of when events were acknowledged.
   * @returns how many events arrived for the first time and belong here.
   */
  enter(report: PathArrivals, deliveries: Deliveries, now: number, acknowledgements?: Acknowledgements): number {
    const { publishers, seqs, latencies, arrivedAt } = report;
    let arrived = 0;
    for (const [place, seq] of seqs.entries()) {
      const [latency, at] = [latencies[place] as number, arrivedAt[place] as number];
      // What came before it was sent was sent by a clock that is ahead: it cannot have been sent later than it came.
      const sentAt = Number.isNaN(latency) ? null : at - Math.max(0, latency);
      if (this.ledger.record(publishers[place] as number, seq, sentAt) === "duplicate") continue;
      if (!this.selected(seq)) continue;
      arrived++;
      deliveries.record(this.name, latency, at, seq);
    }
    if (acknowledgements !== undefined) this.ledger.judgeOrder(acknowledgements);
    this.through = report.closed ? report.through : Math.max(this.through, report.through);
    this.canaries += report.canaries;
    this.probes += report.probes;
    this.closed ||= report.closed;
    this.lost ||= report.lost;
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

  /** Whether an event came that belongs nowhere. */
  get probed(): boolean {
    return this.probes > 0;
  }

  isSilent(now: number): boolean {
    return !this.closed && (this.abandoned || now - this.reportedAt > SILENT_AFTER_MS);
  }

  hasCaughtUp(sentThrough: number, now: number): boolean {
    return this.through >= sentThrough || this.closed || this.isSilent(now);
  }

  override openWindow(now: number): Window {
    const isOver = this.closed || this.isSilent(now);
    return { from: this.openedAt, through: isOver ? this.through : Number.POSITIVE_INFINITY };
  }

  protected window(now: number, timeTolerance: number): Window {
    return { from: this.from, through: this.judgedThrough(now, timeTolerance) };
  }

  private judgedThrough(now: number, timeTolerance: number): number {
    const { through } = this;
    if (this.closed && this.lost) return through - LOSING_EDGE_MS;
    if (!this.closed && !this.isSilent(now)) return through;
    // The path has an order: what was acknowledged before the last arrival was sent had to come before it.
    return Math.max(through - CLOSING_EDGE_MS, Math.min(through, this.ledger.latestSend - timeTolerance));
  }
}
