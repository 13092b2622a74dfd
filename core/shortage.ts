/** Detects in the text of an error that our own machine ran out of a resource, or that no connection was made. */
import { once } from "./once.ts";
import { plainReason, type Reason } from "./reason.ts";

/** Resources that a load generator runs out of. */
export type Shortage = "descriptors" | "ports" | "memory" | "names" | "proxy";

interface SpelledShortage {
  readonly kind: Shortage;
  readonly spelled: RegExp;
  readonly what: string;
  readonly raise: string;
}

/**
 * For each shortage: its spelling by Go and the operating system, its meaning, and the remedy. The first match counts.
 */
export const spelledShortages = once((): readonly SpelledShortage[] => [
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
    what: "this machine finds no host of the target's name in",
    raise: "look at the spelling of the host first, then at the name server (/etc/resolv.conf)",
  },
]);

/**
 * A status, a close code or a Redis error code precedes what the other side says, which may be about a shortage of its
 * own. An address, a method and an errno precede what this machine says; a proxy answers 407.
 */
const TOLD_BY_TARGET =
  /^(?:GoError: )?(?:(?!407\b)\d{3,4}(?!\.\d)|(?!(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|E[A-Z]{4,})\b)[A-Z]{2,})\b(?!:\/\/)/;

/** The shortage of our own host that an error shows; null for other errors. */
export function shortageOf(error: string): Shortage | null {
  if (TOLD_BY_TARGET.test(error)) return null;
  return spelledShortages().find(({ spelled }) => spelled.test(error))?.kind ?? null;
}

/** The shortage of our own host that an error shows, as a reason with its remedy; null for other errors. */
export function shortageReason(error: string): Reason | null {
  const found = spelledShortages().find(({ spelled }) => spelled.test(error));
  return found === undefined ? null : plainReason(`${found.what} what k6 did last: ${error}`, { next: found.raise });
}

/** Whether an error means that nothing was sent, because no connection was made. */
export function isUnreachable(error: string): boolean {
  return (
    !TOLD_BY_TARGET.test(error) &&
    /\bdial\b|\bdialing\b|\bx509:|\btls: |connection refused|no such host|connection pool|network is unreachable|not connected/i.test(
      error,
    )
  );
}
