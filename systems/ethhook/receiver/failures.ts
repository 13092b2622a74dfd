/** How a webhook of a run was answered that was not accepted. */
export const REFUSALS = ["answered 503", "answered 404", "cut off", "wrong signature"] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A retry that comes sooner is too hasty: it hits a receiver that is just recovering. */
const HASTY_MS = 50;

/** Pauses of a sender's retries vary by a fifth. */
const JITTER = 1.2;

/** After a pause this long, a sender waits at most twice as long before its next attempt. */
const BACKOFF_FACTOR = 2;

/** A delivery whose last attempt was refused. */
interface FailedDelivery {
  readonly at: number;
  readonly why: Refusal;
  /** Number of attempts seen here. */
  readonly attempts: number;
  /** The highest attempt number in a header. */
  readonly claimed: number;
  /** Unix ms after which no further attempt can come. */
  readonly openUntil: number;
}

/** An attempt, as its request describes it. */
export interface AttemptAt {
  /** Unix ms when its headers arrived. */
  readonly at: number;
  /** The sender's number of the attempt. */
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

  /** @param pauses of the sender in ms after its first, second, ... attempt; after the last one it gives up. */
  constructor(pauses: readonly number[]) {
    this.pauses = pauses;
  }

  /** Attempts that came too soon after a failed one of the same delivery. */
  get hasty(): number {
    return this.hurried;
  }

  /** Retries whose header had no higher number than an earlier one. */
  get unraisedHeaders(): number {
    return this.unraised;
  }

  /** The longest series of refused attempts. */
  get longestRow(): number {
    return this.longest;
  }

  /** An attempt has arrived, whatever the answer will be. */
  attempted(seq: number, { at, claimed }: AttemptAt): void {
    const last = this.failed.get(seq);
    if (last === undefined) return;
    if (at - last.at < HASTY_MS) this.hurried++;
    if (claimed <= last.claimed) this.unraised++;
  }

  /** It was not accepted. @param at Unix ms of the answer. */
  refused(seq: number, at: number, claimed: number, why: Refusal): void {
    const last = this.failed.get(seq);
    const attempts = (last?.attempts ?? 0) + 1;
    // Attempts that never arrived here are known only from the header.
    const planned = this.pauses[Math.max(attempts, claimed) - 1];
    const observed = last === undefined || planned === undefined ? 0 : (at - last.at) * BACKOFF_FACTOR;
    const openUntil = at + JITTER * Math.max(planned ?? 0, observed);
    this.failed.set(seq, { at, why, attempts, claimed: Math.max(claimed, last?.claimed ?? 0), openUntil });
    this.longest = Math.max(this.longest, ++this.inARow);
  }

  /** It was accepted. @returns whether an earlier attempt was refused. */
  succeeded(seq: number): boolean {
    this.inARow = 0;
    return this.failed.delete(seq);
  }

  /** Whether a delivery may still be retried. */
  isOpen(seq: number, now: number): boolean {
    return now < (this.failed.get(seq)?.openUntil ?? Number.NEGATIVE_INFINITY);
  }

  /** Whether the last attempt of a delivery was refused. */
  has(seq: number): boolean {
    return this.failed.has(seq);
  }

  /** Unix ms after which no delivery can be retried any more. */
  get openUntil(): number {
    let latest = Number.NEGATIVE_INFINITY;
    for (const { openUntil } of this.failed.values()) latest = Math.max(latest, openUntil);
    return latest;
  }

  /** Deliveries whose last attempt failed and that are not retried any more, by answer. */
  abandoned(now: number): ReadonlyMap<Refusal, number> {
    const counts = new Map<Refusal, number>();
    for (const { why, openUntil } of this.failed.values()) {
      if (now >= openUntil) counts.set(why, (counts.get(why) ?? 0) + 1);
    }
    return counts;
  }
}
