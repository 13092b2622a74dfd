import { Bitset } from "./bitset.ts";

/** How often each of some events came: one bit for those that came once, more for those that came more often. */
export class Copies {
  /** The events that came. */
  readonly events = new Bitset();
  // Absent until an event comes again: a run may have ten thousand paths.
  private more: Map<number, number> | null = null;

  /** Enters an arrival of an event. */
  add(seq: number): void {
    if (this.events.add(seq)) return;
    this.more ??= new Map();
    this.more.set(seq, (this.more.get(seq) ?? 0) + 1);
  }

  /** How often an event came. */
  of(seq: number): number {
    return this.events.has(seq) ? 1 + (this.more?.get(seq) ?? 0) : 0;
  }
}
