import leven from "leven";

/** What an unknown name may have been meant for, or what there is. */
export function meant(name: string, known: readonly string[]): string {
  const [close] = known
    .map((one) => ({ one, distance: leven(name, one) }))
    .sort((one, other) => one.distance - other.distance);
  if (close !== undefined && close.distance <= Math.max(2, name.length / 3)) return `did you mean ${close.one}?`;
  return `allowed: ${known.join(", ")}`;
}
