/** The signals' part of the summary: the answers, in load and trials. */
import { number } from "../../core/numbers.ts";

/** One line; none for tests without signals. */
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
