/** What a system says of itself to the rest of the suite, from its own folder. */
import type { Account } from "./account.ts";
import { defineTest, type TestDefinition } from "./definition.ts";
import type { Metric } from "./metric.ts";
import { defineMetrics } from "./metrics.ts";
import type { NextStep } from "./nextstep.ts";
import type { SloResult } from "./sloresult.ts";

/** What k6 aggregated of each metric, by statistic. */
export type Aggregates = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** One system: the list of systems has it, and nothing else knows it by name. */
export interface Room {
  /** Its metrics by family: those of one family are declared together. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, Metric>>>>;
  /** What to look at when an objective of its own is missed; asked before what the suite says of everybody. */
  readonly nextSteps: readonly NextStep[];
  /** Its metrics of which a longer load gives no more samples, because something else than the load makes them. */
  readonly besideLoad?: RegExp;
  /** Its tests, by the names of their bundles. */
  readonly tests: Readonly<Record<string, TestDefinition>>;
  /** Lines of the summary of a test beside its account; none for tests of other systems. */
  readonly tells?: (metrics: Aggregates) => readonly string[];
  /** Lines of the summary about its far end; none for accounts of other systems. */
  readonly tellsOfAccount?: (account: Account, rows: readonly SloResult[]) => readonly string[];
}

/** The intersection of the members of a union. */
export type Intersection<Union> = (Union extends unknown ? (given: Union) => void : never) extends (
  given: infer All,
) => void
  ? All
  : never;

let opened: readonly Room[] = [];

/** Makes all systems known, once for a program. */
export function openRooms<Rooms extends readonly Room[]>(rooms: Rooms): Rooms {
  opened = rooms;
  for (const { metrics, tests } of rooms) {
    for (const family of Object.values(metrics)) defineMetrics(family);
    for (const [name, test] of Object.entries(tests)) defineTest(name, test);
  }
  return rooms;
}

/** The systems that are known. */
export function openedRooms(): readonly Room[] {
  return opened;
}
