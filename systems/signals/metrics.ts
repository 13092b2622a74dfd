/** Metrics of signal webhooks. */
import { answering, count, latency, ours, refusal, share, tally, whole } from "../../core/metric.ts";

export const signals = {
  signal_swallowed: count("unique signals that got the answer to an earlier one, or were answered as known"),
  signal_unexecuted: count(
    "first answers without an execution, where only totals can be compared; below 0: executions without a first answer",
  ),
  signal_success_rate: share("signals of the load that were accepted, each for the first time"),
  signal_latency_ms: answering(ours(latency("answer time of signals of the load that were accepted"))),
  signal_hft_success_rate: share("signals of the hft trial that were accepted, each for the first time"),
  signal_hft_latency_ms: latency("answer time of signals of the hft trial that were accepted"),
  signal_memory_success_rate: share("signals of the memory trial that were accepted, each for the first time"),
  signal_memory_latency_ms: ours(latency("answer time of signals of the memory trial that were accepted")),
  signal_accepted: tally("signals that were accepted"),
  signal_duplicates: tally("signals that were answered as known: the first answer again, or 409"),
  signal_limited: tally("signals that were answered 429, too many requests"),
  signal_limited_silently: tally("signals that were answered 429 without a Retry-After"),
  signal_executed: whole(tally("executed signals, where only totals can be compared")),
  signal_untimed: whole(tally("executed signals that are listed without a time in executed_at")),
  signal_refused: tally("signals that were answered with another 4xx"),
  signal_failed: refusal(count("signals that got a 5xx, an answer without the contract's fields, or none")),
  signal_trial_latency_ms: latency("answer time of signals that were accepted during the other trials"),
  signal_duplicate_latency_ms: latency("answer time of signals that were known"),
  signal_limited_latency_ms: latency("answer time of signals that were answered 429"),
  signal_refused_latency_ms: latency("answer time of signals that were answered with another 4xx"),
  signal_failed_latency_ms: latency("time until signals failed"),
  signal_retry_broken: count(
    "limited signals that were not accepted when they were retried after the limit's second and after Retry-After",
  ),
  signal_race_broken: count("webhooks at which a few equal signals at once did not get exactly one first answer"),
  signal_limit_broken: count("rounds of twice the limit at once in which more or fewer than the limit were accepted"),
  signal_overload_broken: count("periods of three times the limit in which more or fewer were accepted than it allows"),
  signal_idempotency_broken: count(
    "rounds of equal signals at once that did not get exactly one first answer, or in which more than the limit were accepted",
  ),
  signal_repeats_unproven: count(
    "answers to equal signals whose times are too coarse to tell a repetition from a second execution",
  ),
  signal_expiry_broken: count("signals that were forgotten too early or known for too long"),
  signal_spoofing: count("rounds in which more than the limit were accepted because headers named other clients"),
  signal_access_broken: count(
    "requests without valid credentials, or invalid ones, that were not refused as they should be",
  ),
};
