import type { Table } from "../core/account.ts";
import type { Bitset } from "../core/bitset.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Filter } from "../core/filter.ts";
import { Ledger, type PathAccount, settlePath, type Window } from "../core/ledger.ts";
import type { Publication } from "../core/publication.ts";

/** One way that events take to their end: a subscription, an endpoint or a table. */
export abstract class Path {
  readonly name: string;
  readonly filter: Filter | Endpoint | Table;
  /** Whether event `seq` belongs on this path. */
  readonly selected: (seq: number) => boolean;
  protected readonly ledger = new Ledger();

  constructor(name: string, filter: Filter | Endpoint | Table, selected: (seq: number) => boolean) {
    this.name = name;
    this.filter = filter;
    this.selected = selected;
  }

  /** Whether a canary has come through, or none can. */
  abstract get ready(): boolean;

  /** Whether the path still lives but nobody speaks for it any more. */
  abstract isSilent(now: number): boolean;

  /** Whether everything that arrived of what was sent up to a moment has been entered, or never will be. */
  abstract hasCaughtUp(sentThrough: number, now: number): boolean;

  /** The events this path is judged by. */
  protected abstract window(now: number): Window;

  /** What has arrived, whatever it is. */
  get seen(): Bitset {
    return this.ledger.seen;
  }

  /** Joins what arrived with what had to. @param expectedWhole all expected events for a filter, remembered. */
  settle(publication: Publication, expectedWhole: (path: Path) => Bitset, now: number): PathAccount {
    const window = this.judgedWindow(publication, now);
    const expected = window === null ? expectedWhole(this) : publication.expected(this.selected, window);
    return settlePath(this.ledger, expected, this.selected, (seq) => this.isOpen(seq, now));
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
  judgedWindow({ span }: Publication, now: number): Window | null {
    const window = this.window(now);
    return span !== null && window.from <= span.from && span.through <= window.through ? null : window;
  }
}
