/** Rows and lists: what has an id is looked for again and again, and once more at the end. What was wrong once stays so. */
import { createHash } from "node:crypto";
import type { Arrival, Item } from "../core/observe.ts";

/** A far end that is looked at. */
export interface FarEndContext {
  readonly kind: string;
  now(): number;
  /** @param at null where nobody can say when it came. @returns how many identities of the run were in it, whole or damaged. */
  arrived(arrival: Arrival, at: number | null): number;
  counted(count: number): void;
  /** Which events of the run a text carries; empty where it carries none. */
  carriedBy(text: string): string;
  /** An item may have gained events. @param before which ones it carried. @returns which ones it does now, if it has. */
  gained(arrival: Arrival, at: number | null, before: string): string;
  /** An item is not any more what it was. */
  changed(arrival: Arrival, at: number, before: string): void;
  looked(problem: string | null, vanished?: number): void;
}

/** What a poll looks at. */
export interface Poll {
  look(): Promise<void>;
  /** Looks at everything. @returns how much of what was there is gone. */
  lookAgain(): Promise<number>;
}

/** What a file's own function gives, which no compiler has looked at. @throws Error in one line for what are no items. */
export function itemsOf(name: "rows" | "list", given: unknown): readonly Item[] {
  if (!Array.isArray(given)) throw new Error(`${name}() gives ${kindOf(given)}; allowed: a list`);
  if (name === "list") return numbered(given as readonly (Item | string)[]).map((item) => asItem(name, item));
  return given.map((item: unknown) => asItem(name, item));
}

function asItem(name: string, item: unknown): Item {
  const { id, text } = (item ?? {}) as Partial<Item>;
  if (typeof text !== "string")
    throw new Error(`${name}() gives an item whose text is ${kindOf(text)}; allowed: a text`);
  if (/^(string|number|bigint)$/.test(typeof id)) return item as Item;
  throw new Error(`${name}() gives an item whose id is ${kindOf(id)}; allowed: a text or a number`);
}

/** What a value is, without itself: it may hold a secret. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return value instanceof Promise ? "a promise" : `of type ${typeof value}`;
}

/** The items of a list that gives them no ids: of equal ones the first, the second and so on. */
function numbered(items: readonly (Item | string)[]): readonly Item[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    if (typeof item !== "string") return item;
    const count = (counts.get(item) ?? 0) + 1;
    counts.set(item, count);
    return { id: `${count} ${item}`, text: item };
  });
}

/** What is remembered of an item. */
interface Seen {
  readonly digest: string;
  readonly carried: string;
  /** Of its text: what gains an event becomes longer, and to read each text again each time would cost more. */
  readonly length: number;
}

function seenOf(item: Item, carried: string): Seen {
  return { digest: digestOf(item), carried, length: item.text.length };
}

/** Keys that grow: what comes later stands behind what is there. Of others, as UUIDs, nobody knows where it will stand. */
const grows = (id: Item["id"] | null) => typeof id !== "string" || /^\d+(-\d+)?$/.test(id);

/** Rows are read again when so many times as long has passed as that took, and all of them before it looks as if none came. */
const REST = 10;
const LONGEST_REST_MS = 2_000;
/** Where keys grow, what was passed within so long is read again: it may have been invisible still, and gain events. */
const LATE_MS = 10_000;

/** Rows or items with ids: each is entered once, and at the end all are looked at again. */
export class Items implements Poll {
  private readonly farEnd: FarEndContext;
  private readonly after: (id: Item["id"] | null) => Promise<readonly Item[]>;
  private readonly seen = new Map<string, Seen>();
  private last: Item["id"] | null = null;
  private readonly isList: boolean;
  private againAt = 0;
  /** How far had been read at moments of the last {@link LATE_MS}. */
  private marks: { readonly at: number; readonly last: Item["id"] | null }[] = [];
  /** Behind which row the next ones are read again; undefined where that begins anew. */
  private again: Item["id"] | null | undefined;
  private readonly now: () => number;

