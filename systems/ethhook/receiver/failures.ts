/** How a webhook that belongs to a run was answered, when it was not taken. */
export const REFUSALS = ["answered 503", "answered 404", "cut off", "wrong signature"] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A sender that comes back sooner has no patience: it would fall upon a receiver that is just recovering. */
const HASTY_MS = 50;

/** Pauses of a sender's retries vary by a fifth. */
const JITTER = 1.2;

/** A sender that has waited for so long waits no more than twice that before its next attempt. */
const BACKOFF_FACTOR = 2;

/** A delivery whose last attempt was refused. */
interface FailedDelivery {
  readonly at: number;
  readonly why: Refusal;
  /** Attempts seen here. */
  readonly attempts: number;
  /** The largest number that a header gave one of them. */
  readonly claimed: number;
  /** Unix ms after which no further attempt can be expected. */
  readonly openUntil: number;
}

/** An attempt as its request says it. */
export interface AttemptAt {
  /** Unix ms at which its headers were accepted. */
  readonly at: number;
  /** Which attempt it is by the sender's own count. */
  readonly claimed: number;
}

/** The deliveries of one endpoint whose last attempt failed. */
export class Failures {
  private readonly failed = new Map<number, FailedDelivery>();
  private readonly pauses: readonly number[];
  private hurried = 0;
  private unraised = 0;
  private inARow = 0;
  private longest = 0;

  /** @param pauses ms that the sender waits after its first, second, ... attempt; after the last it gives up. */
  constructor(pauses: readonly number[]) {
    this.pauses = pauses;
  }

  /** Attempts that came too soon after one of the same delivery that failed. */
  get hasty(): number {
    return this.hurried;
  }

  /** Second and later attempts whose header gave no higher number than an earlier one's. */
  get unraisedHeaders(): number {
    return this.unraised;
  }

  /** The most attempts that were refused one after the other. */
  get longestRow(): number {
    return this.longest;
  }

  /** An attempt has come, however it will be answered. */
  attempted(seq: number, { at, claimed }: AttemptAt): void {
    const last = this.failed.get(seq);
    if (last === undefined) return;
    if (at - last.at < HASTY_MS) this.hurried++;
    if (claimed <= last.claimed) this.unraised++;
  }

  /** It was not taken. @param at Unix ms at which it was answered. */
  refused(seq: number, at: number, claimed: number, why: Refusal): void {
    const last = this.failed.get(seq);
    const attempts = (last?.attempts ?? 0) + 1;
    // Attempts that never got here are known from the header alone.
    const planned = this.pauses[Math.max(attempts, claimed) - 1];
    const observed = last === undefined || planned === undefined ? 0 : (at - last.at) * BACKOFF_FACTOR;
    const openUntil = at + JITTER * Math.max(planned ?? 0, observed);
    this.failed.set(seq, { at, why, attempts, claimed: Math.max(claimed, last?.claimed ?? 0), openUntil });
    this.longest = Math.max(this.longest, ++this.inARow);
  }

  /** It was taken. @returns whether an attempt at it had been refused before. */
  succeeded(seq: number): boolean {
    this.inARow = 0;
    return this.failed.delete(seq);
  }

  /** Whether a further attempt at a delivery can be expected. */
  isOpen(seq: number, now: number): boolean {
    return now < (this.failed.get(seq)?.openUntil ?? Number.NEGATIVE_INFINITY);
  }

  /** Whether the last attempt at a delivery was refused. */
  has(seq: number): boolean {
    return this.failed.has(seq);
  }

  /** Unix ms after which no further attempt at any delivery can be expected. */
  get openUntil(): number {
    let latest = Number.NEGATIVE_INFINITY;
    for (const { openUntil } of this.failed.values()) latest = Math.max(latest, openUntil);
    return latest;
  }

  /** Deliveries whose last attempt failed and that are not sent again, by how. */
  abandoned(now: number): ReadonlyMap<Refusal, number> {
    const counts = new Map<Refusal, number>();
    for (const { why, openUntil } of this.failed.values()) {
      if (now >= openUntil) counts.set(why, (counts.get(why) ?? 0) + 1);
    }
    return counts;
  }
}
