/**
 * Finds attribute values that a target mistakes for others: events published with one value arrive at paths that select
 * another.
 */
import type { Attributes, Filter } from "./filter.ts";

/** One value that is mistaken for another. */
export interface Mistake {
  /** Its name in filters, such as `chains`. */
  readonly attribute: string;
  readonly sent: string;
  /** The value it is mistaken for; null where the target does not know it and sends it to everybody. */
  readonly received: string | null;
  /** Number of arrivals that show it, in the sample. */
  readonly count: number;
}

/** A path with the events that arrived on it. */
export interface PathSample {
  readonly filter: Filter;
  readonly seqs: Iterable<number>;
}

/** Sample size: arrivals per path, and paths. */
const MOST_SEQS = 400;
const MOST_PATHS = 100;

/** Paths of another value at which a value arrives at least this share as often as anywhere are no accident. */
const LEAST_SHARE = 0.5;
/** A value that arrives at its own paths at most this share as often as anywhere counts as missing there. */
const MOST_OWN_SHARE = 0.1;
const LEAST_COUNT = 5;

/** Finds mistaken values by what arrived where. @param attributesOf the attributes of published event `seq`. */
export function mistakesIn(paths: readonly PathSample[], attributesOf: (seq: number) => Attributes): Mistake[] {
  const tallies = new Map<string, Tally>();
  for (const { filter, seqs } of paths.slice(0, MOST_PATHS)) {
    const seen = some(seqs).map(attributesOf);
    for (const [attribute, wanted] of Object.entries(filter)) {
      const [only] = wanted;
      if (only === undefined || wanted.length > 1) continue;
      const tally = tallies.get(attribute) ?? new Tally();
      tallies.set(attribute, tally);
      tally.path(only);
      for (const attributes of seen) for (const value of attributes[attribute] ?? []) tally.arrived(value, only);
    }
  }
  return [...tallies].flatMap(([attribute, tally]) => tally.mistakes().map((one) => ({ attribute, ...one })));
}

function some(seqs: Iterable<number>): number[] {
  const taken: number[] = [];
  for (const seq of seqs) if (taken.push(seq) >= MOST_SEQS) break;
  return taken;
}

/** Arrivals of one attribute's values: how often at paths that select which value. */
class Tally {
  private readonly paths = new Map<string, number>();
  private readonly arrivals = new Map<string, Map<string, number>>();

  path(selects: string): void {
    this.paths.set(selects, (this.paths.get(selects) ?? 0) + 1);
  }

  arrived(sent: string, at: string): void {
    const places = this.arrivals.get(sent) ?? new Map<string, number>();
    this.arrivals.set(sent, places);
    places.set(at, (places.get(at) ?? 0) + 1);
  }

  mistakes(): Omit<Mistake, "attribute">[] {
    return [...this.arrivals].flatMap(([sent, places]): Omit<Mistake, "attribute">[] => {
      // If no path selects the value, its proper place is unknown.
      if (!this.paths.has(sent)) return [];
      const rate = (at: string) => (places.get(at) ?? 0) / (this.paths.get(at) ?? 1);
      const others = [...places.keys()].filter((at) => at !== sent && (places.get(at) ?? 0) >= LEAST_COUNT);
      const most = Math.max(0, ...[...places.keys()].map(rate));
      const often = others.filter((at) => rate(at) >= most * LEAST_SHARE);
      const isLost = rate(sent) <= most * MOST_OWN_SHARE;
      const count = often.reduce((sum, at) => sum + (places.get(at) ?? 0), 0);
      const [received] = often;
      if (isLost && often.length === 1 && received !== undefined) return [{ sent, received, count }];
      const isEverywhere = often.length > 0 && often.length === this.paths.size - 1;
      return isEverywhere && !isLost ? [{ sent, received: null, count }] : [];
    });
  }
}

/** A mistake as one line. */
export function describeMistake({ attribute, sent, received, count }: Mistake): string {
  const sample = `${count} arrivals in the sample`;
  return received === null
    ? `events published with ${attribute} ${sent} also arrived at subscriptions for every other value: the target does not know it (${sample})`
    : `events published with ${attribute} ${sent} arrived at subscriptions for ${received} instead of their own (${sample})`;
}
