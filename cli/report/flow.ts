import { number } from "../../core/numbers.ts";
import { several } from "../format.ts";
import type { Result } from "../result.ts";
import type { Flow, FlowTone } from "./charts.ts";

type Account = NonNullable<Result["account"]>;

/** Losses are drawn at least this wide, so that one event in a million is still visible. */
const LEAST_WIDTH = 0.02;

/**
 * The account as a flow: published, acknowledged, expected, delivered, and the losses of each step. One event may
 * become several deliveries or none, so widths are shares of each step; exact numbers are in the labels.
 */
export function flowOf(account: Account): Flow | null {
  const { published, acknowledged, refused, unknown, expected, delivered, lost } = account;
  if (published === 0) return null;
  const { duplicated, misrouted, late, detours } = account;
  const flow = new FlowBuilder();
  const ofEvents = (count: number) => count / published;
  const ofDeliveries = (count: number) => (expected === 0 ? 0 : (count / expected) * ofEvents(acknowledged));
  flow.start("Published", published, "events");
  flow.branch("Published", "Acknowledged", acknowledged, "path", ofEvents(acknowledged));
  flow.branch("Published", "Refused", refused, "bad", ofEvents(refused));
  flow.branch("Published", "Unknown", unknown, "uncertain", ofEvents(unknown));
  if (acknowledged > 0 && expected > 0) {
    flow.branch("Acknowledged", "Expected", expected, "path", ofDeliveries(expected), "deliveries");
    flow.branch("Expected", "Delivered", delivered, "path", ofDeliveries(delivered));
    // What came out elsewhere left once, not twice.
    flow.branch("Expected", "Lost", lost - detours.count, "bad", ofDeliveries(lost - detours.count));
    flow.branch("Expected", "Lost and misrouted", detours.count, "bad", ofDeliveries(detours.count));
    flow.branch("Acknowledged", "Duplicated", duplicated, "bad", ofDeliveries(duplicated));
    const beside = Math.max(0, misrouted - detours.count);
    flow.branch("Acknowledged", "Misrouted", beside, "bad", ofDeliveries(beside));
    flow.branch("Acknowledged", "Late", late, "bad", ofDeliveries(late));
  }
  return flow;
}

class FlowBuilder implements Flow {
  readonly nodes: Flow["nodes"][number][] = [];
  readonly links: Flow["links"][number][] = [];

  start(name: string, count: number, unit: string): void {
    this.nodes.push({ name, count: number(count), unit, tone: "path" });
  }

  /** Adds a branch to the next step or to a loss, unless its count is zero. */
  branch(from: string, to: string, count: number, tone: FlowTone, share: number, unit?: string): void {
    if (count === 0) return;
    this.nodes.push({ name: to, count: number(count), tone, ...(unit === undefined ? {} : { unit }) });
    this.links.push({ from, to, width: Math.max(share, LEAST_WIDTH) });
  }
}

/** The flow in one sentence, as text alternative. */
export function describeFlow(account: Account): string {
  const { published, acknowledged, refused, unknown, expected, delivered, lost, duplicated, misrouted, late } = account;
  const { count } = account.detours;
  const elsewhere = count === 0 ? "" : `, ${number(count)} of which arrived on other paths`;
  return (
    `Of ${several(published, "published event")} ${number(acknowledged)} were acknowledged, ${number(refused)} refused and ` +
    `${number(unknown)} remained unknown. Of ${several(expected, "expected delivery", "expected deliveries")} ` +
    `${number(delivered)} happened and ${number(lost)} were lost${elsewhere}; ${number(duplicated)} were duplicated, ` +
    `${number(misrouted)} misrouted and ${number(late)} late.`
  );
}
