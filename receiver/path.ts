import type { Table } from "../core/account.ts";
import type { Bitset } from "../core/bitset.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Filter } from "../core/filter.ts";
import { Ledger, type PathAccount, settlePath, type Window } from "../core/ledger.ts";
import type { OrderScope } from "../core/order.ts";
import type { Publication } from "../core/publication.ts";

/** One way that events take to their end: a subscription, an endpoint or a table. */
export abstract class Path {
  readonly name: string;
  readonly filter: Filter | Endpoint | Table;
  /** Whether event `seq` belongs on this path. */
  readonly selected: (seq: number) => boolean;
  protected readonly ledger: Ledger;

  /** @param promised which events must arrive in the order in which they were sent. */
  constructor(
    name: string,
    filter: Filter | Endpoint | Table,
    selected: (seq: number) => boolean,
    promised: OrderScope = "all",
  ) {
    this.ledger = new Ledger(promised);
    this.name = name;
    this.filter = filter;
    this.selected = selected;
  }

  /** Whether a canary has come through, or none can. */
  abstract get ready(): boolean;

  /** Whether the path is open and its subscriber is gone. */
  abstract isSilent(now: number): boolean;

  /** Whether everything that arrived of what was sent up to a moment has been entered, or never will be. */
  abstract hasCaughtUp(sentThrough: number, now: number): boolean;

  /** Which events this path is judged by: those that were sent in this window. */
  protected abstract window(now: number, timeTolerance: number): Window;

  /** The time in which the path was open; null where it is open as long as the run. */
  openWindow(_now: number): Window | null {
    return null;
  }

  /** Everything that has arrived. */
  get seen(): Bitset {
    return this.ledger.seen;
  }

  /** Joins what arrived with what had to. @param expectedWhole all expected events for a filter, remembered. @param onLost told each event that is lost. */
  settle(
    publication: Publication,
    expectedWhole: (path: Path) => Bitset,
    now: number,
    onLost?: (seq: number) => void,
  ): PathAccount {
    this.ledger.judgeOrder(publication);
    const window = this.judgedWindow(publication, now);
    const isOpen = (seq: number) => this.isOpen(seq, now);
    const mayArrive = (seq: number) => publication.mayArrive(seq);
    if (window === null) {
      return settlePath(this.ledger, expectedWhole(this), this.selected, isOpen, 0, onLost, mayArrive);
    }
    const expected = publication.expected(this.selected, window);
    const missed = publication.missedAtEdges(this.selected, window, this.openWindow(now) ?? window, this.seen);
    return settlePath(this.ledger, expected, this.selected, isOpen, missed, onLost, mayArrive);
  }

  /** Whether an event that has not arrived may still come, although nothing has been heard of it for a while. */
  isOpen(_seq: number, _now: number): boolean {
    return false;
  }

  /** Unix ms after which nothing more can be expected of what is open. */
  get openUntil(): number {
    return Number.NEGATIVE_INFINITY;
  }

  /** The window that a path is judged by; null when the whole publication lies in it. */
  judgedWindow({ span, timeTolerance }: Publication, now: number): Window | null {
    const window = this.window(now, timeTolerance);
    return span !== null && window.from <= span.from && span.through <= window.through ? null : window;
  }
}
