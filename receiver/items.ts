/**
 * Polls rows and lists: items have ids, are read again and again, and once more at the end. A fault that was seen once
 * counts.
 */
import { createHash } from "node:crypto";
import type { Item } from "../core/observe.ts";
import { placesIn } from "./findings.ts";
import { grows, inOrder } from "./keys.ts";
import type { FarEndContext, Poll } from "./poll.ts";

/** What is kept of an item. */
interface Seen {
  readonly digest: string;
  readonly carried: string;
  /**
   * Length of its text: a text that gains an event becomes longer, and comparing each text each time would cost more.
   */
  readonly length: number;
  /** How often the list had begun anew when it was seen. */
  readonly cut: number;
}

function seenOf(item: Item, carried: string, cut: number): Seen {
  return { digest: digestOf(item), carried, length: item.text.length, cut };
}

/**
 * Earlier rows are read again after a pause of this many times that reading's duration. If all of them have to be read,
 * the pause has a limit, before it looks as if nothing arrived.
 */
const REST = 10;
const LONGEST_REST_MS = 2_000;
/** Where keys grow, rows read within this time are read again: others may have been invisible then, or gain events. */
const LATE_MS = 10_000;

/** Items of a shorter list that are compared with what they were: to find the events of all takes long. */
const SAMPLED = 20;

/** Rows or items with ids: each is entered once, and all are read again at the end. */
export class Items implements Poll {
  private readonly farEnd: FarEndContext;
  private readonly after: (id: Item["id"] | null) => Promise<readonly Item[]>;
  private readonly seen = new Map<string, Seen>();
  private last: Item["id"] | null = null;
  private readonly isList: boolean;
  private againAt = 0;
  /** Positions of the readings within the last {@link LATE_MS}. */
  private marks: { readonly at: number; readonly last: Item["id"] | null }[] = [];
  /** The row after which the repeated reading goes on; undefined where it starts anew. */
  private again: Item["id"] | null | undefined;
  private readonly now: () => number;
  /** Number of items of a list in its last reading, and how often it had begun anew. */
  private items = 0;
  private cuts = 0;
  /** All events that were there before the list began anew, and those of items in whose place others came. */
  private readonly known = new Set<string>();
  private readonly displaced: string[] = [];
  /** Unix ms before the last look began, and before the last reading of everything, or of all that was passed lately. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  private wholeAt = Number.NEGATIVE_INFINITY;
  private roundAt = Number.NEGATIVE_INFINITY;
  private roundBegan = Number.NEGATIVE_INFINITY;

  /** @param now a monotonic clock in ms. */
  constructor(
    farEnd: FarEndContext,
    after: (id: Item["id"] | null) => Promise<readonly Item[]>,
    now: () => number = () => performance.now(),
  ) {
    this.farEnd = farEnd;
    this.after = after;
    this.now = now;
    this.isList = farEnd.kind === "list";
  }

  async look(): Promise<void> {
    const at = this.farEnd.now();
    await this.lookOnce(at);
    this.lookedAt = at;
  }

  private async lookOnce(at: number): Promise<void> {
    const regard = (item: Item, before: Seen) => this.regard(item, before);
    const began = this.now();
    const isAgain = began >= this.againAt;
    if (this.isList || !grows(this.last)) {
      const isWhole = this.isList || isAgain;
      // Among keys that do not grow, new rows may stand anywhere: only a reading of all shows that they were not there.
      this.farEnd.absentAt(isWhole ? this.wholeAt : this.lookedAt);
      await this.read(isWhole ? null : this.last, regard);
      if (isWhole) this.wholeAt = at;
      if (isAgain) this.rest(began, LONGEST_REST_MS);
      return;
    }
    // New rows come first, because they are dated by when they are read.
    this.farEnd.absentAt(this.lookedAt);
    await this.read(this.last, regard);
    this.marks.push({ at: began, last: this.last });
    if (!isAgain) return;
    const from = this.now();
    await this.readPageAgain(from, regard);
    this.rest(from);
  }

  /** Rests for many times the duration since a moment, but not longer than the longest rest. */
  private rest(since: number, longest = Number.POSITIVE_INFINITY): void {
    const now = this.now();
    const took = now - since;
    this.againAt = now + Math.min(REST * took, Math.max(longest, took));
  }

  /** One page of rows that were passed recently. Reading all of them at once would delay, and so misdate, new ones. */
  private async readPageAgain(now: number, onKnown: (item: Item, before: Seen) => void): Promise<void> {
    if (this.again === undefined) {
      this.roundAt = this.roundBegan;
      this.roundBegan = this.farEnd.now();
    }
    // What it finds was not there when the round before came by, or when the row behind it was passed since.
    this.farEnd.absentAt(this.roundAt);
    const after = this.again === undefined ? this.againFrom(now) : this.again;
    const items = inOrder(after, await this.after(after));
    this.enterAll(items, onKnown);
    const end = items.at(-1)?.id;
    this.again = end === undefined || end === after || end === this.last ? undefined : end;
  }

  /** The row after which to read again. */
  private againFrom(now: number): Item["id"] | null {
    const passed = this.marks.findLast(({ at }) => at <= now - LATE_MS) ?? this.marks[0];
    if (passed === undefined) return this.last;
    this.marks = this.marks.filter(({ at }) => at >= passed.at);
    return passed.last;
  }

