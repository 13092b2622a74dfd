/** Groups runs into series over time. Pure. */
import { number } from "../../core/numbers.ts";
import type { Entry } from "./entry.ts";

/** A version, or the rate that was asked for, that differs from that of the previous run. */
export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** All runs of one pipeline with one profile, oldest first. */
export interface Series {
  readonly subject: string;
  readonly scenario: string;
  readonly entries: readonly Entry[];
  /** By the index of a run: what changed since the previous run. */
  readonly changes: ReadonlyMap<number, readonly Change[]>;
}

/** Groups runs by pipeline and profile; the series with the latest run comes first. */
export function seriesOf(entries: readonly Entry[]): Series[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.subject, entry.scenario]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()]
    .map((own) => {
      const { subject, scenario } = own[0] as Entry;
      return { subject, scenario, entries: ofOneQuantity(own), changes: changesIn(own) };
    })
    .sort((one, other) => lastOf(other).startedAt - lastOf(one).startedAt);
}

/** A series never mixes two quantities: where some of its runs time deliveries, the answers of others are left out. */
function ofOneQuantity(entries: readonly Entry[]): readonly Entry[] {
  if (!entries.some(({ measures }) => measures === "deliveries")) return entries;
  return entries.map((one) => (one.measures === "answers" ? { ...one, latency: null, measures: null } : one));
}

/** The latest run. */
export function lastOf({ entries }: Series): Entry {
  return entries.at(-1) as Entry;
}

/** `pipeline, smoke`. */
export function titleOf({ subject, scenario }: Series): string {
  return scenario === "" ? subject : `${subject}, ${scenario}`;
}

function changesIn(entries: readonly Entry[]): Map<number, readonly Change[]> {
  const changes = new Map<number, readonly Change[]>();
  /** A run without a load asked for no rate: the one before it counts. */
  const known = new Map<string, string>();
  for (const [place, entry] of entries.entries()) {
    const own = Object.entries(conditionsOf(entry)).flatMap(([what, after]): Change[] => {
      const before = known.get(what);
      known.set(what, after);
      return before === undefined || before === after ? [] : [{ what, before, after }];
    });
    if (own.length > 0) changes.set(place, own);
  }
  return changes;
}

/** What a run's figures depend on. Without its rate, four times the load would look like a slower target. */
function conditionsOf({ versions, requestedRate }: Entry): Readonly<Record<string, string>> {
  return requestedRate === null ? versions : { ...versions, rate: `${number(requestedRate)}/s` };
}

/** `throughline 0.1.0 -> 0.2.0, k6 v1.8.1 -> v2.2.0`. */
export function describeChanges(changes: readonly Change[]): string {
  return changes.map(({ what, before, after }) => `${what} ${before} -> ${after}`).join(", ");
}

/** Number of runs by verdict: `12 runs: 10 PASS, 1 FAIL, 1 INVALID; 1 had no load`. */
export function describeVerdicts({ entries }: Series): string {
  const verdicts = (["PASS", "FAIL", "INVALID"] as const)
    .map((verdict) => ({ verdict, runs: entries.filter((entry) => entry.verdict === verdict).length }))
    .filter(({ runs }) => runs > 0)
    .map(({ verdict, runs }) => `${runs} ${verdict}`);
  const idle = entries.filter(({ loaded }) => !loaded).length;
  const without = idle === 0 ? "" : `; ${idle} had no load`;
  return `${entries.length} ${entries.length === 1 ? "run" : "runs"}: ${verdicts.join(", ")}${without}`;
}
