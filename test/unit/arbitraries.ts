/** Arbitraries for property tests: workloads, filters and traces. */
import fc from "fast-check";
import type { Trace } from "../../core/trace.ts";
import { variants, type Workload } from "../../systems/pulse/events.ts";
import type { Filter } from "../../systems/pulse/filters.ts";

export const UINT32_MAX = 2 ** 32 - 1;

export const workloads: fc.Arbitrary<Workload> = fc.record({
  seed: fc.integer({ min: 0, max: UINT32_MAX }),
  chains: fc.uniqueArray(fc.constantFrom("ethereum", "solana", "polygon", "base"), { minLength: 1, maxLength: 3 }),
});

/** Filters of a workload's own attributes, which select something, and of values that no event has. */
export function filtersOf(workload: Workload): fc.Arbitrary<Filter> {
  const all = variants(workload);
  const some = (values: readonly string[]) =>
    fc.oneof(fc.constant([]), fc.subarray([...new Set(values), "unheard-of"], { minLength: 1 }));
  return fc.record({
    chains: some(all.map((variant) => variant.chain)),
    event_types: some(all.map((variant) => variant.eventType)),
    accounts: some(all.flatMap((variant) => variant.accounts)),
    program_ids: some(all.map((variant) => variant.programId)),
  });
}

/** Unix ms with microseconds; after May 2109 a double has no room for them. */
const microseconds = fc.integer({ min: 1e15, max: 2 ** 42 * 1000 - 1 }).map((micros) => micros / 1000);

/** Unix ms with 13 digits: from September 2001 to the end of 2286. */
const milliseconds = fc.integer({ min: 1e12, max: 1e13 - 1 });

/** After 2255 two neighbouring microseconds are the same double, so that their last digit says nothing. */
const millisecondsUntil2255 = fc.integer({ min: 1e12, max: Math.floor(2 ** 53 / 1000) - 1 });

export function traces(publishedAt: fc.Arbitrary<number> = fc.oneof(microseconds, milliseconds)): fc.Arbitrary<Trace> {
  return fc.record({
    run: fc.integer({ min: 0, max: UINT32_MAX }),
    publisher: fc.integer({ min: 0, max: 0xffff }),
    seq: fc.integer({ min: 0, max: UINT32_MAX }),
    publishedAt,
  });
}

/** Traces in which every digit counts. */
export const exactTraces = traces(fc.oneof(microseconds, millisecondsUntil2255));
