/** Objectives that several systems have in common. Each has its sample floor. */
import { explaining, type Slo, slo } from "./slo.ts";

/** From publishing to arrival, measured on either side. */
export const DELIVERY_LATENCIES =
  /^(account_((delivery|burst)_(mean|p\d+)|insert_p\d+|latency_growth|recovery)_ms|ws_event_latency_ms)$/;

/** The least share of published events that must be judged. */
export const JUDGED_SHARE = 0.9;

/** For open models: every due event was sent. */
export const sent = slo("events_unsent").count.is(0);

/** For publishers in settled runs: the canaries before the load arrive. If they do not, there is no load. */
export const alive = explaining(/./, slo("canaries_swallowed").count.is(0));

/** For publishers: the transport accepted all events. */
export const published = [
  ...explaining(/^account_expected$/, slo("events_refused").count.is(0)),
  ...explaining(/^account_(expected|judged_share)$/, slo("events_unknown").count.is(0)),
  ...explaining(/^account_expected$/, sent),
];

/** Profiles of a minute or two. */
const SHORT_PROFILES = ["smoke", "churn"];

/**
 * Error share below one in a thousand. A short run is too short to prove that, so it must have no error at all; the
 * record says how many remain possible.
 */
export const hardlyAny = (metric: string, profile = "smoke") =>
  SHORT_PROFILES.includes(profile) ? slo(metric).rate.is(0) : slo(metric).rate.below(0.001);

/** Profiles long enough to tell a growing backlog from a fluctuating one. */
const LASTING = ["load", "stress", "extreme", "soak", "breakpoint"];

/** For long loads: the pipeline keeps up with its input. */
export function keptUp(profile: string, floor: number): Slo[] {
  return LASTING.includes(profile) ? [slo("account_backlog_growth").value(floor).below(0.1)] : [];
}
