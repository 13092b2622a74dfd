import type { Opening } from "../core/report.ts";

/** What all participants of a run must agree on about its far ends, by description. */
export type WorkloadOf = (opening: Opening) => Readonly<Record<string, unknown>>;

/** The first difference between the workloads of two openings; null without one. */
export function differenceOf(one: Opening, other: Opening, workloadOf: WorkloadOf): string | null {
  const [ours, theirs] = [one, other].map((opening) => ({
    SEED: opening.seed,
    order: opening.order,
    ...workloadOf(opening),
  }));
  const names = Object.keys({ ...ours, ...theirs }) as (keyof typeof ours)[];
  const differing = names.find((name) => JSON.stringify(ours?.[name]) !== JSON.stringify(theirs?.[name]));
  return differing ?? differingAttribute(one, other);
}

/** The attribute with different values, or in a different order, which also changes the events. */
function differingAttribute({ variants }: Opening, { variants: theirs }: Opening): string | null {
  if (JSON.stringify(variants) === JSON.stringify(theirs)) return null;
  const names = new Set([...variants, ...theirs].flatMap((variant) => Object.keys(variant)));
  const valuesOf = (all: Opening["variants"], name: string) => JSON.stringify(all.map((variant) => variant[name]));
  const name = [...names].find((one) => valuesOf(variants, one) !== valuesOf(theirs, one));
  return `choice of ${name ?? "attributes"}`;
}
