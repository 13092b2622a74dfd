import type { Filter } from "../core/filter.ts";
import type { PathAccount } from "../core/ledger.ts";
import type { Publication } from "../core/publication.ts";
import { Path } from "./path.ts";

/** One canary is enough: if it is counted, counting works. */
const CANARIES = 1;
/** How far the counts of two replicas may differ in any case. */
const APART = 10;

/** A path without identities: only the number of arrivals is known. */
export class CountPath extends Path {
  private first: number | null = null;
  private latest = 0;
  private highest = Number.NEGATIVE_INFINITY;
  private fall: string | null = null;

  constructor(name: string, filter: Filter, selected: (seq: number) => boolean) {
    super(name, filter, selected);
  }

  /** Enters a total. @returns the increase since the last one. */
  counted(count: number): number {
    const more = this.first === null ? 0 : count - this.latest;
    this.first ??= count;
    this.latest = count;
    this.highest = Math.max(this.highest, count);
    if (count - this.first < (this.highest - this.first) / 2 - APART)
      this.fall = `count() went back from ${this.highest} to ${count}: it began anew, or what was counted is gone`;
    return more;
  }

  /**
   * Why the number of arrivals is unknown; null if it is known. A slightly lower count may come from another replica.
   */
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

  /** Arrivals since the first count, without the canary. */
  get arrived(): number {
    return Math.max(0, this.latest - (this.first ?? this.latest) - CANARIES);
  }

  /** What came beyond what was expected, or may have been taken without a clear answer. */
  surplusOver({ delivered, unjudged }: PathAccount): number {
    return Math.max(0, this.arrived - delivered - unjudged);
  }

  /** A deficit is lost, of unknown events; a surplus is no event's duplicate that anybody saw. */
  override settle(publication: Publication): PathAccount {
    const expected = publication.expected(this.selected).size;
    const delivered = Math.min(expected, this.arrived);
    return {
      expected,
      delivered,
      lost: expected - delivered,
      duplicated: 0,
      reordered: 0,
      misrouted: 0,
      unjudged: [...this.unanswered(publication, 0)].length,
      open: 0,
      duplicatedSeqs: [],
      reorderedSeqs: [],
      lostSeqs: [],
      misroutedSeqs: [],
    };
  }
}