  /** Finds rows that became visible late, changed, or disappeared. */
  async lookAgain(): Promise<readonly string[]> {
    const there = new Set<string>();
    const present = new Set<string>();
    this.farEnd.absentAt(this.isList ? this.lookedAt : this.wholeAt);
    // Where only the last of many rows are read repeatedly, it is unknown since when the others have changed.
    const isDated = this.isList || !grows(this.last);
    const onKnown = (item: Item, before: Seen) => {
      const carried = this.farEnd.carriedBy(item.text);
      if (carried !== "") there.add(String(item.id));
      for (const place of placesIn(carried)) present.add(place);
      const seen = seenOf(item, carried, this.cuts);
      if (carried === "" || seen.digest === before.digest) return;
      const kept = this.farEnd.gained(item, isDated ? this.farEnd.now() : null, before.carried);
      this.farEnd.changed(item, this.farEnd.now(), kept);
      this.seen.set(String(item.id), seen);
    };
    await this.read(null, onKnown, isDated);
    const gone = [...this.seen].flatMap(([id, { carried }]) => (there.has(id) ? [] : [carried]));
    return [...gone, ...this.displaced].filter((carried) => !placesIn(carried).every((place) => present.has(place)));
  }

  /**
   * @param onKnown called for each item that was entered before. @param isDated whether new items arrive as they are read.
   */
  private async read(
    from: Item["id"] | null,
    onKnown: (item: Item, before: Seen) => void,
    isDated = true,
  ): Promise<void> {
    let after = from;
    for (;;) {
      const items = this.isList ? await this.after(after) : inOrder(after, await this.after(after));
      if (this.isList) this.compareLength(items);
      this.enterAll(items, onKnown, isDated);
      const end = items.at(-1)?.id ?? null;
      if (this.isList || end === null) return;
      if (end === after)
        throw new Error(`rows(${String(after)}) gives row ${String(end)} again; it must give those behind it`);
      after = end;
      this.last = end;
    }
  }

  private enterAll(items: readonly Item[], onKnown: (item: Item, before: Seen) => void, isDated = true): void {
    for (const item of items) {
      // Not before they were asked for: one may have been published meanwhile.
      const at = isDated ? this.farEnd.now() : null;
      const before = this.seenBefore(item, at) ?? this.enter(item, at);
      if (before !== null) onKnown(item, before);
    }
  }

  /** Events that an item gains have arrived now; other changes are judged at the end. */
  private regard(item: Item, before: Seen): void {
    if (item.text.length === before.length) return;
    const carried = this.farEnd.gained(item, this.farEnd.now(), before.carried);
    this.seen.set(String(item.id), { ...before, length: item.text.length, carried });
  }

  /** A list that loses items may have begun anew, and give their ids to others: some of them show it. */
  private compareLength(items: readonly Item[]): void {
    const isShorter = items.length < this.items;
    this.items = items.length;
    const step = Math.max(1, Math.floor(items.length / SAMPLED));
    if (!isShorter || !items.some((item, place) => place % step === 0 && this.isOther(item))) return;
    this.cuts++;
    for (const { carried } of this.seen.values()) for (const place of placesIn(carried)) this.known.add(place);
  }

  /** Whether an item carries events, and none of those that it carried before. */
  private isOther(item: Item): boolean {
    const before = placesIn(this.seen.get(String(item.id))?.carried ?? "");
    if (before.length === 0) return false;
    const places = placesIn(this.farEnd.carriedBy(item.text));
    return places.length > 0 && !before.some((place) => places.includes(place));
  }

  /** What was seen of an item, unless another one has come in its place; then that is entered. */
  private seenBefore(item: Item, at: number | null): Seen | undefined {
    const before = this.seen.get(String(item.id));
    if (before === undefined || before.cut === this.cuts) return before;
    const carried = this.farEnd.carriedBy(item.text);
    const places = placesIn(carried);
    const isOther = this.isOther(item);
    const seen = isOther ? seenOf(item, carried, this.cuts) : { ...before, cut: this.cuts };
    this.seen.set(String(item.id), seen);
    // From now on it is there again, and may come twice.
    if (!isOther) for (const place of places) this.known.delete(place);
    if (!isOther) return seen;
    this.farEnd.beganAnew();
    this.displaced.push(before.carried);
    this.gain(item, at, places);
    return seen;
  }

  /** What had been there before the list began anew has not come twice when it comes back. */
  private gain(item: Item, at: number | null, places: readonly string[]): void {
    this.farEnd.gained(item, at, places.filter((place) => this.known.has(place)).join(" "));
    for (const place of places) this.known.delete(place);
  }

  /** Rows of other runs may be many: they are read, but not kept. */
  private enter(item: Item, at: number | null): Seen | null {
    // Only a list that has begun anew gives events again that it had given under other ids.
    const places = this.known.size === 0 ? [] : placesIn(this.farEnd.carriedBy(item.text));
    if (places.some((place) => this.known.has(place))) this.gain(item, at, places);
    else if (this.farEnd.arrived(item, at) === 0) return null;
    const seen = seenOf(item, this.farEnd.carriedBy(item.text), this.cuts);
    this.seen.set(String(item.id), seen);
    return seen;
  }
}

function digestOf({ path = "", text }: Item): string {
  return createHash("md5").update(`${path}\n${text}`).digest("base64");
}
