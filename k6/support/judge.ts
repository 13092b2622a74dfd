import { type Judged, type PathArrivals, readArrivals } from "../../core/arrivals.ts";
import { Bitset } from "../../core/bitset.ts";
import { Edges } from "../../core/edges.ts";
import { type Stream, selector } from "../../core/event.ts";
import { Ledger, settlePath } from "../../core/ledger.ts";
import type { ArrivalsAnswer, DamageReport, PathReport } from "../../core/report.ts";
import type { measures } from "./metrics.ts";
import { type Run, reportArrivals } from "./run.ts";

/**
 * Where arrivals are judged, and told in what way some of them are damaged, and how many others carry no identity
 * of ours.
 */
export type Judge = (paths: PathReport[], damages: DamageReport[], foreign: number) => Promise<ArrivalsAnswer>;

/** Judgement by the receiver, which knows what was published. */
export function receiverJudge(config: Parameters<typeof reportArrivals>[0], run: Run): Judge {
  return (paths, damages, foreign) => reportArrivals(config, run, { paths, damages, foreign });
}

type WebsocketMeasures = ReturnType<typeof measures<"websocket">>;

/** What is remembered of a subscription until it is over. */
interface Subscription {
  readonly ledger: Ledger;
  readonly edges: Edges;
}

/**
 * Judgement without a receiver: duplicates, wrong order and wrong filters as ever, and losses as gaps between the
 * edges of a subscription. What was lost within them, before or after, it cannot see; of a subscription that is
 * over before it has anything between them, no event is said to have been looked for.
 *
 * @param run the run's number; null takes that of the first event.
 */
export function gapJudge(stream: Stream, run: number | null, measure: WebsocketMeasures): Judge {
  const subscriptions = new Map<string, Subscription>();
  const judged: Judged = { run };
  return async (reports) => {
    const { paths, ...unread } = readArrivals(reports, judged, Date.now());
    for (const report of paths) {
      const subscription = subscriptions.get(report.path) ?? { ledger: new Ledger(), edges: new Edges() };
      subscriptions.set(report.path, subscription);
      enterArrivals(subscription, report);
      if (!report.closed) continue;
      subscriptions.delete(report.path);
      enterGaps(subscription, selector(stream, report.filter), measure);
    }
    return { draining: false, settled: false, ...unread };
  };
}

function enterArrivals({ ledger, edges }: Subscription, { publishers, seqs, arrivedAt }: PathArrivals): void {
  for (let place = 0; place < seqs.length; place++) {
    const seq = seqs[place] as number;
    const arrival = ledger.record(publishers[place] as number, seq);
    // An old event that comes once more says nothing of where the stream stands.
    if (arrival === "first") edges.record(seq, arrivedAt[place] as number);
  }
}

function enterGaps(
  { ledger, edges }: Subscription,
  selected: (seq: number) => boolean,
  measure: WebsocketMeasures,
): void {
  const { first, last } = edges.between();
  const expected = new Bitset();
  for (let seq = first; seq <= last; seq++) if (selected(seq)) expected.add(seq);
  const account = settlePath(ledger, expected, selected);
  const arrived = ledger.seen.size + ledger.duplicated;
  measure.ws_events_missing.add(account.lost, account.expected);
  measure.ws_events_duplicated.add(account.duplicated, arrived);
  measure.ws_events_reordered.add(account.reordered, arrived);
  measure.ws_events_misrouted.add(account.misrouted, arrived);
}
