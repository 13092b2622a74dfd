import type { Opening } from "../core/report.ts";

/** What all that take part in a run must agree on, by the variables that say it. */
function workloadOf({ seed, webhooks, storage, farEnd }: Opening): Readonly<Record<string, unknown>> {
  return {
    SEED: seed,
    "kind of test":
      farEnd?.pipeline ?? (webhooks !== undefined ? "webhooks" : storage !== undefined ? "rows" : "subscriptions"),
    ENDPOINTS: webhooks?.endpoints,
    UNMATCHED_SHARE: webhooks?.unmatchedShare,
    "log entries": webhooks?.variants,
    "choice of hostile messages": storage?.hostile,
    "far end": farEnd,
  };
}

/** Names the first thing in which two openings mean different workloads; null when they mean the same. */
export function differenceOf(one: Opening, other: Opening): string | null {
  const theirs = workloadOf(other);
  const differing = Object.entries(workloadOf(one)).find(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(theirs[name]),
  );
  return differing?.[0] ?? differingAttribute(one, other);
}

/** The attribute of which the events have other values, or in another order, which makes other events of them. */
function differingAttribute({ variants }: Opening, { variants: theirs }: Opening): string | null {
  if (JSON.stringify(variants) === JSON.stringify(theirs)) return null;
  const names = new Set([...variants, ...theirs].flatMap((variant) => Object.keys(variant)));
  const valuesOf = (all: Opening["variants"], name: string) => JSON.stringify(all.map((variant) => variant[name]));
  const name = [...names].find((one) => valuesOf(variants, one) !== valuesOf(theirs, one));
  return `choice of ${name ?? "attributes"}`;
}
