/** The first of many, for people: what is left out is counted. Pure. */
import { EVIDENCE } from "./order.ts";

/**
 * `96, 296, 496 and 7 more`.
 *
 * @param all how many there are; the listed ones by default.
 * @param most how many are listed.
 */
export function shortlist(listed: readonly (string | number)[], all = listed.length, most = listed.length): string {
  const shown = listed.slice(0, most);
  const left = all - shown.length;
  return `${shown.join(", ")}${left > 0 ? `${shown.length === 0 ? "" : " and "}${left} more` : ""}`;
}

/** Lines of which only the first are told, with a last one that counts the rest. */
export function shortened(lines: readonly string[], all: number): readonly string[] {
  return lines.length === 0 || all <= lines.length ? lines : [...lines, `and ${all - lines.length} more of this kind`];
}

/** Events that came again: an event may come many times, so that only the arrivals are counted, not the events. */
export function firstOf(seqs: readonly number[]): string {
  return `${seqs.join(", ")}${seqs.length < EVIDENCE ? "" : " first"}`;
}
