import { type PathArrivals, type RunNumber, readArrivals } from "../../core/arrivals.ts";
import { Bitset } from "../../core/bitset.ts";
import { Edges } from "../../core/edges.ts";
import { type Stream, selector } from "../../core/event.ts";
import { Ledger, settlePath } from "../../core/ledger.ts";
import type { ArrivalsAnswer, DamageReport, PathReport } from "../../core/report.ts";
import type { measures } from "./metrics.ts";
import { type Run, reportArrivals } from "./run.ts";

/**
 * Where arrivals are judged, and told in what way some of them are damaged, and how many others carry no identity
 * of ours. More paths may be written already, as members of a list in JSON.
 */
export type ArrivalJudge = (
  paths: PathReport[],
  damages: DamageReport[],
  foreign: number,
  written?: string,
) => Promise<ArrivalsAnswer>;

/** Judgement by the receiver, which knows what was published. */
export function receiverJudge(config: Parameters<typeof reportArrivals>[0], run: Run): ArrivalJudge {
  return (paths, damages, foreign, written) => reportArrivals(config, run, { paths, damages, foreign }, written);
}

type WebsocketMeasures = ReturnType<typeof measures<"websocket">>;

/** Without an event for so long a subscription is told to be silent; clients that come and go stay for less. */
const SILENT_MS = 10_000;

/** By which a subscription says how much of it was judged: one of 20 s or more is enough for the objective's floor. */
const SAMPLES_PER_SECOND = 5;
const MOST_SAMPLES = 100;

/** What is remembered of a subscription until it is over. */
interface Subscription {
  readonly ledger: Ledger;
  readonly edges: Edges;
}

/**
 * Judgement without a receiver: duplicates, wrong order and wrong filters as ever, and losses as gaps between the
 * edges of a subscription, the last of them where any subscription of this virtual user has it. What was lost within
 * the edges, before or after, it cannot see: how much of its time that leaves is told, and which subscriptions received
 * nothing at all.
 *
 * @param run the run's number; null takes that of the first event.
 */
export function gapJudge(stream: Stream, run: number | null, measure: WebsocketMeasures): ArrivalJudge {
  const subscriptions = new Map<string, Subscription>();
  const ours: RunNumber = { run };
  /** What all subscriptions together have seen: where the stream stands. */
  const whole = new Edges();
  return async (reports, _damages, _foreign, written = "") => {
    // What was written was written before a path was over.
    const all = [...(JSON.parse(`[${written}]`) as PathReport[]), ...reports];
    const { paths, ...unread } = readArrivals(all, ours, Date.now());
    for (const report of paths) {
      const subscription = subscriptions.get(report.path) ?? { ledger: new Ledger(), edges: new Edges() };
      subscriptions.set(report.path, subscription);
      enterArrivals(subscription, report, whole);
      if (!report.closed) continue;
      subscriptions.delete(report.path);
      const last = Math.max(subscription.edges.between().last, whole.lastBefore(report.through));
      enterGaps(subscription, last, selector(stream, report.filter ?? {}), measure);
      enterJudged(subscription, report, measure);
    }
    return { draining: false, settled: false, ...unread };
  };
}

function enterArrivals(
  { ledger, edges }: Subscription,
  { publishers, seqs, arrivedAt }: PathArrivals,
  whole: Edges,
): void {
  for (let place = 0; place < seqs.length; place++) {
    const seq = seqs[place] as number;
    const arrival = ledger.record(publishers[place] as number, seq);
    // An old event that comes once more says nothing of where the stream stands.
    if (arrival !== "first") continue;
    edges.record(seq, arrivedAt[place] as number);
    whole.record(seq, arrivedAt[place] as number);
  }
}

/** How much of a subscription could be judged: samples for each second of it, but a hundred at most. */
function enterJudged({ ledger, edges }: Subscription, { from, through }: PathArrivals, measure: WebsocketMeasures) {
  measure.ws_subscriptions_silent.add(ledger.seen.size === 0 && through - from >= SILENT_MS ? 1 : 0);
  const { judged, lived } = edges.judgedTime(through);
  const samples = Math.min(MOST_SAMPLES, Math.ceil((SAMPLES_PER_SECOND * lived) / 1_000));
  const good = Math.round((samples * judged) / lived);
  for (let sample = 0; sample < samples; sample++) measure.ws_judged_share.add(sample < good);
}

function enterGaps(
  { ledger, edges }: Subscription,
  last: number,
  selected: (seq: number) => boolean,
  measure: WebsocketMeasures,
): void {
  const { first } = edges.between();
  const expected = new Bitset();
  for (let seq = first; seq <= last; seq++) if (selected(seq)) expected.add(seq);
  const account = settlePath(ledger, expected, selected);
  const arrived = ledger.seen.size + ledger.duplicated;
  measure.ws_events_missing.add(account.lost, account.expected);
  measure.ws_events_duplicated.add(account.duplicated, arrived);
  measure.ws_events_reordered.add(account.reordered, arrived);
  measure.ws_events_misrouted.add(account.misrouted, arrived);
}
