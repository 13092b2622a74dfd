import {
  type Account,
  acknowledgedRate,
  deliveryRate,
  problemOf,
  type StorageAccount,
  type WebhookAccount,
} from "../../core/account.ts";
import type { BurstAccount } from "../../core/bursts.ts";
import { uncertaintyOf } from "../../core/clocks.ts";
import { judgedShare } from "../../core/judgedshare.ts";
import { rankAmong } from "../../core/rank.ts";
import type { Slo } from "../../core/slo.ts";
import type { Observation } from "../../core/sloresult.ts";
import { judge } from "../../core/verdict.ts";
import type { Measures } from "./measure.ts";

/** What each objective of latency is judged by, to see whether the clocks could change it. */
function latenciesOf(account: Account): Readonly<Record<string, readonly [number, number]>> {
  const { growth, storage, bursts } = account;
  const { mean, p95, p99, p995 } = account.latency;
  const insertion = storage?.insertion;
  return {
    account_delivery_mean_ms: [mean, samplesOf(account, 100)],
    account_delivery_p95_ms: [p95, samplesOf(account, 95)],
    account_delivery_p99_ms: [p99, samplesOf(account, 99)],
    account_delivery_p995_ms: [p995, samplesOf(account, 99.5)],
    account_latency_growth_ms: [growth.ms, growth.seconds],
    ...(bursts == null
      ? {}
      : {
          account_burst_p95_ms: [bursts.p95, bursts.samples],
          account_burst_p99_ms: [bursts.p99, bursts.samples],
          account_recovery_ms: [bursts.recovery, bursts.seen],
        }),
    ...(insertion === undefined
      ? {}
      : {
          account_insert_p95_ms: [insertion.p95, insertion.samples],
          account_insert_p99_ms: [insertion.p99, insertion.samples],
        }),
  };
}

/** By how many deliveries a percentile is judged: by none where it may be one that came at a time that nobody knows. */
function samplesOf({ latency: { samples }, farEnd }: Account, percentile: number): number {
  return rankAmong(percentile, samples, farEnd?.undated ?? 0) > 100 ? 0 : samples;
}

/** Of a subscriber's own metric only k6 knows the percentiles; the account has the same deliveries. */
const SAME_DELIVERIES: Readonly<Record<string, string>> = {
  "ws_event_latency_ms p(95)": "account_delivery_p95_ms",
  "ws_event_latency_ms p(99)": "account_delivery_p99_ms",
};

/** Enters how many objectives of latency the clocks leave open. */
function enterDoubts(measure: AccountMeasures, account: Account, slos: readonly Slo[]): void {
  const latencies = latenciesOf(account);
  const uncertainty = uncertaintyOf(account);
  const observations = slos.flatMap((row): Observation[] => {
    const known = latencies[SAME_DELIVERIES[`${row.metric} ${row.statistic}`] ?? row.metric];
    if (known === undefined) return [];
    const [observed, samples] = known;
    return [{ slo: row, observed, samples, uncertainty: uncertainty(row.metric) }];
  });
  const doubts = observations.length === 0 ? [] : judge(observations).rows.filter(({ doubt }) => doubt !== null);
  measure.account_clock_doubts.add(doubts.length, Math.max(1, observations.length));
}

type AccountMeasures = Measures<"account">;

/**
 * Makes k6 metrics of an account, in `teardown()`: k6 still judges them by its thresholds, so that a
 * single lost event fails a bare `k6 run`.
 */
