import { Bitset } from "./bitset.ts";

/** What a ledger says of one arrival. */
export type Arrival = "first" | "duplicate";

/**
 * What arrived on one path (one subscription, one endpoint): each sequence number once, and how
 * often the path broke the rules that can be judged without knowing what was published.
 */
export class Ledger {
  /** The sequence numbers that arrived, each at least once. */
  readonly seen = new Bitset();
  private readonly highest = new Map<number, number>();
  private repeats = 0;
  private inversions = 0;

  /** Arrivals of an event that had already arrived on this path. */
  get duplicated(): number {
    return this.repeats;
  }

  /** First arrivals that came after a later event of the same publisher. */
  get reordered(): number {
    return this.inversions;
  }

  /** Enters one arrival. */
  record(publisher: number, seq: number): Arrival {
    if (!this.seen.add(seq)) {
      this.repeats++;
      return "duplicate";
    }
    const highest = this.highest.get(publisher);
    if (highest !== undefined && seq < highest) this.inversions++;
    else this.highest.set(publisher, seq);
    return "first";
  }
}

/** Which events of a path are judged: those published in its live window, edges excluded. */
export interface Window {
  /** Unix ms from which the path was live. */
  readonly from: number;
  /** Unix ms up to which everything that arrived has been entered. */
  readonly through: number;
}

/** What happened on one path, settled against what was published. */
export interface PathAccount {
  /** Acknowledged, matching, published inside the window: all of these had to arrive. */
  readonly expected: number;
  /** Of the expected, those that arrived. */
  readonly delivered: number;
  /** Of the expected, those that did not, and will not any more. */
  readonly lost: number;
  /** Of the expected, those that did not and may still come: they were refused, and are not yet given up. */
  readonly open: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** Arrived although the path's filter does not match them. */
  readonly misrouted: number;
  /** Arrived, matching, but published in no judged moment or never acknowledged. */
  readonly unjudged: number;
  /** The lowest lost sequence numbers, as evidence. */
  readonly lostSeqs: readonly number[];
}

/** How many lost sequence numbers an account lists. */
const EVIDENCE = 10;

/**
 * Settles one path: joins what arrived with what had to arrive.
 *
 * @param expected the events that had to arrive on this path.
 * @param selected whether the path's filter matches event `seq`; asked of unexpected arrivals only.
 * @param isOpen whether event `seq` may still come; asked of what is missing only.
 */
export function settlePath(
  ledger: Ledger,
  expected: Bitset,
  selected: (seq: number) => boolean,
  isOpen: (seq: number) => boolean = () => false,
): PathAccount {
  let misrouted = 0;
  let unjudged = 0;
  for (const seq of ledger.seen.without(expected)) {
    if (selected(seq)) unjudged++;
    else misrouted++;
  }
  const delivered = ledger.seen.size - misrouted - unjudged;
  const lostSeqs: number[] = [];
  let open = 0;
  if (delivered < expected.size) {
    for (const seq of expected.without(ledger.seen)) {
      if (isOpen(seq)) open++;
      else if (lostSeqs.length < EVIDENCE) lostSeqs.push(seq);
    }
  }
  return {
    expected: expected.size,
    delivered,
    lost: expected.size - delivered - open,
    open,
    duplicated: ledger.duplicated,
    reordered: ledger.reordered,
    misrouted,
    unjudged,
    lostSeqs,
  };
}
