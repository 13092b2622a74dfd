/** Which name was meant by an unknown one. */
import leven from "leven";

/** For an unknown name: the most similar known one, or all of them. */
export function suggestion(name: string, known: readonly string[]): string {
  const close = mostAlike(name, known);
  if (close !== undefined && leven(name, close) <= Math.max(2, name.length / 3)) return `did you mean ${close}?`;
  return `allowed: ${known.join(", ")}`;
}

/** Of the names that begin like an unknown one, that which is most like it. */
export function nearest(name: string, known: readonly string[]): string {
  const prefix = `${name.split("_")[0]}_`;
  const alike = known.filter((one) => one.startsWith(prefix));
  return mostAlike(name, alike.length > 0 ? alike : known) as string;
}

function mostAlike(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((one) => ({ one, distance: leven(name, one) }));
  return distances.sort((one, other) => one.distance - other.distance)[0]?.one;
}

/** Whether two names differ by one letter more, less or other, or by two neighbours swapped. */
export function isOneSlipAway(given: string, name: string): boolean {
  if (Math.abs(given.length - name.length) > 1) return false;
  let start = 0;
  while (start < given.length && given[start] === name[start]) start++;
  const rest = given.slice(start);
  const wanted = name.slice(start);
  return (
    rest.slice(1) === wanted.slice(1) ||
    rest.slice(1) === wanted ||
    rest === wanted.slice(1) ||
    (rest.slice(2) === wanted.slice(2) && rest[0] === wanted[1] && rest[1] === wanted[0])
  );
}
