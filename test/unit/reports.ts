/** Reports of publishers and subscribers, filled in with defaults. */

import type { PathArrivals } from "../../core/arrivals.ts";
import type { PublisherReport } from "../../core/report.ts";
import { event, streamOf, type Workload } from "../../systems/pulse/events.ts";
import { type Filter, filterFor } from "../../systems/pulse/filters.ts";

export const WORKLOAD: Workload = { seed: 1, chains: ["ethereum", "solana"] };
export const STREAM = streamOf(WORKLOAD);
export const OPENING = STREAM;
export const EVERYTHING: Filter = { chains: [], event_types: [], accounts: [], program_ids: [] };

/** A filter of one chain, and which of the first hundred events it selects or not. */
export const ETHEREUM = filterFor("simple", { ...event(WORKLOAD, 0), chain: "ethereum" });
export const SOLANA = filterFor("simple", { ...event(WORKLOAD, 0), chain: "solana" });
export const ON_ETHEREUM = eventsOn("ethereum");
export const ON_SOLANA = eventsOn("solana");

function eventsOn(chain: string): number[] {
  const seqs = Array.from({ length: 100 }, (_, seq) => seq);
  return seqs.filter((seq) => event(WORKLOAD, seq).chain === chain);
}

/** A batch that was fully acknowledged. */
export function batch(
  firstSeq: number,
  count: number,
  at: number,
  changes: Partial<PublisherReport> = {},
): PublisherReport {
  return {
    publisher: 1,
    firstSeq,
    count,
    sentFrom: at,
    sentThrough: at,
    refused: [],
    unknown: [],
    unsent: [],
    ...changes,
  };
}

/** A report of a path that is live from 0, each arrival with a latency of 1 ms. */
export function report(seqs: readonly number[], through: number, changes: Partial<PathArrivals> = {}): PathArrivals {
  return {
    path: "a",
    filter: EVERYTHING,
    from: 0,
    through,
    closed: false,
    lost: false,
    canaries: 0,
    probes: 0,
    publishers: seqs.map(() => 1),
    seqs: [...seqs],
    latencies: seqs.map(() => 1),
    arrivedAt: seqs.map(() => through),
    ...changes,
  };
}
