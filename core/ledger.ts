import { Bitset } from "./bitset.ts";
import { type Acknowledgements, Order, type OrderScope } from "./order.ts";

/** What a ledger says of one arrival. */
export type Arrival = "first" | "duplicate";

/**
 * What arrived on one path (one subscription, one endpoint): each sequence number once, and how
 * often the path broke the rules that can be judged without knowing what was published.
 */
export class Ledger {
  /** The sequence numbers that arrived, each at least once. */
  readonly seen = new Bitset();
  private readonly order: Order;
  private readonly repeated: number[] = [];
  private repeats = 0;

  /** @param promised which events must arrive in the order in which they were sent. */
  constructor(promised: OrderScope = "all") {
    this.order = new Order(promised);
  }

  /** Arrivals of an event that had already arrived on this path. */
  get duplicated(): number {
    return this.repeats;
  }

  /** The first events that arrived again. */
  get duplicatedSeqs(): readonly number[] {
    return this.repeated;
  }

  /** First arrivals that came after a later event, as far as {@link judgeOrder} knew when events were acknowledged. */
  get reordered(): number {
    return this.order.reordered;
  }

  /** Unix ms at which the latest of the events that arrived was sent; minus infinity before the first. */
  get latestSend(): number {
    return this.order.latestSend;
  }

  /**
   * Enters one arrival.
   *
   * @param sentAt Unix ms at which the event says it was sent, where it says so; null where its place in the order is not known.
   */
  record(publisher: number, seq: number, sentAt: number | null = Number.NaN): Arrival {
    if (!this.seen.add(seq)) {
      this.repeats++;
      if (this.repeated.length < EVIDENCE && !this.repeated.includes(seq)) this.repeated.push(seq);
      return "duplicate";
    }
    if (sentAt !== null) this.order.enter(publisher, seq, sentAt);
    return "first";
  }

  /** Judges the order of the arrivals whose publishers have reported by now. */
  judgeOrder(acknowledgements: Acknowledgements): void {
    this.order.judge(acknowledgements);
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
  /** Matching, but sent too near the path's edges, whether they arrived or not; or arrived, and nobody had said that they were taken. */
  readonly unjudged: number;
  /** The lowest lost sequence numbers, as evidence. */
  readonly lostSeqs: readonly number[];
  /** The first that arrived again. */
  readonly duplicatedSeqs: readonly number[];
}

/** How many sequence numbers of a kind an account lists. */
const EVIDENCE = 10;

/**
 * Settles one path: joins what arrived with what had to arrive.
 *
 * @param expected the events that had to arrive on this path.
 * @param selected whether the path's filter matches event `seq`; asked of unexpected arrivals only.
 * @param isOpen whether event `seq` may still come; asked of what is missing only.
 * @param missedAtEdges events that did not arrive and were sent too near the path's edges to be expected.
 * @param onLost told each event that is lost.
 * @param mayArrive asked of unexpected arrivals only: what was refused, or reported by nobody, is counted as that.
 */
export function settlePath(
  ledger: Ledger,
  expected: Bitset,
  selected: (seq: number) => boolean,
  isOpen: (seq: number) => boolean = () => false,
  missedAtEdges = 0,
  onLost?: (seq: number) => void,
  mayArrive: (seq: number) => boolean = () => true,
): PathAccount {
  let misrouted = 0;
  let unexpected = 0;
  let unjudged = missedAtEdges;
  for (const seq of ledger.seen.without(expected)) {
    if (!selected(seq)) misrouted++;
    else {
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
  };
}
