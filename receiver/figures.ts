import type { Account } from "../core/account.ts";
import { COUNT_NAMES, COUNTS, type CountName, faultNames } from "../core/counts.ts";

/** Exported figures of a run: the counts of its account, and the backlog. */
export type Figure = CountName | "backlog";

/** The meaning of each figure. */
export const FIGURES: Readonly<Record<Figure, string>> = {
  ...(Object.fromEntries(COUNT_NAMES.map((name) => [name, COUNTS[name].meaning])) as Record<CountName, string>),
  reordered: `${COUNTS.reordered.meaning}; 0 where no order is promised`,
  lost: `${COUNTS.lost.meaning}; 0 until the run is settled`,
  open: `${COUNTS.open.meaning}; 0 until the run is settled`,
  backlog: "expected deliveries that may still be on their way; 0 once the run is settled",
};

/** The current figures of a run. */
export function figuresOf(account: Account): Readonly<Record<Figure, number>> {
  const counts = Object.fromEntries(COUNT_NAMES.map((name) => [name, account[name]])) as Record<CountName, number>;
  const { ending, lost, open } = account;
  const reordered = account.ordered ? account.reordered : 0;
  return { ...counts, reordered, ...(ending === null ? { lost: 0, open: 0, backlog: lost + open } : { backlog: 0 }) };
}

/** The faults of a run; reordered deliveries count only where an order was promised. */
export function faultsOf(account: Account): readonly { readonly fault: CountName; readonly count: number }[] {
  const figures = figuresOf(account);
  return faultNames(account.ordered).map((fault) => ({ fault, count: figures[fault] }));
}
