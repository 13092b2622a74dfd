/**
 * Every metric of the suite, once: its kind and what it says. Scripts make their k6 metrics from
 * this list, objectives refer to it, and so do dashboards and documentation.
 */

import { COUNTS, type CountName } from "./counts.ts";
import {
  answering,
  between,
  count,
  inWords,
  latency,
  type Metric,
  moment,
  ours,
  perEvent,
  reading,
  refusal,
  share,
  tally,
  whole,
} from "./metric.ts";

const everywhere = {
  script_errors: count("exceptions inside the script, among iterations"),
  host_shortages: count("attempts that failed because of this machine and not the target, among all attempts"),
  host_descriptors: tally("attempts for which this machine had no file descriptor left"),
  host_ports: tally("attempts for which this machine had no local port left"),
  host_memory: tally("attempts for which this machine had no memory left"),
  host_names: tally("attempts whose host name this machine could not resolve"),
  host_proxy: tally("attempts that this machine's proxy refused"),
};

/** Pauses of k6 itself. */
const generator = {
  generator_pause_ms: latency("how late a virtual user's timer fired, when later than ever before: k6 stood still"),
};

/** For tests without a schedule, which would show it. */
const machine = {
  generator_lateness_ms: latency("how late an idle virtual user woke up: what this machine adds to each step of k6"),
};

/** Counters of k6 itself. */
const k6 = {
  dropped_iterations: count("iterations that k6 could not start in time because no virtual user was free"),
};

const http = {
  http_error_rate: share("requests that failed or whose answer broke the contract"),
  http_outage_ms: latency(
    "how long an endpoint gave no right answer to two requests a second; for users' endpoints, an answer that took a " +
      "second or more and five times as long as usual",
  ),
  http_outage_seconds: refusal(tally("seconds in which an endpoint gave no right answer for a second or longer")),
  http_status_2xx: tally("answers with a status from 200 to 299"),
  http_status_4xx: refusal(tally("answers with a status from 400 to 499")),
  http_status_429: refusal(tally("answers with status 429, too many requests; counted apart from the other 4xx")),
  http_status_5xx: refusal(tally("answers with a status from 500 to 599")),
  http_status_none: refusal(tally("requests that got no answer")),
  ...machine,
};

const websocket = {
  ws_connections_total: tally("attempts to connect"),
  ws_connection_errors_total: inWords("refused", count("attempts to connect that failed, among all of them")),
  ws_active_connections: reading(
    "open connections: those of the virtual user that reported last, times all virtual users",
  ),
  ws_connect_latency_ms: latency("from the attempt to connect to the frame that confirms it"),
  ws_subscription_latency_ms: latency("from subscribe to subscribed"),
  ws_ping_latency_ms: latency("from ping to pong"),
  ws_event_latency_ms: ours(between("arrival", latency("from publishing an event to reading it from the socket"))),
  ws_error_rate: share("operations of a session that failed: connect, subscribe, list, ping, unsubscribe"),
  ws_sessions_lost: inWords("closed", count("connections that the target closed too early, among open ones")),
  ws_sessions_lost_at: moment("when the target closed an open connection too early"),
  ws_sessions_missed: count(
    "sessions of clients that come and go that did not subscribe as planned: refused, or not begun because the previous one was not over",
  ),
  ws_sessions_vanished: tally("sessions that ended without unsubscribe or close frame"),
  ws_resubscribed: tally("subscriptions that were replaced by another one on the same connection"),
  ws_slow_events: tally("event frames read by clients that read slowly; they are not judged"),
  ws_slow_sessions_lost: tally("connections of clients that read slowly that the other side ended"),
  ws_events_received: tally("event frames read"),
  ws_events_foreign: tally("event frames of another run, or without a trace; never counted as deliveries"),
  ws_events_damaged: count("event frames whose trace or fields differ from what was published, among those compared"),
  ws_subscriptions_silent: count(
    "subscriptions that received no event of the run in 10 seconds or more: what they missed is unknown",
  ),
  ws_judged_share: share(
    "time since its first event in which a subscription's losses could be judged without a receiver; the rest lies in its first or last second, or after its last event",
  ),
  ws_events_missing: count(
    "gaps: matching events that never came, between those of a subscription's first and of its last second",
  ),
  ws_events_duplicated: count("events that came twice on one subscription"),
  ws_events_reordered: count("events that came after a later one of the same publisher"),
  ws_events_misrouted: count("events that came although the subscription does not match them"),
  ws_negative_latency: count(
    "events that arrived before they were published, by the clocks of both sides: the clocks disagree, so latencies mean nothing",
  ),
  generator_lag_ms: latency(
    "how long a frame had waited in this machine when it was read; users' pipelines: not for those that came at once with it",
  ),
  generator_turn_ms: latency(
    "how long a text of a user's pipeline waited for those that came at once with it, where that was 50 ms or longer",
  ),
  ...generator,
  ...machine,
};

