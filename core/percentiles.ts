/** Percentiles as people are shown them; what is recorded, merged and judged is what the histogram says. Pure. */

const NAMES = ["p50", "p95", "p99", "p995"] as const;

/** A histogram's percentiles and its maximum. */
type Told = { readonly [Name in (typeof NAMES)[number]]?: number } & { readonly max: number };

/**
 * None above the maximum: a histogram answers with the upper edge of a bucket, which may lie above the largest latency
 * that it has seen, by 0.01 ms at 20 ms.
 */
export function toShow<Given extends Told>(told: Given): Given {
  const shown = NAMES.flatMap((name) => (told[name] === undefined ? [] : [[name, Math.min(told[name], told.max)]]));
  return { ...told, ...Object.fromEntries(shown) };
}
