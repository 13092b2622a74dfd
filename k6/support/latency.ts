import type { Response } from "k6/http";

/** Whether another address answered than was asked. Both are as k6 writes them: it escapes `é`, and `HTTP:` is `http:`. */
export function wasRedirected({ url, request }: { url: string; request: { url: string } }): boolean {
  return url !== request.url;
}

/**
 * How long a client waits for an answer, in ms: from its wish to the last byte, with the wait for a
 * connection and its making, which k6's own duration leaves out.
 */
export function latencyOf({ blocked, connecting, tls_handshaking, duration }: Response["timings"]): number {
  return blocked + connecting + tls_handshaking + duration;
}
