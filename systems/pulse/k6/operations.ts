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
