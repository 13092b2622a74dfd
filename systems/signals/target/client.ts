import type { IncomingHttpHeaders } from "node:http";

/** Headers in which proxies name the client that they speak for, and anybody may name anybody. */
const NAMING = ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip"];

/**
 * Who sends a request: the other end of its connection. Headers are believed only where the fault is
 * planted that lets a client choose who it is.
 */
export function clientOf(address: string, headers: IncomingHttpHeaders, trusting: boolean): string {
  if (!trusting) return address;
  const named = NAMING.map((header) => headers[header]).find((value) => value !== undefined);
  return named === undefined ? address : String(named);
}
