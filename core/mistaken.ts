/** Attributes that a target takes for others: events that were published with one value come out where another is selected. */
import type { Attributes, Filter } from "./filter.ts";

/** One value of an attribute that is taken for another. */
export interface Mistake {
  /** As filters name it, such as `chains`. */
  readonly attribute: string;
  readonly sent: string;
  /** What it is taken for; null where the target does not know it, and sends it to everybody. */
  readonly received: string | null;
  /** Arrivals that show it, among those that were looked at. */
  readonly count: number;
}

/** A path with what arrived on it. */
export interface PathSample {
  readonly filter: Filter;
  readonly seqs: Iterable<number>;
}

/** Arrivals of each path that are looked at, and paths: they show it if there is anything to show. */
const MOST_SEQS = 400;
const MOST_PATHS = 100;

/** Arrivals where a value does not belong, from which on that is no slip; a share of those at as many paths of its own. */
const LEAST_SHARE = 0.5;
/** The share of arrivals at its own paths up to which a value is taken not to come there at all. */
const MOST_OWN_SHARE = 0.1;
const LEAST_COUNT = 5;

/**
 * Finds what is taken for something else, from what arrived where.
 *
 * @param attributesOf the attributes that event `seq` was published with.
 */
export function mistaken(paths: readonly PathSample[], attributesOf: (seq: number) => Attributes): Mistake[] {
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
  return [...tallies].flatMap(([attribute, tally]) => tally.mistaken().map((one) => ({ attribute, ...one })));
}

function some(seqs: Iterable<number>): number[] {
  const taken: number[] = [];
  for (const seq of seqs) if (taken.push(seq) >= MOST_SEQS) break;
  return taken;
}

/** Where the values of one attribute arrived: how often at paths that select which value. */
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

  mistaken(): Omit<Mistake, "attribute">[] {
    return [...this.arrivals].flatMap(([sent, places]): Omit<Mistake, "attribute">[] => {
      // Where nobody selects it, nobody knows what it should have been.
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

/** One finding as a line. */
export function describeMistaken({ attribute, sent, received, count }: Mistake): string {
  const came = `${count} arrivals that were looked at`;
  return received === null
    ? `what was published with ${attribute} ${sent} came to subscriptions of every other value too, as what the target does not know (${came})`
    : `what was published with ${attribute} ${sent} came to those that select ${received}, and not where it belongs (${came})`;
}
