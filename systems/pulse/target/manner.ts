import type { Manner } from "../../../target/manner.ts";

/**
 * Writes JSON in a manner: the real gateway has keys in alphabetical order, no program ids, a durable consumer that
 * several gateways share, its own stream, and a /ready that is always true.
 */
export function write(manner: Manner, value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(manner === "real" ? alphabetical(value) : value);
}

function alphabetical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(alphabetical);
  if (typeof value !== "object" || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, alphabetical(inner)]));
}