const publishing = {
  events_offered: count("events that became due, whether they could be sent or not"),
  events_published: count("events handed to the transport"),
  events_acknowledged: tally("events that the transport acknowledged"),
  events_refused: inWords("refused", refusal(perEvent(count("events that the transport answered with an error")))),
  events_unknown: inWords(
    "unknown",
    refusal(perEvent(count("events that were neither acknowledged nor refused: they may arrive or not"))),
  ),
  events_unsent: perEvent(count("events that were due and could not be sent")),
  unsent_unreachable: tally("events that could not be sent because there was no connection to the target"),
  unsent_waiting: tally("events that could not be sent because every publisher was waiting for an answer"),
  unreachable_at: moment("when events could not be sent because there was no connection"),
  reached_again_at: moment("when an event was answered after others could not be sent"),
  events_deduplicated: tally("events that the transport had already stored under the same id"),
  publish_ack_latency_ms: answering(perEvent(ours(latency("from sending an event to its acknowledgement")))),
  schedule_delay_ms: perEvent(latency("from the moment an event was due to its sending")),
  offered_rate_share: reading("share of the requested rate that was offered: 1 when all events are sent on time"),
  publishing_seconds: reading("from the start of the load to the last send, and as long as its events were to take"),
  publisher_waited_ms: latency("duration of an answer that kept all publishers busy when an event became due"),
  canaries_sent: whole(tally("canaries that were sent before the load, with those that warmed the pipeline up")),
  canaries_swallowed: whole(
    count(
      "canaries that were acknowledged but never delivered, although all consumers had read them or the target claimed to be ready",
    ),
  ),
  publishers_started: tally("publishers of an open model that began their schedule"),
  trials_done: tally("trials after a load that were completed"),
  publishers_done: tally("publishers of an open model that completed their schedule"),
  ...generator,
  generator_paused_at: moment("when a publisher's timer fired more than 200 ms late"),
};

function allWhole<Name extends string>(metrics: Readonly<Record<Name, Metric>>): Readonly<Record<Name, Metric>> {
  const entries = Object.entries<Metric>(metrics).map(([name, metric]) => [name, whole(metric)]);
  return Object.fromEntries(entries) as Record<Name, Metric>;
}

/** Counts of the account that become metrics of k6 under their own names. */
const COUNTED = [
  "published",
  "expected",
  "lost",
  "open",
  "duplicated",
  "misrouted",
  "reordered",
  "damaged",
  "unreported",
  "contradicted",
  "contested",
] as const satisfies readonly CountName[];

const counted = Object.fromEntries(COUNTED.map((name) => [`account_${name}`, count(COUNTS[name].meaning)])) as Readonly<
  Record<`account_${(typeof COUNTED)[number]}`, Metric>
>;

