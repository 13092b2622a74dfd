/** The keys of rows, as a database sorts them. */
import type { Item } from "../core/observe.ts";

/** Whether keys grow, so that new rows come after known ones. For other keys, such as UUIDs, their place is unknown. */
export const grows = (id: Item["id"] | null) => typeof id !== "string" || /^\d+(-\d+)?$/.test(id);

/**
 * A page of rows, whose numbers must rise from the row before the page: behind its last the next one begins.
 *
 * @throws Error in one line.
 */
export function inOrder(after: Item["id"] | null, rows: readonly Item[]): readonly Item[] {
  for (const [place, { id }] of rows.entries()) {
    const before = rows[place - 1]?.id ?? after;
    if (before === null || !isSmaller(id, before)) continue;
    throw new Error(
      `rows(${String(after)}) gives row ${id} behind row ${before}; it must give them in the order of their ids`,
    );
  }
  return rows;
}

/** Of whole numbers, both as numbers and as texts; of other keys nobody knows how their database sorts them. */
function isSmaller(one: Item["id"], other: Item["id"]): boolean {
  const [left, right] = [String(one), String(other)];
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return false;
  return BigInt(left) < BigInt(right) && (typeof one !== "string" || left < right);
}
