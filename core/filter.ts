/**
 * What selects events, by named attributes: of an event the values that it has, of a filter those that are
 * wanted. AND across the names, OR within a name; a name without values matches everything.
 */
export type Attributes = Readonly<Record<string, readonly string[]>>;
export type Filter = Attributes;

/** Whether an event with these attributes passes a filter; an attribute that it does not have is no match. */
export function matches(filter: Filter, attributes: Attributes): boolean {
  for (const name in filter) {
    const wanted = filter[name] as readonly string[];
    if (wanted.length > 0 && !attributes[name]?.some((value) => wanted.includes(value))) return false;
  }
  return true;
}
