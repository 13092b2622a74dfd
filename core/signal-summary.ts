/** What the summary says of signals: what became of all that were sent, in the load and in the trials. */
import { count } from "./figures.ts";

/** One line; nothing for tests that send none. */
export function renderSignals(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): string[] {
  const of = (name: string) => metrics[`signal_${name}`]?.["count"] ?? 0;
  if (metrics["signal_accepted"] === undefined) return [];
  const became = [
    `${count(of("accepted"))} accepted`,
    `${count(of("duplicates"))} repeated`,
    `${count(of("limited"))} limited`,
    `${count(of("refused"))} refused`,
    `${count(of("failed"))} failed`,
  ];
  const swallowed = of("swallowed");
  return [`  signals    ${became.join(", ")}${swallowed === 0 ? "" : `; ${count(swallowed)} swallowed`}`];
}
