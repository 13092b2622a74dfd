import { Bitset } from "../../workload/bitset.ts";
import { selector, type Workload } from "../../workload/event.ts";
import { Ledger, settlePath } from "../../workload/ledger.ts";
import type { PathArrivals } from "../../workload/report.ts";
import type { measures } from "./metrics.ts";
import { type Run, reportArrivals } from "./run.ts";

/** Where arrivals are judged. @returns whether the run is settled, so that nothing more is to come. */
export type Judge = (paths: PathArrivals[]) => Promise<boolean>;

/** Judgement by the receiver, which knows what was published. */
export function receiverJudge(config: Parameters<typeof reportArrivals>[0], run: Run): Judge {
  return async (paths) => (await reportArrivals(config, run, { paths })).settled;
}

type WebsocketMeasures = ReturnType<typeof measures<"websocket">>;

/**
 * Judgement without a receiver: duplicates, wrong order and wrong filters as ever, and losses as gaps
 * between the first and the last event of a subscription. What was lost before or after, it cannot see.
 */
export function gapJudge(workload: Workload, measure: WebsocketMeasures): Judge {
  const ledgers = new Map<string, Ledger>();
  return async (paths) => {
    for (const report of paths) {
      const ledger = ledgers.get(report.path) ?? new Ledger();
      ledgers.set(report.path, ledger);
      for (let at = 0; at < report.seqs.length; at++) {
        ledger.record(report.publishers[at] as number, report.seqs[at] as number);
      }
      if (!report.closed) continue;
      ledgers.delete(report.path);
      enterGaps(ledger, selector(workload, report.filter), measure);
    }
    return false;
  };
}

function enterGaps(ledger: Ledger, selected: (seq: number) => boolean, measure: WebsocketMeasures): void {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (const seq of ledger.seen) {
    first = Math.min(first, seq);
    last = seq;
  }
  const expected = new Bitset();
  for (let seq = first; seq <= last; seq++) if (selected(seq)) expected.add(seq);
  const account = settlePath(ledger, expected, selected);
  const arrived = ledger.seen.size + ledger.duplicated;
  measure.ws_events_missing.add(account.lost, account.expected);
  measure.ws_events_duplicated.add(account.duplicated, arrived);
  measure.ws_events_reordered.add(account.reordered, arrived);
  measure.ws_events_misrouted.add(account.misrouted, arrived);
}
