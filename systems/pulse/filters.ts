import { type Attributes, matches as passes } from "../../core/filter.ts";

/**
 * What a subscriber asked for, in the words of the gateway's contract: AND across the fields, OR
 * within a field, and an empty field matches everything.
 */
export type Filter = {
  readonly chains: readonly string[];
  readonly event_types: readonly string[];
  readonly accounts: readonly string[];
  readonly program_ids: readonly string[];
};

/** The attributes of an event that a filter looks at. */
export interface Filterable {
  readonly chain: string;
  readonly eventType: string;
  readonly accounts: readonly string[];
  readonly programId: string;
}

/** The attributes of an event by the names that filters have for them. */
export function attributesOf({ chain, eventType, accounts, programId }: Filterable) {
  return { chains: [chain], event_types: [eventType], accounts, program_ids: [programId] } satisfies Attributes;
}

/** Whether an event passes a filter. */
export function matches(filter: Filter, event: Filterable): boolean {
  return passes(filter, attributesOf(event));
}

/** How much a filter says: one field, two fields, all fields. */
export const FILTER_CLASSES = ["simple", "moderate", "complex"] as const;
export type FilterClass = (typeof FILTER_CLASSES)[number];

/** Weights add up to no more than this. */
const MOST_FILTERS = 1_000;

/**
 * Reads classes with their weights, as in `simple=3,complex` or `all`.
 *
 * @returns a list that holds each as often as its weight says, evenly mixed; undefined when it is none.
 */
export function readFilterClasses(text: string): string[] | undefined {
  const known: readonly string[] = [...FILTER_CLASSES, "all"];
  const places: { readonly kind: string; readonly at: number }[] = [];
  for (const part of text.split(",")) {
    const [, kind = "", weight = "1"] = /^\s*(\w+)\s*(?:=\s*(\d{1,4})\s*)?$/.exec(part) ?? [];
    const count = Number(weight);
    if (!known.includes(kind) || count + places.length > MOST_FILTERS) return undefined;
    for (let place = 0; place < count; place++) places.push({ kind, at: (place + 0.5) / count });
  }
  if (places.length === 0) return undefined;
  return places.sort((one, other) => one.at - other.at).map(({ kind }) => kind);
}

/** The fields of a filter. */
export const FILTER_FIELDS = ["chains", "event_types", "accounts", "program_ids"] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

/**
 * A filter of the given class that the given event passes.
 *
 * @param fields those that a complex filter names; a gateway may know fewer than the contract.
 */
export function filterFor(
  kind: FilterClass,
  event: Filterable,
  fields: readonly FilterField[] = FILTER_FIELDS,
): Filter {
  const named = { simple: ["chains"], moderate: ["chains", "event_types"], complex: fields }[kind];
  const attributes = attributesOf(event);
  const values = (field: FilterField) => (named.includes(field) ? [...attributes[field]] : []);
  return {
    chains: values("chains"),
    event_types: values("event_types"),
    accounts: values("accounts"),
    program_ids: values("program_ids"),
  };
}

const NO_FILTER: Filter = { chains: [], event_types: [], accounts: [], program_ids: [] };

/**
 * The filter of one of many connections, which take the kinds and the events in turn.
 *
 * @param place which of them, from 0.
 * @param kinds names of {@link FILTER_CLASSES}, or "all" for no filter; at least one.
 * @param events what the filters are made for, all of them different; at least one.
 * @param fields those that a complex filter names.
 */
export function filterAt(
  place: number,
  kinds: readonly string[],
  events: readonly Filterable[],
  fields: readonly FilterField[] = FILTER_FIELDS,
): Filter {
  const kind = kinds[place % kinds.length] as FilterClass | "all";
  // A step that shares no factor with the number of variants visits them all.
  const event = events[(place * 37) % events.length] as Filterable;
  return kind === "all" ? NO_FILTER : filterFor(kind, event, fields);
}
