import type { Bitset } from "../core/bitset.ts";
import type { Copies } from "../core/copies.ts";
import { Ledger, type PathAccount, settlePath, type Window } from "../core/ledger.ts";
import type { OrderScope } from "../core/order.ts";
import type { Publication } from "../core/publication.ts";

/** A way for events to a far end: a subscription, an endpoint or a table. */
export abstract class Path {
  readonly name: string;
  /** What the path selects; paths with equal ones expect the same. */
  readonly filter: object;
  /** Equal for equal filters. */
  readonly filterKey: string;
  /** Whether event `seq` belongs on this path. */
  readonly selected: (seq: number) => boolean;
  protected readonly ledger: Ledger;

  /** @param promised the events among which an order is promised. */
  constructor(name: string, filter: object, selected: (seq: number) => boolean, promised: OrderScope = "all") {
    this.ledger = new Ledger(promised);
    this.name = name;
    this.filter = filter;
    this.filterKey = JSON.stringify(filter);
    this.selected = selected;
  }

  /** Whether a canary has arrived, or none is expected. */
  abstract get ready(): boolean;

  /** Whether the path is open but its subscriber is gone; never where there is no subscriber. */
  isSilent(_now: number): boolean {
    return false;
  }

  /**
   * Whether all arrivals of events sent before a moment have been entered, or never will be; so it is where the receiver
   * itself sees each arrival.
   */
  hasCaughtUp(_sentThrough: number, _now: number): boolean {
    return true;
  }

  /** The time in which sent events are judged on this path: always, unless it is open for a part of the run only. */
  protected window(_now: number, _timeTolerance: number): Window {
    return { from: Number.NEGATIVE_INFINITY, through: Number.POSITIVE_INFINITY };
  }

  /** Unix ms of sends from which nothing can be said of what is missing, although what arrived is judged. */
  protected doubtfulFrom(_now: number): number {
    return Number.POSITIVE_INFINITY;
  }

  /** The time in which the path was open; null where it is open as long as the run. */
  openWindow(_now: number): Window | null {
    return null;
  }

  /** All events that arrived. */
  get seen(): Bitset {
    return this.ledger.seen;
  }

  /** Their arrivals beyond the first of each; null where there are none. */
  get copies(): Copies | null {
    return this.ledger.copies;
  }

  /** Unix ms of the latest send among them; minus infinity where there is none. */
  get latestSend(): number {
    return this.ledger.latestSend;
  }

  /**
   * Settles arrivals against what was published.
   *
   * @param expectedWhole all expected events of a filter, cached.
   * @param onLost called for each lost event. @param onMisrouted called for each misrouted one.
   */
  settle(
    publication: Publication,
    expectedWhole: (path: Path) => Bitset,
    now: number,
    onLost?: (seq: number) => void,
    onMisrouted?: (seq: number) => void,
  ): PathAccount {
    this.ledger.judgeOrder(publication);
    const window = this.judgedWindow(publication, now);
    const isOpen = (seq: number) => this.isOpen(seq, now);
    const mayArrive = (seq: number) => publication.mayArrive(seq);
    const whole = expectedWhole(this);
    const unanswered = [...this.unanswered(publication, now)].length;
    const judged = (due: Bitset, missed: number) =>
      settlePath(this.ledger, due, this.selected, isOpen, missed + unanswered, onLost, mayArrive, onMisrouted);
    const doubtful = this.doubtfulFrom(now);
    const isDoubted = publication.span !== null && doubtful < publication.span.through;
    if (window === null && !isDoubted) return judged(whole, 0);
    const { from, through } = window ?? this.window(now, publication.timeTolerance);
    // A set answers twenty times as fast as a filter.
    const expects = (seq: number) => whole.has(seq);
    const sure = { from, through: Math.min(through, doubtful) };
    const expected = publication.expected(expects, sure);
    // What has arrived is delivered, also where nothing could be said if it were missing.
    const came = (seq: number) => whole.has(seq) && this.seen.has(seq);
    if (isDoubted) for (const seq of publication.expected(came, { from, through })) expected.add(seq);
    const missed = publication.missedAtEdges(expects, sure, this.openWindow(now) ?? sure, this.seen);
    return judged(expected, missed);
  }

  /** Selected events that were neither acknowledged nor refused while the path was open, and did not arrive. */
  *unanswered(publication: Publication, now: number): Generator<number> {
    for (const seq of publication.unanswered(this.seen, this.openWindow(now))) if (this.selected(seq)) yield seq;
  }

  /** Whether a missing event may still arrive, even after a quiet time. */
  isOpen(_seq: number, _now: number): boolean {
    return false;
  }

  /** Unix ms after which open events cannot arrive any more. */
  get openUntil(): number {
    return Number.NEGATIVE_INFINITY;
  }

  /** The window in which the path is judged; null when the whole publication lies in it. */
  judgedWindow({ span, timeTolerance }: Publication, now: number): Window | null {
    const window = this.window(now, timeTolerance);
    return span !== null && window.from <= span.from && span.through <= window.through ? null : window;
  }
}
