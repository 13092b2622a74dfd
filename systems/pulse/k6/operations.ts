import type { ControlFrame } from "../frames.ts";

/** One thing a session asked of the gateway. */
export type Operation = "connect" | "subscribe" | "list" | "ping" | "unsubscribe";

/** Which frame answers which operation. */
export const ANSWERS: ReadonlyMap<string, Operation> = new Map([
  ["connected", "connect"],
  ["subscribed", "subscribe"],
  ["subscriptions", "list"],
  ["pong", "ping"],
  ["unsubscribed", "unsubscribe"],
]);

/** What is wrong with an answer, or null. */
export function failureOf(operation: Operation, { data }: ControlFrame): string | null {
  if (operation === "list" && data?.count !== 1) return `lists ${data?.count} subscriptions, not 1`;
  if (operation === "subscribe" && data?.subscription_id === undefined) return "the subscription has no id";
  return null;
}
