/** Objectives that the tests of several systems have in common. Rows always carry their sample floors. */
import { explaining, type Slo, slo } from "./slo.ts";

/** From publishing to arrival, on whichever side that was measured. */
export const DELIVERY_LATENCIES =
  /^(account_((delivery|burst)_(mean|p\d+)|insert_p\d+|latency_growth|recovery)_ms|ws_event_latency_ms)$/;

/** The share of what was published that has to be judged. */
export const JUDGED_SHARE = 0.9;

/** Of every open load: what was due found a connection. */
export const sent = slo("events_unsent").count.is(0);

/** Of every publisher that a receiver settles: what it sends before the load comes out. Where it does not, there is no load. */
export const alive = explaining(/./, slo("canaries_swallowed").count.is(0));

/** Of every publisher: the transport took all that it was given. */
export const published = explaining(
  /^account_expected$/,
  slo("events_refused").count.is(0),
  slo("events_unknown").count.is(0),
  sent,
);

/** Profiles of a minute or two. */
const SHORT_PROFILES = ["smoke", "churn"];

/**
 * Errors below one in a thousand, which a short run is too short to prove: it must have none at all, and the
 * record says how many it leaves possible.
 */
export const hardlyAny = (metric: string, profile = "smoke") =>
  SHORT_PROFILES.includes(profile) ? slo(metric).rate.is(0) : slo(metric).rate.below(0.001);

/** Profiles that last long enough to tell a backlog that grows from one that comes and goes. */
const LASTING = ["load", "stress", "extreme", "soak", "breakpoint"];

/** Of a load that lasts: the pipeline gets rid of what it takes. */
export function keptUp(profile: string, floor: number): Slo[] {
  return LASTING.includes(profile) ? [slo("account_backlog_growth").value(floor).below(0.1)] : [];
}
