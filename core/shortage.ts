/** What the text of a failed attempt tells: that our own machine ran out of something, or that no connection was made. */
import { plainReason, type Reason } from "./reason.ts";

/** What a machine that makes load runs out of. */
export type Shortage = "descriptors" | "ports" | "memory" | "names" | "proxy";

/** How each shortage is spelled by Go and by the system, what it means, and what helps. The first that fits is it. */
export const SHORTAGES: readonly { kind: Shortage; spelled: RegExp; what: string; raise: string }[] = [
  {
    kind: "proxy",
    spelled: /proxyconnect|Proxy Authentication Required|socks connect/i,
    what: "this machine's proxy refused",
    raise: "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
  },
  {
    kind: "descriptors",
    spelled: /too many open files|file table overflow/i,
    what: "this machine ran out of file descriptors in",
    raise: "raise the limit of open files (ulimit -n), or use fewer connections",
  },
  {
    kind: "ports",
    spelled: /cannot assign requested address|address already in use|EADDRNOTAVAIL/i,
    what: "this machine ran out of local ports in",
    raise: "raise net.ipv4.ip_local_port_range, or use fewer connections",
  },
  {
    kind: "memory",
    spelled: /cannot allocate memory|no buffer space available|out of memory/i,
    what: "this machine ran out of memory in",
    raise: "use fewer virtual users, or raise the memory limit",
  },
  {
    kind: "names",
    spelled: /no such host|server misbehaving|\blookup \S+.*(?:i\/o timeout|failure in name resolution|no answer)/i,
    what: "this machine could not resolve the target's name in",
    raise: "check the address and the name server (/etc/resolv.conf)",
  },
];

/**
 * A status, a close code or the code of a Redis error stands before what the other side says: of a shortage of its own.
 * An address, a method and the code of a system's error stand before what this machine says, and a proxy answers 407.
 */
const TOLD_BY_TARGET =
  /^(?:GoError: )?(?:(?!407\b)\d{3,4}(?!\.\d)|(?!(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|E[A-Z]{4,})\b)[A-Z]{2,})\b(?!:\/\/)/;

/** Which shortage of our own host an error tells of; null when it is none. */
export function shortageOf(error: string): Shortage | null {
  if (TOLD_BY_TARGET.test(error)) return null;
  return SHORTAGES.find(({ spelled }) => spelled.test(error))?.kind ?? null;
}

/** A shortage of our own host that an error tells of, as one reason with what helps; null when it tells of none. */
export function shortageReason(error: string): Reason | null {
  const found = SHORTAGES.find(({ spelled }) => spelled.test(error));
  return found === undefined ? null : plainReason(`${found.what} what k6 did last: ${error}`, { next: found.raise });
}

/** Whether an error says that nothing was sent, because no connection could be made. */
export function isUnreachable(error: string): boolean {
  return (
    !TOLD_BY_TARGET.test(error) &&
    /\bdial\b|\bdialing\b|\bx509:|\btls: |connection refused|connection pool|network is unreachable|not connected/i.test(
      error,
    )
  );
}
