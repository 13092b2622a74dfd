import { type Attributes, matches as passes } from "../../core/filter.ts";

/**
 * A subscriber's filter, in the words of the gateway's contract: AND across the fields, OR within a field; an empty
 * field matches everything.
 */
export type Filter = {
  readonly chains: readonly string[];
  readonly event_types: readonly string[];
  readonly accounts: readonly string[];
  readonly program_ids: readonly string[];
};

/** The attributes of an event that filters select by. */
export interface Filterable {
  readonly chain: string;
  readonly eventType: string;
  readonly accounts: readonly string[];
  readonly programId: string;
}

/** The attributes of an event by their names in filters. */
export function attributesOf({ chain, eventType, accounts, programId }: Filterable) {
  return { chains: [chain], event_types: [eventType], accounts, program_ids: [programId] } satisfies Attributes;
}

/** Whether an event passes a filter. */
export function matches(filter: Filter, event: Filterable): boolean {
  return passes(filter, attributesOf(event));
}

/** How specific a filter is: one field, two fields, all fields. */
export const FILTER_CLASSES = ["simple", "moderate", "complex"] as const;
export type FilterClass = (typeof FILTER_CLASSES)[number];

/** Highest sum of weights. */
const MOST_FILTERS = 1_000;

/**
 * Parses classes with weights, such as `simple=3,complex` or `all`.
 *
 * @returns a list with each class as often as its weight says, evenly mixed; undefined when invalid.
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
 * A filter of a class that an event passes.
 *
 * @param fields of a complex filter; a gateway may know fewer than the contract.
 */
export function filterFor(
  kind: FilterClass,
  event: Filterable,
  fields: readonly FilterField[] = FILTER_FIELDS,
): Filter {
  const named = { simple: ["chains"], moderate: ["chains", "event_types"], complex: fields }[kind];
  const attributes = attributesOf(event);
  const values = (field: FilterField) => (named.includes(field) ? attributes[field] : []);
  return shared({
    chains: values("chains"),
    event_types: values("event_types"),
    accounts: values("accounts"),
    program_ids: values("program_ids"),
  });
}

const filters = new Map<string, Filter>();

/** What a filter selects, in few words: `ethereum, token_transfer, 1 account`. */
export function describeFilter({ chains, event_types, accounts, program_ids }: Filter): string {
  const counted = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}${count === 1 ? "" : "s"}`]);
  const either = (values: readonly string[]) => (values.length === 0 ? [] : [values.join(" or ")]);
  const parts = [
    ...either(chains),
    ...either(event_types),
    ...counted(accounts.length, "account"),
    ...counted(program_ids.length, "program"),
  ];
  return parts.length === 0 ? "all events" : parts.join(", ");
}

/** The same object for the same filter: of those of ten thousand connections few differ. */
function shared(filter: Filter): Filter {
  const key = JSON.stringify(filter);
  const known = filters.get(key) ?? filter;
  filters.set(key, known);
  return known;
}

const NO_FILTER: Filter = { chains: [], event_types: [], accounts: [], program_ids: [] };

/**
 * The filter of one of many connections, which take turns among classes and events.
 *
 * @param place of the connection, from 0.
 * @param kinds names of {@link FILTER_CLASSES}, or "all" for no filter; at least one.
 * @param events to make filters for, all different; at least one.
 * @param fields of a complex filter.
 */
export function filterAt(
  place: number,
  kinds: readonly string[],
  events: readonly Filterable[],
  fields: readonly FilterField[] = FILTER_FIELDS,
): Filter {
  const kind = kinds[place % kinds.length] as FilterClass | "all";
  // A step without a common factor with the number of variants visits them all.
  const event = events[(place * 37) % events.length] as Filterable;
  return kind === "all" ? NO_FILTER : filterFor(kind, event, fields);
}