const account = allWhole({
  account_settled: reading(
    "1 when every delivery could be judged, 0 when the receiver gave up waiting or could not read the far end",
  ),
  account_judged_share: reading(
    "share of published events that could be judged: a subscriber listened, and its connection did not just open or close",
  ),
  account_offered: count("events that became due, over all publishers"),
  ...counted,
  account_delivered: tally(COUNTS.delivered.meaning),
  account_foreign: tally(COUNTS.foreign.meaning),
  account_late: count(COUNTS.late.meaning),
  account_silent_paths: count(COUNTS.silent.meaning),
  account_negative_latency: count("deliveries that came before they were sent: clocks disagree"),
  account_wrong_signatures: count("webhooks that were refused because their signature is missing or wrong"),
  account_clock_doubts: count("latency objectives that cannot be decided because the clocks may be too far apart"),
  account_delivery_mean_ms: ours(between("arrival", reading("mean from publishing to arrival, over all deliveries"))),
  account_delivery_per_second: reading(
    "deliveries per second, from the first send to the last arrival, or to the last send where that came later",
  ),
  account_delivery_p95_ms: ours(
    between("arrival", reading("95th percentile from publishing to arrival, over all deliveries")),
  ),
  account_delivery_p99_ms: ours(
    between("arrival", reading("99th percentile from publishing to arrival, over all deliveries")),
  ),
  account_delivery_p995_ms: ours(
    between("arrival", reading("99.5th percentile from publishing to arrival, over all deliveries")),
  ),
  account_burst_p95_ms: ours(
    between("arrival", reading("95th percentile from publishing to arrival, of events that were sent in bursts")),
  ),
  account_burst_p99_ms: ours(
    between("arrival", reading("99th percentile from publishing to arrival, of events that were sent in bursts")),
  ),
  account_burst_lost: count("deliveries that are lost, of events that were sent in bursts"),
  account_recovery_ms: ours(
    between("arrival", reading("the longest time from the end of a burst until all its events had arrived")),
  ),
  account_latency_growth_ms: between(
    "arrival",
    reading("how much slower the quickest delivery of the last quarter of the load was than that of the first"),
  ),
  account_left_pending: count(
    "entries of the load that a consumer group had read and did not acknowledge, among the events published",
  ),
  account_hasty_retries: count("webhooks sent again within 50 ms of an attempt that failed, among all attempts"),
  account_acknowledged_per_second: reading("acknowledged events per second, from the first send to the last answer"),
  account_drain_ms: reading("from the end of the load until the last delivery"),
  account_shortfall: count(
    "acknowledged messages that for 10 seconds were neither rows nor pending nor buffered, among the readings",
  ),
  account_repeated_ids: count("messages that were accepted under the id of another one, among those accepted"),
  account_surplus: count("arrivals beyond the expected number, where arrivals are only counted"),
  account_refused_requests: count("requests that the pipeline's receive() refused, among all that came"),
  account_vanished: count("rows that existed earlier and were gone when the account was settled"),
  account_backlog_growth: reading("growth of the backlog under load, as a share of the deliveries that were due"),
  account_insert_p95_ms: between(
    "table",
    reading("95th percentile from publishing to the row's inserted_at, by the database's clock"),
  ),
  account_insert_p99_ms: between(
    "table",
    reading("99th percentile from publishing to the row's inserted_at, by the database's clock"),
  ),
});

const health = {
  health_deaths: whole(count("processes of the target that died, replaced or not, among the samples of its health")),
  health_growth_mb: whole(reading("the target's highest memory above its initial memory, in MB")),
  health_leaks: count("targets whose memory rises without end, among those monitored long enough"),
};

/** Metrics that belong to no system, by family. */
export const GENERAL_FAMILIES = { everywhere, k6, http, websocket, publishing, account, health } as const;

const known = new Map<string, Metric>(Object.values(GENERAL_FAMILIES).flatMap((family) => Object.entries(family)));

/** Registers a system's metrics. */
export function defineMetrics(metrics: Readonly<Record<string, Metric>>): void {
  for (const [name, metric] of Object.entries(metrics)) known.set(name, metric);
}

/** The metric of a name, including the response times of users' endpoints. */
export function metricOf(name: string): Metric | undefined {
  const [, endpoint] = /^endpoint_(.+)_latency_ms$/.exec(name) ?? [];
  return (
    known.get(name) ??
    (endpoint === undefined ? undefined : ours(latency(`answer time of ${endpoint.replaceAll("_", " ")}`)))
  );
}
