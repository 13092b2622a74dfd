/**
 * Selection by named attributes: an event has values, a filter has wanted values. AND across names, OR within a name; a
 * filter's name without values matches everything.
 */
export type Attributes = Readonly<Record<string, readonly string[]>>;
export type Filter = Attributes;

/** Whether an event with these attributes passes a filter; an attribute that the event lacks does not match. */
export function matches(filter: Filter, attributes: Attributes): boolean {
  for (const name in filter) {
    const wanted = filter[name] as readonly string[];
    if (wanted.length > 0 && !attributes[name]?.some((value) => wanted.includes(value))) return false;
  }
  return true;
}

/** A selection in the form of a filter. */
export function filterOf(selection: Readonly<Record<string, string | readonly string[] | undefined>>): Filter {
  return Object.fromEntries(
    Object.entries(selection).flatMap(([name, wanted]) => (wanted === undefined ? [] : [[name, [wanted].flat()]])),
  );
}
