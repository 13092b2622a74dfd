import leven from "leven";

/** For an unknown name: the most similar known one, or all of them. */
export function suggestion(name: string, known: readonly string[]): string {
  const [close] = known
    .map((one) => ({ one, distance: leven(name, one) }))
    .sort((one, other) => one.distance - other.distance);
  if (close !== undefined && close.distance <= Math.max(2, name.length / 3)) return `did you mean ${close.one}?`;
  return `allowed: ${known.join(", ")}`;
}
