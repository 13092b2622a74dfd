import type { Account } from "../core/account.ts";
import { COUNT_NAMES, COUNTS, type CountName, faultNames } from "../core/counts.ts";

/** What monitoring is told of a run: the counts of its account, and what may still be on its way. */
export type Figure = CountName | "backlog";

/** What each figure means. */
export const FIGURES: Readonly<Record<Figure, string>> = {
  ...(Object.fromEntries(COUNT_NAMES.map((name) => [name, COUNTS[name].meaning])) as Record<CountName, string>),
  lost: `${COUNTS.lost.meaning}; 0 until the run is settled`,
  open: `${COUNTS.open.meaning}; 0 until the run is settled`,
  backlog: "expected deliveries that may still be on their way; 0 once the run is settled",
};

/** The figures of a run as they stand. */
export function figuresOf(account: Account): Readonly<Record<Figure, number>> {
  const counts = Object.fromEntries(COUNT_NAMES.map((name) => [name, account[name]])) as Record<CountName, number>;
  const { ending, lost, open } = account;
  return { ...counts, ...(ending === null ? { lost: 0, open: 0, backlog: lost + open } : { backlog: 0 }) };
}

/** The faults of a run; reordered counts only where an order is promised. */
export function faultsOf(account: Account): readonly { readonly fault: CountName; readonly count: number }[] {
  const figures = figuresOf(account);
  return faultNames(account.ordered).map((fault) => ({ fault, count: figures[fault] }));
}
