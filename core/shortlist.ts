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

/** How many examples of a kind are told. */
export const TOLD = 5;

/**
 * The first of several lines, with a last one that counts the rest and says where they are.
 *
 * @param lines those that the record lists.
 * @param all how many there are.
 */
export function shortened(lines: readonly string[], all: number): readonly string[] {
  const told = lines.slice(0, TOLD);
  const left = all - told.length;
  if (told.length === 0 || left <= 0) return told;
  const listed = lines.length - told.length;
  const where = `${listed === left ? "" : `the first ${listed} of them `}under account.examples in result.json`;
  return [...told, `and ${left} more of this kind${listed === 0 ? "" : `: ${where}`}`];
}

/**
 * Events that came again: an event may come many times, so that only the arrivals are counted, not the events.
 *
 * @param arrivals how many came again: of no more than are listed there is no other event.
 */
export function firstOf(seqs: readonly number[], arrivals: number): string {
  return `${seqs.join(", ")}${seqs.length < EVIDENCE || arrivals <= seqs.length ? "" : " first"}`;
}
