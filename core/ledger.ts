import { Bitset } from "./bitset.ts";
import { Copies } from "./copies.ts";
import { type Acknowledgements, EVIDENCE, Order, type OrderScope } from "./order.ts";

/** Whether an event arrived for the first time. */
export type Occurrence = "first" | "duplicate";

/**
 * The arrivals on one path: each sequence number once, and how often the path broke the rules that can be judged
 * without knowing what was published.
 */
export class Ledger {
  /** The sequence numbers that arrived. */
  readonly seen = new Bitset();
  private readonly order: Order;
  // Absent until an event comes again: a run may have ten thousand paths.
  private again: Copies | null = null;
  private readonly repeated: number[] = [];
  private repeats = 0;

  /** @param promised the events among which an order is promised. */
  constructor(promised: OrderScope = "all") {
    this.order = new Order(promised);
  }

  /** Arrivals of events that had already arrived on this path. */
  get duplicated(): number {
    return this.repeats;
  }

  /** The arrivals beyond the first of each event; null where there are none. */
  get copies(): Copies | null {
    return this.again;
  }

  /** The first events that arrived again. */
  get duplicatedSeqs(): readonly number[] {
    return this.repeated;
  }

  /** First arrivals after a later event, as far as the acknowledgements given to {@link judgeOrder} show. */
  get reordered(): number {
    return this.order.reordered;
  }

  /** The first of them. */
  get reorderedSeqs(): readonly number[] {
    return this.order.reorderedSeqs;
  }

  /** Unix ms of the latest send among the arrived events; minus infinity before the first. */
  get latestSend(): number {
    return this.order.latestSend;
  }

  /**
   * Enters one arrival.
   *
   * @param sentAt Unix ms of the send, NaN if the event does not say it; null if its place in the order is unknown.
   */
  record(publisher: number, seq: number, sentAt: number | null = Number.NaN): Occurrence {
    if (!this.seen.add(seq)) {
      this.repeats++;
      this.again ??= new Copies();
      this.again.add(seq);
      if (this.repeated.length < EVIDENCE && !this.repeated.includes(seq)) this.repeated.push(seq);
      return "duplicate";
    }
    if (sentAt !== null) this.order.enter(publisher, seq, sentAt);
    return "first";
  }

  /** Judges the order of arrivals whose publishers have reported. */
  judgeOrder(acknowledgements: Acknowledgements): void {
    this.order.judge(acknowledgements);
  }
}

/** The time in which published events are judged on a path, without its edges. */
export interface Window {
  /** Unix ms from which the path was live. */
  readonly from: number;
  /** Unix ms up to which all arrivals have been entered. */
  readonly through: number;
}

/** One path, settled against what was published. */
export interface PathAccount {
  /** Events that had to arrive: acknowledged, selected, and published inside the window. */
  readonly expected: number;
  /** Expected events that arrived. */
  readonly delivered: number;
  /** Expected events that did not arrive and cannot arrive any more. */
  readonly lost: number;
  /** Expected events that were refused at the far end and may still be retried. */
  readonly open: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** Arrivals that the path's filter does not select. */
  readonly misrouted: number;
  /**
   * Selected events that were sent too near the path's edges, or neither acknowledged nor refused, whether they arrived or
   * not.
   */
  readonly unjudged: number;
  /** The lowest lost sequence numbers, as evidence. */
  readonly lostSeqs: readonly number[];
  /** The first duplicated sequence numbers. */
  readonly duplicatedSeqs: readonly number[];
  /** The first that came after a later one. */
  readonly reorderedSeqs: readonly number[];
  /** The lowest numbers of the misrouted ones. */
  readonly misroutedSeqs: readonly number[];
}

/**
 * Settles one path: joins what arrived with what had to arrive.
 *
 * @param expected the events that had to arrive.
 * @param selected whether the path's filter selects event `seq`; called for unexpected arrivals only.
 * @param isOpen whether event `seq` may still arrive; called for missing events only.
 * @param undueMissing number of missing events that were not expected: sent too near the path's edges, or neither
 * acknowledged nor refused.
 * @param onLost called for each lost event.
 * @param mayArrive called for unexpected arrivals; refused and unreported events have counts of their own.
 * @param onMisrouted called for each misrouted event.
 */
export function settlePath(
  ledger: Ledger,
  expected: Bitset,
  selected: (seq: number) => boolean,
  isOpen: (seq: number) => boolean = () => false,
  undueMissing = 0,
  onLost?: (seq: number) => void,
  mayArrive: (seq: number) => boolean = () => true,
  onMisrouted?: (seq: number) => void,
): PathAccount {
  const misroutedSeqs: number[] = [];
  let misrouted = 0;
  let unexpected = 0;
  let unjudged = undueMissing;
  for (const seq of ledger.seen.without(expected)) {
    if (!selected(seq)) {
      misrouted++;
      onMisrouted?.(seq);
      if (misroutedSeqs.length < EVIDENCE) misroutedSeqs.push(seq);
    } else {
      unexpected++;
      if (mayArrive(seq)) unjudged++;
    }
  }
  const delivered = ledger.seen.size - misrouted - unexpected;
  const lostSeqs: number[] = [];
  let open = 0;
  if (delivered < expected.size) {
    for (const seq of expected.without(ledger.seen)) {
      if (isOpen(seq)) {
        open++;
        continue;
      }
      onLost?.(seq);
      if (lostSeqs.length < EVIDENCE) lostSeqs.push(seq);
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
    duplicatedSeqs: ledger.duplicatedSeqs,
    reorderedSeqs: ledger.reorderedSeqs,
    misroutedSeqs,
  };
}