export function enterAccount(measure: AccountMeasures, account: Account, slos: readonly Slo[]): void {
  const { expected, delivered, latency } = account;
  const arrived = delivered + account.unjudged + account.misrouted;
  const judged = judgedShare(account);
  const hasEnded = account.ending === "complete" || account.ending === "quiet" || account.ending === "held";
  // What could not be looked at in the end may hold whatever is missing.
  const isSettled = hasEnded && problemOf(account) === null;
  measure.account_settled.add(isSettled ? 1 : 0);
  measure.account_offered.add(account.published + account.unsent);
  measure.account_published.add(account.published, account.published);
  measure.account_expected.add(expected);
  measure.account_delivered.add(delivered);
  measure.account_lost.add(account.lost, expected);
  measure.account_open.add(account.open, expected);
  measure.account_duplicated.add(account.duplicated, arrived);
  measure.account_misrouted.add(account.misrouted, arrived);
  measure.account_reordered.add(account.reordered, arrived);
  measure.account_late.add(account.late, expected);
  measure.account_contested.add(account.contested, account.published);
  measure.account_foreign.add(account.foreign);
  measure.account_judged_share.add(judged ?? 0, judged === null ? 0 : 1);
  measure.account_unreported.add(account.unreported, arrived);
  measure.account_contradicted.add(account.contradicted, arrived);
  measure.account_silent_paths.add(account.silent, account.paths);
  const timed = latency.samples + latency.negative;
  // Where no time is known of any delivery, as of counts and of identities that carry none, none is negative.
  measure.account_negative_latency.add(latency.negative, timed > 0 ? timed : delivered);
  measure.account_damaged.add(account.damaged, arrived + account.damaged);
  measure.account_delivery_mean_ms.add(latency.mean, samplesOf(account, 100));
  measure.account_delivery_per_second.add(deliveryRate(account) ?? 0, arrived);
  measure.account_delivery_p95_ms.add(latency.p95, samplesOf(account, 95));
  measure.account_delivery_p99_ms.add(latency.p99, samplesOf(account, 99));
  measure.account_delivery_p995_ms.add(latency.p995, samplesOf(account, 99.5));
  measure.account_latency_growth_ms.add(account.growth.ms, account.growth.seconds);
  if (account.bursts != null) enterBursts(measure, account.bursts);
  measure.account_acknowledged_per_second.add(acknowledgedRate(account) ?? 0, account.acknowledged);
  measure.account_drain_ms.add(account.drain);
  enterDoubts(measure, account, slos);
  if (account.webhooks !== null) enterWebhooks(measure, account.webhooks, account.published);
  const { farEnd } = account;
  if (farEnd?.surplus != null) measure.account_surplus.add(farEnd.surplus, arrived + farEnd.surplus);
  if (farEnd != null) measure.account_vanished.add(farEnd.vanished, farEnd.problem === null ? arrived : 0);
  if (farEnd?.kind === "request") {
    const refused = Object.values(farEnd.refused).reduce((sum, times) => sum + times, 0);
    measure.account_refused_requests.add(refused, arrived + refused);
  }
  if (account.storage !== null) enterStorage(measure, account.storage);
}

function enterBursts(measure: AccountMeasures, { p95, p99, samples, lost, recovery, seen }: BurstAccount): void {
  measure.account_burst_p95_ms.add(p95, samples);
  measure.account_burst_p99_ms.add(p99, samples);
  measure.account_burst_lost.add(lost, samples + lost);
  measure.account_recovery_ms.add(recovery, seen);
}

function enterWebhooks(measure: AccountMeasures, webhooks: WebhookAccount, published: number): void {
  const { attempts, growth, leftPending } = webhooks;
  measure.account_hasty_retries.add(webhooks.hasty, attempts);
  // Without a look at the stream nothing is known of it.
  measure.account_left_pending.add(leftPending ?? 0, leftPending === null ? 0 : published);
  measure.account_backlog_growth.add(growth?.share ?? 0, growth?.samples ?? 0);
  // Unchecked signatures are not right.
  const checked = webhooks.uncheckedSignatures === 0 ? attempts : 0;
  measure.account_wrong_signatures.add(webhooks.wrongSignatures, checked);
}

function enterStorage(measure: AccountMeasures, { insertion, growth, ...storage }: StorageAccount): void {
  // What could not be read in the end may be anything.
  const wasRead = storage.problem === null;
  measure.account_shortfall.add(storage.shortfall, wasRead ? storage.readings : 0);
  measure.account_repeated_ids.add(storage.ids.repeated, storage.ids.answered);
  measure.account_vanished.add(storage.vanished, wasRead ? storage.rows + storage.vanished : 0);
  measure.account_backlog_growth.add(growth?.share ?? 0, growth?.samples ?? 0);
  measure.account_insert_p95_ms.add(insertion.p95, insertion.samples);
  measure.account_insert_p99_ms.add(insertion.p99, insertion.samples);
}
