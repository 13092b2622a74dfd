/**
 * The counts of an account with their meaning. The account's type, the record's schema, the metrics of k6 and of
 * monitoring, the boards, the terminal and the reports are all made from this table.
 */

/** One count. */
export interface Count {
  /** The unit that is counted. */
  readonly of: "events" | "deliveries" | "paths";
  readonly meaning: string;
  /** Any value above zero is a fault of the target or of the run. */
  readonly fault?: true;
  /** Only a fault where the path promises an order. */
  readonly order?: true;
}

const TABLE = {
  published: { of: "events", meaning: "events that publishers handed to the transport" },
  acknowledged: { of: "events", meaning: "events that the transport acknowledged" },
  refused: { of: "events", meaning: "events that the transport refused", fault: true },
  unknown: { of: "events", meaning: "events that the transport neither acknowledged nor refused", fault: true },
  unsent: { of: "events", meaning: "events that were due and could not be sent", fault: true },
  contested: { of: "events", meaning: "sequence numbers that were reported twice, for different events", fault: true },
  unheard: {
    of: "events",
    meaning: "events sent while no matching subscriber was connected; they cannot be judged",
  },
  expected: { of: "deliveries", meaning: "deliveries that must happen" },
  delivered: { of: "deliveries", meaning: "expected deliveries that happened" },
  lost: { of: "deliveries", meaning: "expected deliveries that never happened", fault: true },
  open: {
    of: "deliveries",
    meaning:
      "expected deliveries that were missing when the wait ended but may still come: waiting for a retry, pending or buffered",
    fault: true,
  },
  duplicated: {
    of: "deliveries",
    meaning: "deliveries of an event that the same path had already received",
    fault: true,
  },
  reordered: {
    of: "deliveries",
    meaning: "deliveries that came after a later event: one that was sent after they had been acknowledged",
    fault: true,
    order: true,
  },
  misrouted: { of: "deliveries", meaning: "deliveries on a path whose filter does not match", fault: true },
  damaged: { of: "deliveries", meaning: "arrivals that differ from what was published", fault: true },
  contradicted: {
    of: "deliveries",
    meaning: "events that arrived although the transport refused them",
    fault: true,
  },
  unreported: { of: "deliveries", meaning: "events that arrived although no publisher reported them", fault: true },
  late: {
    of: "deliveries",
    meaning: "deliveries after the account was settled, and duplicates that were reported only then",
    fault: true,
  },
  unjudged: {
    of: "deliveries",
    meaning:
      "deliveries that may or may not happen: sent too near the start or end of a connection, or neither acknowledged nor refused",
  },
  foreign: { of: "deliveries", meaning: "arrivals that carry the identity of another run, or none" },
  paths: { of: "paths", meaning: "subscriptions and endpoints of the run" },
  silent: { of: "paths", meaning: "subscriptions that stopped reporting without an end", fault: true },
} as const satisfies Readonly<Record<string, Count>>;

export type CountName = keyof typeof TABLE;

export const COUNTS: Readonly<Record<CountName, Count>> = TABLE;

export const COUNT_NAMES = Object.keys(TABLE) as readonly CountName[];

/** What a far end that only counts its arrivals cannot know: a loss and a duplicate cancel out. */
const UNSEEN: readonly CountName[] = [
  ...(["duplicated", "reordered", "misrouted", "damaged", "contradicted", "unreported", "foreign"] as const),
];
export const ONLY_COUNTED =
  "only a number is known: a loss and a duplicate cancel out, and nobody saw order, paths or content";

/** Whether arrivals were only counted. */
export function isOnlyCounted({ farEnd }: { readonly farEnd?: unknown }): boolean {
  return typeof farEnd === "object" && farEnd !== null && "kind" in farEnd && farEnd.kind === "count";
}

export const UNCOMPARED = "not compared, for want of a damage() in the pipeline: a changed event counts as delivered";

/** Whether events were found by their identities alone, whatever else of them had changed. */
export function isUncompared(account: { readonly farEnd?: unknown }): boolean {
  const { farEnd } = account;
  if (typeof farEnd !== "object" || farEnd === null || isOnlyCounted(account)) return false;
  return "compared" in farEnd && farEnd.compared === false;
}

/** What stands in the place of an account's figures where nothing was put on the target. */
export const NO_LOAD = "none: no event was published, so that nothing is known of deliveries";

/** Any of these is a trace of a load, also where its publisher's report never came. */
const TRACES = [
  ...(["published", "unsent", "expected", "delivered"] as const),
  ...(["unreported", "misrouted", "duplicated", "late"] as const),
];

/** Whether any event was published, or at least due, or arrived. */
export function hadLoad(counts: Counts): boolean {
  return TRACES.some((name) => counts[name] > 0);
}

/** A count of an account; null where nobody looked for it. */
export function seenCount(account: Counts & { readonly farEnd?: unknown }, name: CountName): number | null {
  return UNSEEN.includes(name) && isOnlyCounted(account) ? null : account[name];
}

/** The counts of one run. */
export type Counts = Readonly<Record<CountName, number>>;

/** The counts with a unit, in the order of events. */
export function countsOf(kind: Count["of"]): readonly CountName[] {
  return COUNT_NAMES.filter((name) => COUNTS[name].of === kind);
}

/** The counts that must be zero. @param isOrdered whether an order of deliveries was promised. */
export function faultNames(isOrdered = true): readonly CountName[] {
  return COUNT_NAMES.filter((name) => COUNTS[name].fault === true && (isOrdered || COUNTS[name].order !== true));
}
