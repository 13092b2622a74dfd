import type { StorageAccount } from "../../../core/account.ts";
import type { Balance } from "../../../core/settling.ts";
import { WORKER_KEYS } from "../wire.ts";
import type { QueueReading } from "./keys.ts";

/** What the readings of the ingestor's keys in Redis show over time. */
export class QueueHistory {
  /** The latest reading; null when Redis is not observed or away. */
  latest: QueueReading | null = null;
  /** The worker's last total of stored messages; null before the first. */
  private stored: number | null = null;
  private decrease: StorageAccount["setBack"] = null;
  private leastHeld = Number.POSITIVE_INFINITY;
  private movedAt = Number.NEGATIVE_INFINITY;
  private emptySince: number | null = null;

  /** Enters a reading. @param at Unix ms. @param underLoad whether publishers are still sending. */
  enter(reading: QueueReading | null, at: number, underLoad: boolean): void {
    this.latest = reading;
    const held = this.balance.held ?? 0;
    if (reading === null || held > 0) this.emptySince = null;
    else this.emptySince ??= at;
    if (underLoad || held < this.leastHeld) {
      this.leastHeld = held;
      this.movedAt = at;
    }
    const stored = reading?.worker[WORKER_KEYS.total];
    if (stored === undefined) return;
    if (this.stored !== null && stored < this.stored) this.decrease = { from: this.stored, to: stored };
    this.stored = stored;
  }

  /** The state of messages that are not rows yet. */
  get balance(): Balance {
    const { latest, movedAt, emptySince } = this;
    return { held: latest === null ? null : latest.pending + latest.buffered, movedAt, emptySince };
  }

  /** How the worker's total went back, as it does only if the worker or Redis was replaced; null if it never did. */
  get setBack(): StorageAccount["setBack"] {
    const { latest, stored } = this;
    const isThere = latest === null || latest.worker[WORKER_KEYS.total] !== undefined;
    return this.decrease ?? (stored === null || isThere ? null : { from: stored, to: null });
  }
}
