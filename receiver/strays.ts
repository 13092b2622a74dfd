import { Copies } from "../core/copies.ts";
import { EVIDENCE } from "../core/order.ts";
import { saidIn } from "../core/redaction.ts";
import { shortlist } from "../core/shortlist.ts";

/** How many paths are kept apart; a target that makes up one for each event would fill the memory. */
const MOST_PATHS = 20;
const OTHERS = "other paths";

/** What arrived on paths that the run does not have. */
export class Strays {
  /** Arrivals of events of the load. */
  count = 0;
  /** Their events, by path. */
  readonly events = new Map<string, Copies>();
  /** The first of them, by path. */
  private readonly first = new Map<string, number[]>();
  private readonly canaryPaths = new Set<string>();

  /** Enters an arrival. @param given the path, as a target or a user's code names it. @param isOfLoad whether it is no canary. */
  enter(given: string, seq: number, isOfLoad: boolean): void {
    const path = saidIn(given);
    if (!isOfLoad) {
      if (this.canaryPaths.size < MOST_PATHS) this.canaryPaths.add(path);
      return;
    }
    this.count++;
    const name = this.events.has(path) || this.events.size < MOST_PATHS ? path : OTHERS;
    const seen = this.events.get(name) ?? new Copies();
    const first = this.first.get(name) ?? [];
    if (first.length < EVIDENCE && !seen.events.has(seq)) first.push(seq);
    seen.add(seq);
    this.events.set(name, seen);
    this.first.set(name, first);
  }

  /** The paths that canaries arrived on, the first one first. */
  get canaries(): readonly string[] {
    return [...this.canaryPaths];
  }

  /** The paths that events of the load arrived on, the first one first. */
  get paths(): readonly string[] {
    return [...this.events.keys()];
  }

  /** One line for each path. @param where the end of a sentence that says where they came. */
  lines(where: (path: string) => string): readonly string[] {
    const canaries = this.canaries.map((path) => `a canary ${where(path)}`);
    const events = [...this.events].map(([path, { events: seen }]) => {
      const first = this.first.get(path) ?? [];
      return seen.size === 1
        ? `event ${first.join()} ${where(path)}`
        : `${seen.size} events ${where(path)}: ${shortlist(first, seen.size)}`;
    });
    return [...canaries, ...events];
  }
}

/**
 * What came where nobody waits for it, one line for each path.
 *
 * @param strays on paths that the pipeline does not have.
 * @param beside beside the receiver's place for webhooks, by the paths of its URLs.
 */
export function describeStrays(strays: Strays, beside: Strays, pipeline: string): readonly string[] {
  return [
    ...strays.lines((path) => `arrived on ${path === "" ? "no path" : path}, which is not a path of ${pipeline}`),
    ...beside.lines((path) => `came to ${path}, and not to /hooks/ and a path`),
  ];
}
