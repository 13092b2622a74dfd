/**
 * Detects arrivals of a path in the wrong order. Only send times matter, not the publisher: an event that was
 * acknowledged before another one was sent comes first. Events that were in flight at the same time have no order,
 * except those that one publisher sent one after the other.
 */

/** When events were acknowledged. */
export interface Acknowledgements {
  /** Unix ms by which an event was acknowledged: null while unreported, infinite if it never was. */
  acknowledgedAt(seq: number): number | null;
  /** An acknowledgement must precede a send by this many ms to be certainly earlier. */
  readonly timeTolerance: number;
}

/** What a far end promises: no order, or one among all events, those of a publisher, or those of a value of an attribute. */
export type PromisedOrder = "none" | "all" | "per publisher" | { readonly per: string };

/** The events that have an order among them: those of one publisher, those with the same key, or all. */
export type OrderScope = "publisher" | "all" | ((seq: number) => string | number);

/** The part of an account that says which order was held; older ones lack some of it. */
export interface HeldOrder {
  readonly ordered?: boolean;
  readonly order?: PromisedOrder | undefined;
  readonly orderedWithin?: number;
}

/** Among which events nothing may be reordered; null where a record does not say it. */
export function describeOrder({ ordered, order, orderedWithin }: HeldOrder): string | null {
  if (ordered === false || order === "none") return "no order is promised";
  if (typeof order === "object") return `within each ${order.per}`;
  // Neighbours of different publishers have no order, so their number matters.
  if (orderedWithin !== undefined)
    return orderedWithin === 1 ? "within one publisher" : `within each of ${orderedWithin} publishers`;
  return order === "all" ? "among all events" : null;
}

/** How many sequence numbers of a kind an account lists. */
export const EVIDENCE = 10;

/** Most arrivals that wait for their publisher's report, to bound memory. */
const MOST_WAITING = 1_000_000;

/** The latest sent event of a publisher, among those that arrived. */
interface Latest {
  readonly seq: number;
  readonly sentAt: number;
}

/**
 * The order of one path. Keeps, for each key, the latest send among the arrivals and, for each publisher, its highest
 * number. Arrivals are kept only while in doubt: those that were sent before an earlier arrival by a publisher that has
 * not yet reported its acknowledgements.
 */
export class Order {
  private readonly promised: OrderScope;
  private readonly latestOf = new Map<string | number, number>();
  private readonly highestOf = new Map<string | number, Latest>();
  private waiting: { readonly seq: number; readonly overtakenBy: number }[] = [];
  private inversions = 0;
  private readonly late: number[] = [];
  private latest = Number.NEGATIVE_INFINITY;

  constructor(promised: OrderScope = "all") {
    this.promised = promised;
  }

  /** Arrivals that certainly came too late. */
  get reordered(): number {
    return this.inversions;
  }

  /** The first of them, as evidence. */
  get reorderedSeqs(): readonly number[] {
    return this.late;
  }

  /** Unix ms of the latest send among the arrivals; minus infinity before the first. */
  get latestSend(): number {
    return this.latest;
  }

  /**
   * Enters the first arrival of an event.
   *
   * @param sentAt Unix ms; NaN where it is unknown, and then order is judged by sequence numbers alone.
   */
  enter(publisher: number, seq: number, sentAt: number): void {
    const key = this.keyOf(publisher, seq);
    const overtaken = this.overtaken(key, publisher, seq, sentAt);
    if (Number.isNaN(sentAt)) return;
    this.latest = Math.max(this.latest, sentAt);
    const latest = this.latestOf.get(key);
    if (latest === undefined || sentAt > latest) this.latestOf.set(key, sentAt);
    else if (!overtaken && sentAt < latest && this.waiting.length < MOST_WAITING) {
      this.waiting.push({ seq, overtakenBy: latest });
    }
  }

  /** Judges arrivals in doubt whose publishers have reported by now. */
  judge(acknowledgements: Acknowledgements): void {
    if (this.waiting.length === 0) return;
    const { timeTolerance } = acknowledgements;
    this.waiting = this.waiting.filter(({ seq, overtakenBy }) => {
      const acknowledgedAt = acknowledgements.acknowledgedAt(seq);
      if (acknowledgedAt === null) return true;
      if (acknowledgedAt + timeTolerance < overtakenBy) this.invert(seq);
      return false;
    });
  }

  private keyOf(publisher: number, seq: number): string | number {
    if (this.promised === "all") return 0;
    return this.promised === "publisher" ? publisher : this.promised(seq);
  }

  /** Whether a later event of the same publisher and key had arrived before; counts it. */
  private overtaken(key: string | number, publisher: number, seq: number, sentAt: number): boolean {
    const place = typeof this.promised === "function" ? `${publisher} ${key}` : publisher;
    const highest = this.highestOf.get(place);
    if (highest === undefined || seq > highest.seq) {
      this.highestOf.set(place, { seq, sentAt });
      return false;
    }
    // A publisher may send a higher number first; its send times show it.
    if (sentAt > highest.sentAt) return false;
    this.invert(seq);
    return true;
  }

  private invert(seq: number): void {
    this.inversions++;
    if (this.late.length < EVIDENCE) this.late.push(seq);
  }
}
