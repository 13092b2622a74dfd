import type { IncomingHttpHeaders } from "node:http";

/** Headers in which proxies pass on a client's address, and which any client can forge. */
const NAMING = ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip"];

/**
 * The client's address: the other end of the connection. Headers count only if the fault is planted that trusts them.
 */
export function clientOf(address: string, headers: IncomingHttpHeaders, trusting: boolean): string {
  if (!trusting) return address;
  const named = NAMING.map((header) => headers[header]).find((value) => value !== undefined);
  return named === undefined ? address : String(named);
}
