import { readArrivals } from "../../workload/arrivals.ts";
import { Bitset } from "../../workload/bitset.ts";
import { selector, type Workload } from "../../workload/event.ts";
import { Ledger, settlePath } from "../../workload/ledger.ts";
import type { ArrivalsAnswer, PathReport } from "../../workload/report.ts";
import type { measures } from "./metrics.ts";
import { type Run, reportArrivals } from "./run.ts";

/** Where arrivals are judged. */
export type Judge = (paths: PathReport[]) => Promise<ArrivalsAnswer>;

/** Judgement by the receiver, which knows what was published. */
export function receiverJudge(config: Parameters<typeof reportArrivals>[0], run: Run): Judge {
  return (paths) => reportArrivals(config, run, { paths });
}

type WebsocketMeasures = ReturnType<typeof measures<"websocket">>;

/**
 * Judgement without a receiver: duplicates, wrong order and wrong filters as ever, and losses as gaps
 * between the first and the last event of a subscription. What was lost before or after, it cannot see.
 *
 * @param run the run's number; null takes that of the first event.
 */
export function gapJudge(workload: Workload, run: number | null, measure: WebsocketMeasures): Judge {
  const ledgers = new Map<string, Ledger>();
  let ours = run;
  const isOurs = (number: number) => {
    ours ??= number;
    return number === ours;
  };
  return async (reports) => {
    const { paths, ...unread } = readArrivals(reports, isOurs);
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
    return { draining: false, settled: false, ...unread };
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
