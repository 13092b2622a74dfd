/** Paths on which events came twice that are missing on another path. */
import type { Copies } from "../core/copies.ts";
import type { PathAccount } from "../core/ledger.ts";
import type { Path } from "./path.ts";

/** Most pairs of paths that are compared; where more paths break rules, nothing is explained by pairs. */
const MOST_PAIRS = 10_000;

/** One event is a coincidence where it is at least as probable as this that another path has lost it. */
const COINCIDENCE = 0.1;

/** A path on which events came again, and which paths miss them. */
interface Repeating {
  readonly path: Path;
  readonly copies: Copies;
  /** How many events came there again, or do not belong there. */
  readonly surplus: number;
  /** How many of them each other path has lost. */
  readonly missing: Map<Path, number>;
}

/**
 * Finds the pairs of paths where what came again on one is missing on the other. An event that came twice there and one
 * that is lost here say nothing by themselves: losses and duplicates of their own meet by chance. So a path only counts
 * where most of what came there again, or does not belong there, is missing on the same other path.
 */
export class Rerouted {
  private readonly repeating: readonly Repeating[];
  private readonly chance: number;

  constructor(accounts: ReadonlyMap<Path, PathAccount>) {
    const repeating: Repeating[] = [];
    let [short, chance] = [0, 0];
    for (const [path, { lost, expected, misrouted }] of accounts) {
      const { copies } = path;
      if (copies !== null) {
        const surplus = countOf(copies.events, path.selected) + misrouted;
        repeating.push({ path, copies, surplus, missing: new Map() });
      }
      if (lost > 0) short++;
      if (lost > 0) chance += lost / expected;
    }
    this.repeating = repeating.length * short > MOST_PAIRS ? [] : repeating;
    this.chance = chance;
  }

  /** Enters a lost delivery. */
  lost(due: Path, seq: number): void {
    for (const { path, copies, missing } of this.repeating) {
      const isThere = copies.events.has(seq) || (path.seen.has(seq) && !path.selected(seq));
      if (isThere) missing.set(due, (missing.get(due) ?? 0) + 1);
    }
  }

  /** The paths on which events came again, each with the names of those that miss them. */
  get pairs(): readonly { readonly path: Path; readonly from: ReadonlySet<string> }[] {
    return this.repeating.map(({ path, surplus, missing }) => {
      const fits = [...missing].filter(([, count]) => count * 2 > surplus && (count > 1 || this.chance < COINCIDENCE));
      return { path, from: new Set(fits.map(([{ name }]) => name)) };
    });
  }
}

function countOf(members: Iterable<number>, test: (member: number) => boolean): number {
  let count = 0;
  for (const member of members) if (test(member)) count++;
  return count;
}
