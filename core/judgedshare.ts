import type { Counts } from "./counts.ts";
import { number } from "./numbers.ts";

/** The share of published events that had a listener and could be judged; null without any. */
export function judgedShare({ acknowledged, unheard, expected, unjudged }: Counts): number | null {
  if (acknowledged === 0 || expected + unjudged === 0) return null;
  return (1 - unheard / acknowledged) * (expected / (expected + unjudged));
}

/** How much was judged and how much was not, in words; shown with every count of losses. */
export function judgedOf(counts: Counts): string {
  const share = judgedShare(counts);
  const { unheard, unjudged, unknown } = counts;
  const why = unknown === 0 ? "too near the edges of a connection" : "too near edges, or without a clear answer";
  const judged = share === null ? "nothing" : `${Math.floor(share * 1000 + 1e-9) / 10} % of what was published`;
  return `${judged}: ${number(unjudged)} unjudged (${why}), ` + `${number(unheard)} published with nobody listening`;
}
