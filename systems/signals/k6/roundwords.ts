import type { Round } from "../wire.ts";

/** A round's counts in words. */
export function inWords({ first, passed, limited, refused, failed }: Round): string {
  return `${first} accepted, ${passed - first} repeated, ${limited} limited, ${refused} refused, ${failed} failed`;
}

/** Logs which round broke which rule. */
export function tell(what: string, round: Round, rule: string): void {
  console.warn(`${what}: ${inWords(round)}; ${rule}`);
}
