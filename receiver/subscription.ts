import type { PathArrivals } from "../core/arrivals.ts";
import { type Stream, selector } from "../core/event.ts";
import type { Window } from "../core/ledger.ts";
import type { Acknowledgements, PromisedOrder } from "../core/order.ts";
import type { Deliveries } from "./deliveries.ts";
import { Path } from "./path.ts";
import { scopeOf } from "./promised.ts";

/** A path without reports for this long has lost its subscriber. Subscribers report every second. */
const SILENT_AFTER_MS = 10_000;

/** Clocks may differ by this much when a path opens. */
const OPENING_EDGE_MS = 100;

/**
 * Events sent within this time before a subscriber left may have been in flight, unless all events have an order and one
 * that was sent later arrived.
 */
const CLOSING_EDGE_MS = 2_000;

/** Events sent this shortly before the other side closed a connection may be missing for no other reason. */
const LOSING_EDGE_MS = 100;

/** One subscription, as its subscriber reports it, under a name for people. */
export class SubscriptionPath extends Path {
  /** Unix ms of its first report, by the receiver's clock. */
  readonly knownSince: number;
  private readonly from: number;
  private through: number;
  private reportedAt = 0;
  private readonly openedAt: number;
  private readonly order: PromisedOrder;
  private closed = false;
  private lost = false;
  private abandoned = false;
  private canaries = 0;
  private probes = 0;

  /** @param order what its subscription promises. @param name for people; the reported one by default. */
  constructor(first: PathArrivals, stream: Stream, now: number, order: PromisedOrder = "all", name = first.path) {
    const { filter = {} } = first;
    super(name, filter, selector(stream, filter), scopeOf(order, stream));
    this.order = order;
    this.knownSince = now;
    this.openedAt = first.from;
    this.from = first.from + OPENING_EDGE_MS;
    this.through = first.through;
  }

  /**
   * Enters a report.
   *
   * @param now Unix ms by the receiver's clock.
   * @param deliveries gets each event's first arrival that belongs here.
   * @param acknowledgements known so far.
   * @returns number of first arrivals that belong here.
   */
  enter(report: PathArrivals, deliveries: Deliveries, now: number, acknowledgements?: Acknowledgements): number {
    const { publishers, seqs, latencies, arrivedAt } = report;
    let arrived = 0;
    for (const [place, seq] of seqs.entries()) {
      const [latency, at] = [latencies[place] as number, arrivedAt[place] as number];
      // An arrival before its send means that the publisher's clock is ahead: it was sent at its arrival at the latest.
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

  /** Its subscriber is gone and will report nothing more. */
  abandon(): void {
    this.abandoned = true;
  }

  get ready(): boolean {
    return this.canaries > 0;
  }

  /** Whether a probe arrived, an event that no filter selects. */
  get probed(): boolean {
    return this.probes > 0;
  }

  override isSilent(now: number): boolean {
    return !this.closed && (this.abandoned || now - this.reportedAt > SILENT_AFTER_MS);
  }

  override hasCaughtUp(sentThrough: number, now: number): boolean {
    return this.through >= sentThrough || this.closed || this.isSilent(now);
  }

  override openWindow(now: number): Window {
    const isOver = this.closed || this.isSilent(now);
    return { from: this.openedAt, through: isOver ? this.through : Number.POSITIVE_INFINITY };
  }

  protected override window(now: number, timeTolerance: number): Window {
    return { from: this.from, through: this.judgedThrough(now, timeTolerance) };
  }

  /** An event that was sent before another one arrived had to be there only where all events have an order. */
  protected override doubtfulFrom(now: number): number {
    const { order, through } = this;
    const isOver = this.closed ? !this.lost : this.isSilent(now);
    return isOver && order !== "all" ? through - CLOSING_EDGE_MS : Number.POSITIVE_INFINITY;
  }

  private judgedThrough(now: number, timeTolerance: number): number {
    const { through } = this;
    if (this.closed && this.lost) return through - LOSING_EDGE_MS;
    if (!this.closed && !this.isSilent(now)) return through;
    // What arrived is judged up to there; for what is missing see doubtfulFrom.
    return Math.max(through - CLOSING_EDGE_MS, Math.min(through, this.ledger.latestSend - timeTolerance));
  }
}
