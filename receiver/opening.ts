import type { Opening } from "../core/report.ts";

/** What all that take part in a run must agree on, by the variables that say it. */
function workloadOf({ seed, chains, webhooks, storage }: Opening): Readonly<Record<string, unknown>> {
  return {
    SEED: seed,
    CHAINS: chains,
    "kind of test": webhooks !== undefined ? "redis" : storage !== undefined ? "ingest" : "subscriptions",
    ENDPOINTS: webhooks?.endpoints,
    UNMATCHED_SHARE: webhooks?.unmatchedShare,
    "choice of hostile messages": storage?.hostile,
  };
}

/** Names the first thing in which two openings mean different workloads; null when they mean the same. */
export function differenceOf(one: Opening, other: Opening): string | null {
  const theirs = workloadOf(other);
  const differing = Object.entries(workloadOf(one)).find(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(theirs[name]),
  );
  return differing === undefined ? null : differing[0];
}
