import type { Filter } from "../core/filter.ts";
import type { PathAccount, Window } from "../core/ledger.ts";
import type { Publication } from "../core/publication.ts";
import { Path } from "./path.ts";

/** The one canary whose arrival shows that what is counted is counted. */
const CANARIES = 1;
/** So far two replicas may be apart, however few have been counted. */
const APART = 10;

/** A path on which no identity survives: it is known how many have arrived, and not which. */
export class CountPath extends Path {
  private first: number | null = null;
  private latest = 0;
  private highest = Number.NEGATIVE_INFINITY;
  private fall: string | null = null;

  constructor(name: string, filter: Filter, selected: (seq: number) => boolean) {
    super(name, filter, selected);
  }

  /** Enters how many there are. @returns how many have come since the last count. */
  counted(count: number): number {
    const more = this.first === null ? 0 : count - this.latest;
    this.first ??= count;
    this.latest = count;
    this.highest = Math.max(this.highest, count);
    if (count - this.first < (this.highest - this.first) / 2 - APART)
      this.fall = `count() went back from ${this.highest} to ${count}: it began anew, or what was counted is gone`;
    return more;
  }

  /** Why nobody can say how many arrived; null where that is known. A few less may be those of another replica. */
  get problem(): string | null {
    return this.fall;
  }

  /** Whether it was counted before anything was sent. */
  get isCounted(): boolean {
    return this.first !== null;
  }

  get ready(): boolean {
    return this.first !== null && this.latest > this.first;
  }

  isSilent(): boolean {
    return false;
  }

  hasCaughtUp(): boolean {
    return true;
  }

  protected window(): Window {
    return { from: Number.NEGATIVE_INFINITY, through: Number.POSITIVE_INFINITY };
  }

  /** What is missing is lost, and what is too much came twice; nobody can say of which events. */
  override settle(publication: Publication): PathAccount {
    const expected = publication.expected(this.selected).size;
    const arrived = Math.max(0, this.latest - (this.first ?? this.latest) - CANARIES);
    const delivered = Math.min(expected, arrived);
    return {
      expected,
      delivered,
      lost: expected - delivered,
      duplicated: arrived - delivered,
      reordered: 0,
      misrouted: 0,
      unjudged: 0,
      open: 0,
      duplicatedSeqs: [],
      lostSeqs: [],
    };
  }
}
