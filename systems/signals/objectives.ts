/** The objectives of signal webhooks, one row each. */
import type { SloContext } from "../../core/definition.ts";
import { sent } from "../../core/objectives.ts";
import { explaining, type Slo, slo, valid } from "../../core/slo.ts";
import { EVERY_TRIAL, TRIALS, type Trial } from "./trials.ts";

/** Facts that decide which objectives apply. */
interface SignalContext extends SloContext {
  /** The trials after the load; all by default. */
  readonly trials?: readonly Trial[];
  /** Executed signals are only counted, because no trace survives. */
  readonly executedByCount?: boolean;
}

/** For signals within the limits: accepted, and as quick as the stress test's guide expects. */
const withinLimits = (share: string, latency: string) => [
  ...explaining(new RegExp(`^${latency}$`), slo(share).rate.atLeast(0.95)),
  slo(latency).average.below(100),
  slo(latency).p95.below(200),
  slo(latency).max.below(1_000),
];

/** The objectives of each trial, over all its rounds. */
const tried: Readonly<Record<Trial, readonly Slo[]>> = {
  // Signals sent at once wait for each other; the guide's mean and percentile are for normal load.
  hft: [slo("signal_hft_success_rate").rate.atLeast(0.95), slo("signal_hft_latency_ms").max.below(1_000)],
  identical: [slo("signal_idempotency_broken").countOf(TRIALS.identical.rounds).is(0)],
  race: [slo("signal_race_broken").countOf(TRIALS.race.rounds).is(0)],
  expiry: [slo("signal_expiry_broken").countOf(TRIALS.expiry.rounds).is(0)],
  limit: [slo("signal_limit_broken").countOf(TRIALS.limit.rounds).is(0), slo("signal_retry_broken").count.is(0)],
  overload: [slo("signal_overload_broken").count.is(0)],
  headers: [slo("signal_spoofing").countOf(TRIALS.headers.rounds).is(0)],
  access: [slo("signal_access_broken").countOf(TRIALS.access.signals).is(0)],
  memory: [...withinLimits("signal_memory_success_rate", "signal_memory_latency_ms"), slo("health_leaks").count.is(0)],
};

/** Trials in which an answer with the time of another one counts as its repetition. */
const REPEATING: readonly Trial[] = ["identical", "race"];

/**
 * Objectives of signals and trials. Without a list of executed signals, only equal times show that one was executed
 * twice.
 */
export const webhook = ({
  trials = EVERY_TRIAL,
  executedByCount = false,
  accounted,
}: SignalContext): readonly Slo[] => [
  ...withinLimits("signal_success_rate", "signal_latency_ms"),
  slo("signal_failed").count.is(0),
  slo("signal_swallowed").count.is(0),
  sent,
  ...trials.flatMap((trial) => tried[trial]),
  ...(accounted || executedByCount || !trials.some((trial) => REPEATING.includes(trial))
    ? []
    : [valid("signal_repeats_unproven").count.is(0)]),
  ...(executedByCount ? [slo("signal_unexecuted").count.is(0)] : []),
];