  /** @param now ms by a clock that nobody sets. */
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
    const regard = (item: Item, before: Seen) => this.regard(item, before);
    const began = this.now();
    const isAgain = began >= this.againAt;
    if (this.isList || !grows(this.last)) {
      await this.read(this.isList || isAgain ? null : this.last, regard);
      if (isAgain) this.rest(began, LONGEST_REST_MS);
      return;
    }
    // What is new comes first: it is dated by when it is read.
    await this.read(this.last, regard);
    this.marks.push({ at: began, last: this.last });
    if (!isAgain) return;
    const from = this.now();
    await this.readPageAgain(from, regard);
    this.rest(from);
  }

  /** Nothing is read again until many times as long has passed as it took since a moment, or the longest rest. */
  private rest(since: number, longest = Number.POSITIVE_INFINITY): void {
    const now = this.now();
    const took = now - since;
    this.againAt = now + Math.min(REST * took, Math.max(longest, took));
  }

  /** One page of rows that were passed a moment ago; whoever read all of them at once would date what is new too late. */
  private async readPageAgain(now: number, met: (item: Item, before: Seen) => void): Promise<void> {
    const after = this.again === undefined ? this.againFrom(now) : this.again;
    const items = await this.after(after);
    this.enterAll(items, met, this.farEnd.now());
    const end = items.at(-1)?.id;
    this.again = end === undefined || end === after || end === this.last ? undefined : end;
  }

  /** Behind which row is read again. */
  private againFrom(now: number): Item["id"] | null {
    const passed = this.marks.findLast(({ at }) => at <= now - LATE_MS) ?? this.marks[0];
    if (passed === undefined) return this.last;
    this.marks = this.marks.filter(({ at }) => at >= passed.at);
    return passed.last;
  }

  /** What became visible behind the last row, what has changed, and what is not there any more. */
  async lookAgain(): Promise<number> {
    const there = new Set<string>();
    // Only the last of many rows are read again and again: of others nobody knows since when they are so.
    const at = this.isList || !grows(this.last) ? this.farEnd.now() : null;
    const met = (item: Item, before: Seen) => {
      const carried = this.farEnd.carriedBy(item.text);
      if (carried !== "") there.add(String(item.id));
      const seen = seenOf(item, carried);
      if (carried === "" || seen.digest === before.digest) return;
      const kept = this.farEnd.gained(item, at, before.carried);
      this.farEnd.changed(item, this.farEnd.now(), kept);
      this.seen.set(String(item.id), seen);
    };
    await this.read(null, met, at);
    return [...this.seen.keys()].filter((id) => !there.has(id)).length;
  }

  /** @param met is told of each item that was entered before. @param at when what is new has come; null where nobody can say. */
  private async read(
    from: Item["id"] | null,
    met: (item: Item, before: Seen) => void,
    at: number | null = this.farEnd.now(),
  ): Promise<void> {
    let after = from;
    for (;;) {
      const items = await this.after(after);
      this.enterAll(items, met, at);
      const end = items.at(-1)?.id ?? null;
      if (this.isList || end === null) return;
      if (end === after)
        throw new Error(`rows(${String(after)}) gives row ${String(end)} again; it must give those behind it`);
      after = end;
      this.last = end;
    }
  }

  private enterAll(items: readonly Item[], met: (item: Item, before: Seen) => void, at: number | null): void {
    for (const item of items) {
      const before = this.seen.get(String(item.id)) ?? this.enter(item, at === null ? null : this.farEnd.now());
      if (before !== null) met(item, before);
    }
  }

  /** Events that an item gains arrive now; what else became of it, the end tells. */
  private regard(item: Item, before: Seen): void {
    if (item.text.length === before.length) return;
    const carried = this.farEnd.gained(item, this.farEnd.now(), before.carried);
    this.seen.set(String(item.id), { ...before, length: item.text.length, carried });
  }

  /** Those of other runs are as many as the table is old: they are read, and not remembered. */
  private enter(item: Item, at: number | null): Seen | null {
    if (this.farEnd.arrived(item, at) === 0) return null;
    const seen = seenOf(item, this.farEnd.carriedBy(item.text));
    this.seen.set(String(item.id), seen);
    return seen;
  }
}

function digestOf({ path = "", text }: Item): string {
  return createHash("md5").update(`${path}\n${text}`).digest("base64");
}
