/** The items that a pipeline's rows() or list() gives, checked. */
import type { Item } from "../core/observe.ts";

/** The pipeline's code gives what it must not. */
export class WronglyGiven extends Error {}

/** Checks what a user's function returned. @throws Error in one line for anything but items. */
export function itemsOf(name: "rows" | "list", given: unknown): readonly Item[] {
  if (!Array.isArray(given)) throw new WronglyGiven(`${name}() gives ${kindOf(given)}; allowed: a list`);
  if (name === "list") return numbered(given as readonly (Item | string)[]).map((item) => asItem(name, item));
  return given.map((item: unknown) => asItem(name, item));
}

function asItem(name: string, item: unknown): Item {
  const { id, text } = (item ?? {}) as Partial<Item>;
  if (typeof text !== "string")
    throw new WronglyGiven(`${name}() gives an item whose text is ${kindOf(text)}; allowed: a text`);
  if (/^(string|number|bigint)$/.test(typeof id)) return item as Item;
  throw new WronglyGiven(`${name}() gives an item whose id is ${kindOf(id)}; allowed: a text or a number`);
}

/** The type of a value, without the value, which may be a secret. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return value instanceof Promise ? "a promise" : `of type ${typeof value}`;
}

/** Gives ids to the items of a list without ids: equal ones are numbered. */
function numbered(items: readonly (Item | string)[]): readonly Item[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    if (typeof item !== "string") return item;
    const count = (counts.get(item) ?? 0) + 1;
    counts.set(item, count);
    return { id: `${count} ${item}`, text: item };
  });
}
