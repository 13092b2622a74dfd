/** What became of events that were neither acknowledged nor refused, by what was said of them. Pure. */
import { Bitset } from "./bitset.ts";
import { number } from "./numbers.ts";
import type { Batch } from "./publication.ts";
import { MOST_TEXTS } from "./words.ts";

/** Such events of which the same was said; null where nobody knows which of them it was said of. */
export interface Unanswered {
  readonly said: string | null;
  readonly events: number;
  /** Those that arrived anywhere, and those that arrived on each path that selects them. */
  readonly arrived: number;
  readonly whole: number;
}

/** Collects them while events are published. */
export class UnansweredEvents {
  private readonly bySaid = new Map<string | null, Bitset>();

  /** Enters a batch, with what was said of its events. */
  record({ unknown, words }: Pick<Batch, "unknown" | "words">): void {
    if (unknown.length === 0) return;
    const [one, ...others] = (words?.words ?? []).filter(({ kind }) => kind === "unknown");
    const isOfAll = one !== undefined && others.length === 0 && one.count === unknown.length;
    const said = isOfAll && (this.bySaid.has(one.text) || this.bySaid.size < MOST_TEXTS) ? one.text : null;
    const events = this.bySaid.get(said) ?? new Bitset();
    this.bySaid.set(said, events);
    for (const seq of unknown) events.add(seq);
  }

  /** @param missing those that are missing on a path that selects them. */
  fates(arrived: Bitset, missing: Bitset): Unanswered[] {
    return [...this.bySaid].map(([said, events]) => {
      const came = [...events.within(arrived)];
      const whole = came.filter((seq) => !missing.has(seq)).length;
      return { said, events: events.size, arrived: came.length, whole };
    });
  }
}

/** How many of them arrived: by what was said where that differs, `500 oops: all 16 arrived on each of their paths`. */
export function describeUnanswered(all: readonly Unanswered[]): string | null {
  const [first, ...others] = all;
  if (first === undefined) return null;
  if (others.length === 0) return fateOf(first);
  return all.map((one) => `${one.said ?? "of the others"}: ${fateOf(one)}`).join("; ");
}

function fateOf({ events, arrived, whole }: Unanswered): string {
  if (events === 1)
    return `it ${arrived === 0 ? "did not arrive" : whole === 1 ? `arrived on each of its paths` : "arrived, not on each of its paths"}`;
  if (arrived === 0) return `none of the ${number(events)} arrived`;
  const came = arrived === events ? `all ${number(events)} arrived` : `${number(arrived)} of ${number(events)} arrived`;
  if (whole === arrived) return `${came} on each of their paths`;
  return `${came}, ${number(whole)} of them on each of their paths`;
}

/** What that says of the target. */
export function diagnosisOf(all: readonly Unanswered[]): string | null {
  const sum = (name: "events" | "arrived") => all.reduce((total, one) => total + one[name], 0);
  const [events, arrived] = [sum("events"), sum("arrived")];
  if (events === 0) return null;
  if (arrived === 0) return "none of them arrived: look at what failed before it had taken them";
  if (arrived < events)
    return `${number(arrived)} of them arrived: it failed before it had taken some, and after it had taken others`;
  return "all of them arrived: it had taken them, and its answer was wrong or came too late";
}
