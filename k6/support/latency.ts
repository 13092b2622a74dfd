import type { Response } from "k6/http";

/**
 * How long a client waits for an answer, in ms: from its wish to the last byte, with the wait for a
 * connection and its making, which k6's own duration leaves out.
 */
export function latencyOf({ blocked, connecting, tls_handshaking, duration }: Response["timings"]): number {
  return blocked + connecting + tls_handshaking + duration;
}
