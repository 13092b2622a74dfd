/** What is good enough for the gateway: adding an objective is one row. */
import type { SloContext } from "../../core/definition.ts";
import { alive, DELIVERY_LATENCIES, hardlyAny, JUDGED_SHARE, published } from "../../core/objectives.ts";
import { explaining, P95_FLOOR, P99_FLOOR, SHARE_FLOOR, type Slo, slo, spoiling, valid } from "../../core/slo.ts";

/** What decides which objectives visits have. */
export interface GatewayContext extends SloContext {
  /** What a gateway that is visited has; unless told, everything. */
  readonly gateway?: { readonly manifests?: boolean; readonly dependencyAway?: boolean };
}

/** Of one endpoint's latency: the objectives of the gateway. */
const endpoint = (metric: string) => [slo(metric).p95.below(25), slo(metric).p99.below(50)];

/** Of visits: every endpoint is quick and right, all the time. */
export function http({ gateway = {}, profile, events }: GatewayContext): Slo[] {
  const { manifests = true, dependencyAway = false } = gateway;
  const probes = [...endpoint("http_health_latency_ms"), ...endpoint("http_ready_latency_ms")];
  const errors = explaining(/^http_\w+_latency_ms$/, hardlyAny("http_error_rate", profile));
  if (dependencyAway) {
    const claims = [
      slo("http_ready_claims").countOf(SHARE_FLOOR).is(0),
      slo("http_health_claims").countOf(SHARE_FLOOR).is(0),
    ];
    return [...probes, ...errors, ...claims];
  }
  return [
    ...probes,
    ...endpoint("http_correctness_status_latency_ms"),
    ...endpoint("http_watermark_latency_ms"),
    ...endpoint("http_halts_latency_ms"),
    ...endpoint("http_gaps_latency_ms"),
    ...endpoint("http_manifest_latency_ms"),
    ...errors,
    slo("http_outage_ms").max.below(1_000),
    // A gateway that knows no block at all answers 404 to every one, and so does one that has lost them.
    ...(manifests ? [valid("http_manifests_found").count.atLeast(1)] : []),
    // A gateway that is slow is told by its latencies; one that is not may still be visited more often than was prepared for.
    ...(events === null ? [] : [valid("events_unsent").count.is(0)]),
  ];
}

/** Of connections and sessions, whoever judges what comes over them. */
const connected = [
  // Not a share of all operations: each connection makes many, and would hide that it was refused at first.
  ...explaining(/^(ws_error_rate|ws_sessions_lost|account_expected)$/, slo("ws_connection_errors_total").count.is(0)),
  ...explaining(/^ws_error_rate$/, slo("ws_sessions_lost").count.is(0)),
  ...explaining(DELIVERY_LATENCIES, slo("ws_event_latency_ms").p95.below(25), slo("ws_event_latency_ms").p99.below(50)),
  slo("ws_subscription_latency_ms").max.below(1_000),
  slo("ws_events_damaged").count.is(0),
  ...spoiling(
    /^(ws_\w+|account_(delivery_\w+|burst_p\d+|recovery|latency_growth))_ms$|^ws_sessions_missed$/,
    valid("generator_lag_ms").p99.below(50),
  ),
  // Whoever stands still for long is thrown out.
  ...spoiling(
    /^(ws_\w+|account_(delivery_\w+|burst_p\d+|recovery|latency_growth))_ms$|^ws_(sessions_lost|sessions_missed|error_rate|connection_errors_total)$/,
    valid("generator_pause_ms").max.below(1_000),
  ),
];

/** What a websocket run can judge by itself, from sequence numbers and from clocks that nobody has compared. */
const unaccounted = [
  slo("ws_events_missing").count.is(0),
  slo("ws_events_duplicated").count.is(0),
  slo("ws_events_reordered").count.is(0),
  slo("ws_events_misrouted").count.is(0),
  valid("ws_subscriptions_silent").count.is(0),
  valid("ws_judged_share").rate.atLeast(JUDGED_SHARE),
  ...spoiling(DELIVERY_LATENCIES, valid("ws_negative_latency").count.is(0)),
];

/** Of subscribers: without a receiver they judge what they can by themselves. */
export const websocket = ({ accounted, profile }: SloContext): readonly Slo[] => [
  ...connected,
  hardlyAny("ws_error_rate", profile),
  ...(profile === "churn" ? [slo("ws_sessions_missed").count.is(0)] : []),
  ...(accounted ? [] : unaccounted),
];

/** Five samples beyond the percentile, as for the others. */
const P995_FLOOR = 1_000;

/** Of deliveries to subscribers: in order, and as quick as the gateway promises. */
const subscribed = [
  slo("account_reordered").count.is(0),
  ...explaining(
    DELIVERY_LATENCIES,
    slo("account_delivery_p95_ms").value(P95_FLOOR).below(25),
    slo("account_delivery_p99_ms").value(P99_FLOOR).below(50),
    // Of a hundred deliveries a single slow one is just what the last row allows.
    slo("account_delivery_p995_ms").value(P995_FLOOR).below(100),
  ),
];

/** Of subscribers, who may go on listening after the account is settled; publishers have ended by then. */
export const settledWebsocket = (): readonly Slo[] => [...subscribed, slo("account_late").count.is(0)];

/** Of the publisher: JetStream takes all, and soon. */
export const nats = (): readonly Slo[] => [slo("publish_ack_latency_ms").p99.below(250), ...published];

/** Of a steady load: the last deliveries are as quick as the first. A load that rises may cost some latency. */
const steadily = [slo("account_latency_growth_ms").value(2).below(10)];

/** Of the publisher, where a receiver settles. */
export const settledNats = ({ steady = false }: SloContext): readonly Slo[] => [
  ...alive,
  ...subscribed,
  ...(steady ? steadily : []),
];
