/** What the summary says of signals: what became of all that were sent, in the load and in the trials. */
import { number } from "../../core/numbers.ts";

/** One line; nothing for tests that send none. */
export function renderSignals(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): string[] {
  const of = (name: string) => metrics[`signal_${name}`]?.["count"] ?? 0;
  if (metrics["signal_accepted"] === undefined) return [];
  const became = [
    `${number(of("accepted"))} accepted`,
    `${number(of("duplicates"))} repeated`,
    `${number(of("limited"))} limited`,
    `${number(of("refused"))} refused`,
    `${number(of("failed"))} failed`,
  ];
  const swallowed = of("swallowed");
  return [`  signals    ${became.join(", ")}${swallowed === 0 ? "" : `; ${number(swallowed)} swallowed`}`];
}
