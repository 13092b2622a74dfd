import type { Account } from "../core/account.ts";

/** What monitoring is told of a run, and what each figure means. */
export const FIGURES = {
  published: "events that publishers handed to the transport",
  acknowledged: "events that the transport acknowledged",
  refused: "events that the transport refused",
  unknown: "events whose acknowledgement never came",
  paths: "subscriptions and endpoints of the run",
  silent: "subscriptions that stopped reporting without an end",
  expected: "deliveries that have to happen",
  delivered: "expected deliveries that happened",
  backlog: "expected deliveries that may still be on their way; 0 once the run is settled",
  lost: "expected deliveries that never happened; 0 until the run is settled",
  open: "expected deliveries that had not happened when the wait ended and may still; 0 until the run is settled",
  duplicated: "deliveries of an event that the same path had already received",
  reordered: "deliveries that came after a later event of the same publisher",
  misrouted: "deliveries on a path whose filter does not match",
  late: "deliveries after the account was settled",
  unreported: "events that arrived although no publisher reported them",
  contradicted: "events that arrived although the transport refused them",
} as const;

export type Figure = keyof typeof FIGURES;

/** The figures of a run as they stand. */
export function figuresOf(account: Account): Readonly<Record<Figure, number>> {
  const settled = account.ending !== null;
  const { published, acknowledged, refused, unknown, paths, silent, expected, delivered } = account;
  const { duplicated, reordered, misrouted, late, unreported, contradicted, lost, open } = account;
  return {
    ...{ published, acknowledged, refused, unknown, paths, silent, expected, delivered },
    ...{ duplicated, reordered, misrouted, late, unreported, contradicted },
    backlog: settled ? 0 : lost + open,
    lost: settled ? lost : 0,
    open: settled ? open : 0,
  };
}

/** Of the figures, those that say that something is wrong. */
export const FAULTS = [
  "refused",
  "lost",
  "open",
  "duplicated",
  "reordered",
  "misrouted",
  "late",
  "unreported",
  "contradicted",
  "silent",
] as const;

/** What is wrong in a run; an order that nobody promised cannot be broken. */
export function faultsOf(account: Account): readonly { readonly fault: Figure; readonly count: number }[] {
  const figures = figuresOf(account);
  return FAULTS.filter((fault) => fault !== "reordered" || account.ordered).map((fault) => ({
    fault,
    count: figures[fault],
  }));
}
