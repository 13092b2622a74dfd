/** What a system says of itself to the rest of the suite, from its own folder. */
import type { Account } from "./account.ts";
import { defineMetrics, type Metric } from "./metrics.ts";
import type { NextStep } from "./nextstep.ts";
import type { SloResult } from "./verdict.ts";

/** What k6 aggregated of each metric, by statistic. */
export type Aggregates = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** One system: the list of systems has it, and nothing else knows it by name. */
export interface Room {
  /** Its metrics by family: those of one family are declared together. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, Metric>>>>;
  /** What to look at when an objective of its own is missed; asked before what the suite says of everybody. */
  readonly nextSteps: readonly NextStep[];
  /** What its own variables say about which objectives apply; nothing for tests of other systems. */
  readonly context?: (values: object) => object;
  /** Requests per second after a load of its own, at the highest and in a smoke test; undefined for other tests. */
  readonly afterLoad?: (values: object, peak: number) => { readonly peak: number; readonly gentle: number } | undefined;
  /** Lines of the summary of a test beside its account; none for tests of other systems. */
  readonly tells?: (metrics: Aggregates) => readonly string[];
  /** Lines of the summary about its far end; none for accounts of other systems. */
  readonly tellsOfAccount?: (account: Account, rows: readonly SloResult[]) => readonly string[];
}

let opened: readonly Room[] = [];

/** Makes all systems known, once for a program. */
export function openRooms<const Rooms extends readonly Room[]>(rooms: Rooms): Rooms {
  opened = rooms;
  for (const { metrics } of rooms) for (const family of Object.values(metrics)) defineMetrics(family);
  return rooms;
}

/** The systems that are known. */
export function openedRooms(): readonly Room[] {
  return opened;
}
