import { describeElsewhere } from "../../core/detours.ts";
import { number, several } from "../../core/numbers.ts";
import type { Result } from "../result.ts";
import type { Flow, FlowTone } from "./charts.ts";

type Account = NonNullable<Result["account"]>;

/** What left is drawn at least this wide, so that one event in a million is still visible. */
const LEAST_WIDTH = 0.02;

/** What a step is divided into. */
type Branch = readonly [name: string, count: number, tone: FlowTone];

/**
 * The account as a flow: published, acknowledged, expected, delivered, and what left at each step. One event may become
 * several deliveries or none, so widths are shares of each step, and what enters a step leaves it; exact numbers are in
 * the labels.
 */
export function flowOf(account: Account): Flow | null {
  const { published, acknowledged, refused, unknown, expected, delivered, lost, open } = account;
  if (published === 0) return null;
  const { duplicated, misrouted, late, detours } = account;
  // What came out elsewhere left once, not twice. Names are short: on a phone there are 68 px for them.
  const astray = Math.min(detours.count, lost);
  const twice = Math.min(detours.repeated, duplicated);
  const beside = Math.max(0, misrouted - (detours.count - detours.repeated));
  const flow = new FlowBuilder("Published", published);
  flow.divide("Published", [
    ["Acknowledged", acknowledged, "path"],
    ["Refused", refused, "bad"],
    ["Unknown", unknown, "uncertain"],
  ]);
  flow.divide(
    "Acknowledged",
    [
      ["Expected", expected, "path"],
      ["Beyond expected", duplicated - twice + beside + late, "bad"],
    ],
    "deliveries",
  );
  flow.divide("Expected", [
    ["Delivered", delivered, "path"],
    ["Lost", lost - astray, "bad"],
    ["Elsewhere", astray, "bad"],
    ["Still open", open, "uncertain"],
  ]);
  flow.divide("Beyond expected", [
    ["Duplicated", duplicated - twice, "bad"],
    ["Misrouted", beside, "bad"],
    ["Late", late, "bad"],
  ]);
  return flow;
}

class FlowBuilder implements Flow {
  readonly nodes: Flow["nodes"][number][] = [];
  readonly links: Flow["links"][number][] = [];
  private readonly widths = new Map<string, number>();

  constructor(name: string, count: number) {
    this.nodes.push({ name, count: number(count), unit: "events", tone: "path" });
    this.widths.set(name, 1);
  }

  /** Divides a step that there is into the branches that have a count, over its whole width. */
  divide(from: string, branches: readonly Branch[], unit?: string): void {
    const width = this.widths.get(from);
    const taken = branches.filter(([, count]) => count > 0);
    if (width === undefined) return;
    const widths = widthsOf(
      taken.map(([, count]) => count),
      width,
    );
    for (const [place, [name, count, tone]] of taken.entries()) {
      const share = widths[place] as number;
      this.widths.set(name, share);
      this.nodes.push({ name, count: number(count), tone, ...(unit === undefined ? {} : { unit }) });
      this.links.push({ from, to: name, width: share });
    }
  }
}

/** A width in proportion to each count, none below the least one; together they are the whole. */
function widthsOf(counts: readonly number[], whole: number): number[] {
  const least = Math.min(LEAST_WIDTH, whole / counts.length);
  let wide = counts.map((_, place) => place);
  for (;;) {
    const room = whole - least * (counts.length - wide.length);
    const sum = wide.reduce((total, place) => total + (counts[place] as number), 0);
    const widthOf = (place: number) => ((counts[place] as number) / sum) * room;
    const left = wide.filter((place) => widthOf(place) >= least);
    // All are wide enough, or all are as narrow as the others.
    if (left.length === wide.length) return counts.map((_, place) => (left.includes(place) ? widthOf(place) : least));
    if (left.length === 0) return counts.map(() => whole / counts.length);
    wide = left;
  }
}

/** The flow in one sentence, as text alternative. */
export function describeFlow(account: Account): string {
  const { published, acknowledged, refused, unknown, expected, delivered, lost, duplicated, misrouted, late } = account;
  const { open } = account;
  const { count, repeated } = account.detours;
  const twice = repeated === 0 ? "" : `, ${number(repeated)} of them once too often where they were due as well`;
  const elsewhere = count === 0 ? "" : ` (${describeElsewhere(account)}${twice})`;
  const stillOpen = open === 0 ? "" : `, ${number(open)} are still open`;
  return (
    `Of ${several(published, "published event")} ${number(acknowledged)} were acknowledged, ${number(refused)} refused and ` +
    `${number(unknown)} remained unknown. Of ${several(expected, "expected delivery", "expected deliveries")} ` +
    `${number(delivered)} happened and ${number(lost)} were lost${elsewhere}${stillOpen}; beyond these ${number(duplicated)} were duplicated, ` +
    `${number(misrouted)} misrouted and ${number(late)} late.`
  );
}
