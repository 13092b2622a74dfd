/**
 * Which arrivals of a path came in the wrong order. Who sent them does not matter, only when: an event that was
 * acknowledged before another was sent comes first. Of events that were on their way at the same time nobody
 * promised anything, but for those that one publisher sent one after the other.
 */

/** What is known of when events were acknowledged. */
export interface Acknowledgements {
  /** Unix ms by which an event was acknowledged: null while nobody has reported it, infinite when it never was. */
  acknowledgedAt(seq: number): number | null;
  /** How far an acknowledgement must lie before a send, in ms, to have come first for certain. */
  readonly timeTolerance: number;
}

/** Which events of a path have an order among them: those of one publisher, those of one key, or all. */
export type OrderScope = "publisher" | "all" | ((seq: number) => string | number);

/** Arrivals that wait for their publisher's report; what is never reported must not fill the memory. */
const MOST_WAITING = 1_000_000;

/** The event of one publisher that was sent last of those that arrived. */
interface Latest {
  readonly seq: number;
  readonly sentAt: number;
}

/**
 * The order of one path. Keeps for each key when the latest of its events was sent that arrived, for each publisher
 * its highest number, and arrivals only while they are in doubt: sent before an earlier arrival, by a publisher that
 * has not yet reported when they were acknowledged.
 */
export class Order {
  private readonly promised: OrderScope;
  private readonly latestOf = new Map<string | number, number>();
  private readonly highestOf = new Map<string | number, Latest>();
  private waiting: { readonly seq: number; readonly overtakenBy: number }[] = [];
  private inversions = 0;
  private latest = Number.NEGATIVE_INFINITY;

  constructor(promised: OrderScope = "all") {
    this.promised = promised;
  }

  /** Arrivals that are known to have come too late. */
  get reordered(): number {
    return this.inversions;
  }

  /** Unix ms at which the latest of the events that arrived was sent; minus infinity before the first. */
  get latestSend(): number {
    return this.latest;
  }

  /**
   * Enters the first arrival of an event.
   *
   * @param sentAt Unix ms; not a number where it is not known, and order is judged by numbers alone.
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

  /** Judges the arrivals in doubt that have been reported by now. */
  judge(acknowledgements: Acknowledgements): void {
    if (this.waiting.length === 0) return;
    const { timeTolerance } = acknowledgements;
    this.waiting = this.waiting.filter(({ seq, overtakenBy }) => {
      const acknowledgedAt = acknowledgements.acknowledgedAt(seq);
      if (acknowledgedAt === null) return true;
      if (acknowledgedAt + timeTolerance < overtakenBy) this.inversions++;
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
    // A publisher may send a higher number first; then its own clock says so.
    if (sentAt > highest.sentAt) return false;
    this.inversions++;
    return true;
  }
}
