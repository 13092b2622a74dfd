import { Copies } from "../core/copies.ts";

/** How many paths are kept apart; a target that makes up one for each event would fill the memory. */
const MOST_PATHS = 20;
const OTHERS = "other paths";

/** What arrived on paths that the run does not have. */
export class Strays {
  /** Arrivals of events of the load. */
  count = 0;
  /** Their events, by path. */
  readonly events = new Map<string, Copies>();
  private readonly canaryPaths = new Set<string>();

  /** Enters an arrival. @param isOfLoad whether it is no canary. */
  enter(path: string, seq: number, isOfLoad: boolean): void {
    if (!isOfLoad) {
      if (this.canaryPaths.size < MOST_PATHS) this.canaryPaths.add(path);
      return;
    }
    const name = this.events.has(path) || this.events.size < MOST_PATHS ? path : OTHERS;
    const seen = this.events.get(name) ?? new Copies();
    this.events.set(name, seen);
    seen.add(seq);
    this.count++;
  }

  /** The paths that canaries arrived on, the first one first. */
  get canaries(): readonly string[] {
    return [...this.canaryPaths];
  }
}
