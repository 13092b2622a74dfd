import { Bitset } from "./bitset.ts";
import type { Window } from "./ledger.ts";
import { type Send, Sends } from "./sends.ts";

/** What became of an event at the moment of publishing. */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** Consecutive events that one publisher sent together, and what became of them. */
export interface Batch extends Send {
  readonly publisher: number;
  /** Sequence numbers that were not acknowledged; all others of the batch were. */
  readonly refused: readonly number[];
  readonly unknown: readonly number[];
}

/** What was published in a run: the publishers' side of the account. */
export class Publication {
  private readonly sends = new Sends();
  private readonly known = new Bitset();
  private readonly unacknowledged = new Bitset();
  private readonly refusals = new Bitset();
  private firstSend = Number.POSITIVE_INFINITY;
  private lastSend = Number.NEGATIVE_INFINITY;

  /** Events handed to the transport, whatever became of them. */
  get published(): number {
    return this.known.size;
  }

  get acknowledged(): number {
    return this.known.size - this.unacknowledged.size;
  }

  get refused(): number {
    return this.refusals.size;
  }

  /** Timed out or cut off before the acknowledgement: they may arrive or not. */
  get unknown(): number {
    return this.unacknowledged.size - this.refusals.size;
  }

  /** How many reports were entered: what follows from them holds until this changes. */
  get batchCount(): number {
    return this.sends.length;
  }

  /** From the first send to the last answer, or null before anything was published. */
  get span(): Window | null {
    return this.sends.length === 0 ? null : { from: this.firstSend, through: this.lastSend };
  }

  /** Enters one batch. A sequence number that was entered before is entered once. */
  record(batch: Batch): void {
    for (let seq = batch.firstSeq; seq < batch.firstSeq + batch.count; seq++) this.known.add(seq);
    for (const seq of batch.refused) if (this.unacknowledged.add(seq)) this.refusals.add(seq);
    for (const seq of batch.unknown) this.unacknowledged.add(seq);
    this.firstSend = Math.min(this.firstSend, batch.sentFrom);
    this.lastSend = Math.max(this.lastSend, batch.sentThrough);
    this.sends.push(batch);
  }

  /** Of what arrived, the events that no publisher reported. */
  unreported(seen: Bitset): Iterable<number> {
    return seen.without(this.known);
  }

  /** Of what arrived, the events that the transport refused: it promised that they would not. */
  contradicted(seen: Bitset): Iterable<number> {
    return this.refusals.size === 0 ? [] : seen.within(this.refusals);
  }

  /**
   * The events that must arrive on a path: acknowledged, sent inside the path's window, and matched
   * by its filter. Without a window, all that were acknowledged and match.
   */
  expected(selected: (seq: number) => boolean, window?: Window): Bitset {
    const expected = new Bitset();
    for (const { firstSeq, count, sentFrom, sentThrough } of this.sends) {
      if (window && (sentFrom < window.from || sentThrough > window.through)) continue;
      for (let seq = firstSeq; seq < firstSeq + count; seq++) {
        if (!this.unacknowledged.has(seq) && selected(seq)) expected.add(seq);
      }
    }
    return expected;
  }

  /** How many of such events were sent in each Unix second. */
  expectedBySecond(selected: (seq: number) => boolean, window?: Window): Map<number, number> {
    const seconds = new Map<number, number>();
    const counted = new Bitset();
    for (const batch of this.sends) {
      if (window && (batch.sentFrom < window.from || batch.sentThrough > window.through)) continue;
      let count = 0;
      for (let seq = batch.firstSeq; seq < batch.firstSeq + batch.count; seq++) {
        if (!this.unacknowledged.has(seq) && selected(seq) && counted.add(seq)) count++;
      }
      const second = Math.floor(batch.sentFrom / 1000);
      if (count > 0) seconds.set(second, (seconds.get(second) ?? 0) + count);
    }
    return seconds;
  }

  /** When event `seq` was sent, in Unix ms, or null if it was not reported. */
  sentAt(seq: number): number | null {
    for (const { firstSeq, count, sentFrom } of this.sends) {
      if (seq >= firstSeq && seq < firstSeq + count) return sentFrom;
    }
    return null;
  }
}
