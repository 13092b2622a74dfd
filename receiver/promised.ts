/** What the far ends of a run promise about the order of their deliveries. */
import { type Stream, variantIndex } from "../core/event.ts";
import type { OrderScope, PromisedOrder } from "../core/order.ts";

/** The events that have an order among them; where none is promised, what came late is only counted. */
export function scopeOf(order: PromisedOrder, { seed, variants }: Stream): OrderScope {
  if (order === "none") return "all";
  if (order === "per publisher") return "publisher";
  if (order === "all") return order;
  const values = variants.map((variant) => variant[order.per]?.[0] ?? "");
  return (seq) => values[variantIndex(seed, seq, Math.max(1, values.length))] ?? "";
}

/** What is held of a run with several far ends: the least that one promises. */
export function leastOf(orders: readonly PromisedOrder[]): PromisedOrder {
  return orders.find((order) => order === "none") ?? orders.find((order) => order !== "all") ?? "all";
}
