/**
 * What is good enough: the objectives of every test as rows. A row always carries its sample floor,
 * because a k6 threshold passes on no data. Adding an objective is one row.
 */

import { LONGEST_PAUSE_MS } from "./core/attribution.ts";
import { definitionOf } from "./core/definition.ts";
import {
  explaining,
  P95_FLOOR,
  P99_FLOOR,
  SHARE_FLOOR,
  type Slo,
  slo,
  sloVariable,
  spoiling,
  valid,
  withBound,
} from "./core/slo.ts";
import { BREAKPOINT, profilesOf, type Test, TRIALS, type Trial } from "./scenarios.ts";
import "./systems/rooms.ts";
import { EVERY_TRIAL } from "./systems/signals/load.ts";

/** From publishing to arrival, on whichever side that was measured. */
const DELIVERY_LATENCIES =
  /^(account_((delivery|burst)_(mean|p\d+)|insert_p\d+|latency_growth|recovery)_ms|ws_event_latency_ms)$/;
/** All that takes longer when the generator does not get its time. */
export const TIMES =
  /_latency_ms$|^account_(delivery_\w+|burst_p\d+_ms|recovery_ms|insert_\w+|latency_growth_ms|acknowledged_per_second|backlog_growth)$/;
/** What a generator that was stopped cannot tell of: answers came meanwhile, and their time was up when it went on. */
const STOPPED = new RegExp(`${TIMES.source}|^events_(unknown|unsent)$`);
/** What sends too little shows. */
const RATES = /^account_(acknowledged_per_second|backlog_growth)$/;
/** Each of these says that a publisher sent less than it should, or later. */
const BEHIND = /^(events_offered|account_offered|schedule_delay_ms|offered_rate_share|generator_pause_ms)$/;

/**
 * Of every test: the script itself ran without an exception, and the machine that it runs on had all it needs. One that
 * did not is no instrument.
 */
const everywhere = [
  ...spoiling(/./, ...explaining(/./, valid("host_shortages").count.is(0))),
  ...spoiling(/./, valid("script_errors").count.is(0)),
];

/** The share of the requested load that has to be offered. */
const OFFERED_SHARE = 0.99;

/** All that was promised was sent, whoever sent it; a load that seeks its limit promises to begin. */
function promised(all: number, { accounted, instances = 1, profile }: SloContext): Slo[] {
  const events = profile === BREAKPOINT ? 1 : all;
  return spoiling(
    RATES,
    ...explaining(
      BEHIND,
      // One of several processes publishes its share; the account knows what all of them did.
      valid("events_offered").count.atLeast(instances > 1 ? 1 : events),
      ...(accounted ? [valid("account_offered").count.atLeast(events)] : []),
    ),
  );
}

/** Of an open model: what was asked for was offered, and on time. */
const paced = (events: number, judgement: SloContext) => [
  ...promised(events, judgement),
  ...spoiling(STOPPED, ...explaining(BEHIND, valid("generator_pause_ms").max.below(LONGEST_PAUSE_MS))),
  ...spoiling(
    TIMES,
    ...explaining(
      BEHIND,
      // What it does to the result: later events change the rate, but no latency, which counts from the sending.
      valid("schedule_delay_ms").p95.below(200),
      valid("offered_rate_share").value(1).atLeast(OFFERED_SHARE),
    ),
  ),
];

/** The share of what was published that has to be judged. */
const JUDGED_SHARE = 0.9;

/** Of every run that a receiver settles: each acknowledged event arrived once, where it belongs, and no refused one. */
const accounted = [
  // Where the wait was given up, what is missing may still come.
  ...spoiling(/^account_(lost|late|shortfall|vanished)$/, valid("account_settled").value(1).is(1)),
  valid("account_expected").count.atLeast(1),
  // Events that two publishers send under one number come twice, and nobody knows whose is missing.
  ...spoiling(
    /^account_(duplicated|reordered|misrouted)$/,
    valid("account_unreported").count.is(0),
    valid("account_contested").count.is(0),
  ),
  ...explaining(/^account_(shortfall|vanished|burst_lost)$|^ws_events_missing$/, slo("account_lost").count.is(0)),
  slo("account_open").count.is(0),
  slo("account_duplicated").count.is(0),
  slo("account_misrouted").count.is(0),
  slo("account_damaged").count.is(0),
  slo("account_contradicted").count.is(0),
  valid("account_silent_paths").count.is(0),
  valid("account_judged_share").value(1).atLeast(JUDGED_SHARE),
  ...explaining(DELIVERY_LATENCIES, valid("account_clock_doubts").count.is(0)),
  ...spoiling(
    DELIVERY_LATENCIES,
    ...explaining(/^ws_negative_latency$/, valid("account_negative_latency").count.is(0)),
  ),
];

/** A load that seeks its limit is cut off at it: what was on its way then is reported by nobody. */
function accountedIn({ profile }: SloContext): readonly Slo[] {
  return profile === BREAKPOINT ? accounted.filter(({ metric }) => metric !== "account_unreported") : accounted;
}

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

/** Of a steady load: the last deliveries are as quick as the first. A load that rises may cost some latency. */
const steadily = [slo("account_latency_growth_ms").value(2).below(10)];

/** Of bursts: their events are lost no more than others, hardly slower, and none hangs behind for long. */
function burstlike(bursts: number): Slo[] {
  return [
    slo("account_burst_lost").count.is(0),
    slo("account_burst_p95_ms").value(P95_FLOOR).below(50),
    slo("account_burst_p99_ms").value(P99_FLOOR).below(100),
    slo("account_recovery_ms").value(bursts).below(1_000),
  ];
}

/** Of deliveries by webhook: retries and concurrency reorder them; the promise is a mean, which few slow ones leave as it is. */
const webhooked = [
  slo("account_wrong_signatures").count.is(0),
  slo("account_hasty_retries").count.is(0),
  slo("account_left_pending").count.is(0),
  slo("account_delivery_mean_ms").value(1).below(500),
];

/** Of deliveries by webhook in a run that has enough of them to tell, and that lasts long enough. */
function webhookedLong({ profile = "smoke", events, messages = null, rate = null }: SloContext): Slo[] {
  const most = events ?? messages ?? Number.POSITIVE_INFINITY;
  const seconds = rate === null ? 0 : most / rate;
  return [
    ...(most < P95_FLOOR ? [] : [slo("account_delivery_p95_ms").value(P95_FLOOR).below(1_000)]),
    ...(most < P99_FLOOR ? [] : [slo("account_delivery_p99_ms").value(P99_FLOOR).below(2_000)]),
    ...(seconds < SECONDS_FLOOR + 3 ? [] : keptUp(profile, SECONDS_FLOOR)),
  ];
}

/** Of rows in a table: as they were sent, and at no time in none of the places where they can be. */
const stored = [
  slo("account_vanished").count.is(0),
  slo("account_shortfall").count.is(0),
  slo("account_repeated_ids").count.is(0),
];

/** What a settled run of each test is held to beside {@link accounted}. */
const settled: Partial<Readonly<Record<Test, readonly Slo[]>>> = {
  // Subscribers may go on listening after the account is settled; publishers have ended by then.
  websocket: [...subscribed, slo("account_late").count.is(0)],
  nats: subscribed,
  redis: webhooked,
  ingest: stored,
};

/** Of every open load: what was due found a connection. */
const sent = slo("events_unsent").count.is(0);

/** Of every publisher that a receiver settles: what it sends before the load comes out. Where it does not, there is no load. */
const alive = explaining(/./, slo("canaries_swallowed").count.is(0));

/** Of every publisher: the transport took all that it was given. */
const published = explaining(
  /^account_expected$/,
  slo("events_refused").count.is(0),
  slo("events_unknown").count.is(0),
  sent,
);

/** Of one endpoint's latency: the objectives of the gateway. */
const endpoint = (metric: string) => [slo(metric).p95.below(25), slo(metric).p99.below(50)];

/** Of signals within the limits of their webhooks: accepted, and as quick as the guide of the stress test expects. */
const withinLimits = (share: string, latency: string) => [
  ...explaining(new RegExp(`^${latency}$`), slo(share).rate.atLeast(0.95)),
  slo(latency).average.below(100),
  slo(latency).p95.below(200),
  slo(latency).max.below(1_000),
];

/** Profiles of a minute or two. */
const SHORT_PROFILES = ["smoke", "churn"];

/**
 * Errors below one in a thousand, which a short run is too short to prove: it must have none at all, and the
 * record says how many it leaves possible.
 */
const hardlyAny = (metric: string, profile = "smoke") =>
  SHORT_PROFILES.includes(profile) ? slo(metric).rate.is(0) : slo(metric).rate.below(0.001);

/** What each test is held to beside {@link hardlyAny}, whatever its profile. */
const table: Readonly<Record<Test, readonly Slo[]>> = {
  // Depends on what the gateway has: see below.
  http: [],
  websocket: [
    // Not a share of all operations: each connection makes many, and would hide that it was refused at first.
    ...explaining(/^(ws_error_rate|ws_sessions_lost|account_expected)$/, slo("ws_connection_errors_total").count.is(0)),
    ...explaining(/^ws_error_rate$/, slo("ws_sessions_lost").count.is(0)),
    ...explaining(
      DELIVERY_LATENCIES,
      slo("ws_event_latency_ms").p95.below(25),
      slo("ws_event_latency_ms").p99.below(50),
    ),
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
  ],
  nats: [slo("publish_ack_latency_ms").p99.below(250), ...published],
  redis: [slo("publish_ack_latency_ms").p95.below(250), ...published],
  // Depends on the profile: see below.
  ingest: [sent],
  webhook: [
    ...withinLimits("signal_success_rate", "signal_latency_ms"),
    slo("signal_failed").count.is(0),
    slo("signal_swallowed").count.is(0),
    sent,
  ],
};

/** What each trial of a webhook is held to, over all its rounds. */
const tried: Readonly<Record<Trial, readonly Slo[]>> = {
  // All at once they wait for each other: the guide's mean and percentile are those of a normal load.
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

/** Of visits: every endpoint is quick and right, all the time. */
function visited({ gateway = {}, profile }: SloContext): Slo[] {
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
  ];
}

/** Samples of a process's health that say something about it. */
const HEALTH_FLOOR = 10;

/** Of every run that a health monitor watches: nothing died, and memory stayed within bounds. */
const watched = [
  slo("health_deaths").countOf(HEALTH_FLOOR).is(0),
  slo("health_growth_mb").value(HEALTH_FLOOR).below(100),
];

/** What the ingestor's guide expects: messages per second, failures, mean and 95th percentile in ms. */
interface GuideLimits {
  /** Null for bursts, whose pauses would count. */
  readonly perSecond: number | null;
  readonly failures: number;
  readonly mean: number;
  readonly p95: number;
}

/** From publishing to the row, in ms: a batch of a steady load is full in a fraction of a second. */
const toRow = { p95: 2_000, p99: 5_000 };

const quick = { perSecond: 100, failures: 0.01, mean: 100, p95: 200 };
const stress = { perSecond: 200, failures: 0.01, mean: 200, p95: 500 };
const extreme = { perSecond: 300, failures: 0.02, mean: 500, p95: 1_000 };

/** By profile; those that the guide says nothing of are held to what it says of the nearest. */
const ingestion: Readonly<Record<string, GuideLimits>> = {
  smoke: quick,
  load: quick,
  stress,
  extreme,
  spike: { ...extreme, perSecond: null },
  soak: { ...quick, mean: stress.mean, p95: stress.p95 },
  breakpoint: { ...extreme, perSecond: quick.perSecond },
};

/** Profiles that last long enough to tell a backlog that grows from one that comes and goes. */
const LASTING = ["load", "stress", "extreme", "soak", "breakpoint"];
const READINGS_FLOOR = 15;
const SECONDS_FLOOR = 5;

/** Of a load that lasts: the pipeline gets rid of what it takes. */
function keptUp(profile: string, floor: number): Slo[] {
  return LASTING.includes(profile) ? [slo("account_backlog_growth").value(floor).below(0.1)] : [];
}
/** Of the rate that a run offers, what it must have got rid of where the guide asks for more than that. */
const KEPT_SHARE = 0.95;

/** Of an ingestor: the expectations of its guide, or of hostile input that nothing breaks. */
function ingested(judgement: SloContext): Slo[] {
  const { accounted: isSettled, profile = "smoke", rate = null, events, messages } = judgement;
  if (profile === "hostile") {
    return [slo("ingest_server_errors").count.is(0), slo("ingest_wrongly_refused").count.is(0)];
  }
  const { perSecond, failures, mean, p95 } = ingestion[profile] ?? quick;
  const rows = [
    ...explaining(/^ingest_accepted_latency_ms$/, slo("ingest_failure_rate").rate.below(failures)),
    slo("ingest_repeated_ids").count.is(0),
    slo("ingest_accepted_latency_ms").average.below(mean),
    slo("ingest_accepted_latency_ms").p95.below(p95),
  ];
  if (!isSettled) return rows;
  if (perSecond !== null) {
    const least = rate === null ? perSecond : Math.min(perSecond, rate * KEPT_SHARE);
    rows.push(slo("account_acknowledged_per_second").value(SHARE_FLOOR).atLeast(least));
  }
  const most = events ?? messages ?? Number.POSITIVE_INFINITY;
  if (most >= P95_FLOOR) rows.push(slo("account_insert_p95_ms").value(P95_FLOOR).below(toRow.p95));
  if (most >= P99_FLOOR) rows.push(slo("account_insert_p99_ms").value(P99_FLOOR).below(toRow.p99));
  return [...rows, ...keptUp(profile, READINGS_FLOOR)];
}

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

/** What decides which rows apply to a run. */
export interface SloContext {
  /** A receiver settles the run. */
  readonly accounted: boolean;
  /** Events that an open model promised; null for every other model. */
  readonly events: number | null;
  /** k6 processes that share the load; each is held to its share of the sample floors. */
  readonly instances?: number;
  /** The load is published at the same rate from its beginning to its end. */
  readonly steady?: boolean;
  /** A health monitor watches the target. */
  readonly watched?: boolean;
  /** The trials of a webhook; all of them unless told. */
  readonly trials?: readonly Trial[];
  /** Events that a closed model promised. */
  readonly messages?: number | null;
  /** The profile, by its own name, where objectives depend on it. */
  readonly profile?: string;
  /** What was executed is compared by its number, because no trace of a signal survives. */
  readonly executedByCount?: boolean;
  /** What a gateway that is visited has; unless told, everything. */
  readonly gateway?: { readonly manifests?: boolean; readonly dependencyAway?: boolean };
  /** How many bursts the load has; none unless told. */
  readonly bursts?: number | undefined;
  /** Mean rate in events per second that the run offers; null where acknowledgements set the pace. */
  readonly rate?: number | null;
  /** Other bounds, by the names of {@link sloVariable}. */
  readonly bounds?: Readonly<Record<string, number>>;
}

/** The objectives of a run. */
export function slos(test: Test, judgement: SloContext): readonly Slo[] {
  const { accounted: isSettled, events, messages = null, bounds = {}, instances = 1, steady = false } = judgement;
  const { trials = EVERY_TRIAL, bursts = 0 } = judgement;
  const own = definitionOf(test);
  const rows = [
    ...everywhere,
    ...(own?.objectives ?? table[test]),
    ...(test === "http" ? visited(judgement) : []),
    ...(test === "websocket" ? [hardlyAny("ws_error_rate", judgement.profile)] : []),
    ...(test === "websocket" && judgement.profile === "churn" ? [slo("ws_sessions_missed").count.is(0)] : []),
    ...(test === "webhook" ? trials.flatMap((trial) => tried[trial]) : []),
    ...(judgement.executedByCount === true ? [slo("signal_unexecuted").count.is(0)] : []),
    ...(judgement.watched === true ? watched : []),
    ...(events === null ? [] : paced(events, judgement)),
    ...(isSettled && steady && test === "nats" ? steadily : []),
    ...(isSettled && bursts > 0 ? burstlike(bursts) : []),
    ...(test === "ingest" ? ingested(judgement) : []),
    ...(isSettled && test === "redis" ? webhookedLong(judgement) : []),
    ...(messages === null ? [] : promised(messages, judgement)),
    ...(isSettled
      ? [
          ...(["nats", "redis"].includes(test) ? alive : []),
          ...accountedIn(judgement),
          ...(own?.settled ?? settled[test] ?? []),
        ]
      : test === "websocket"
        ? unaccounted
        : []),
  ];
  // Who publishes and listens is held to a row of both only once.
  const once = [...new Map(rows.map((row) => [sloVariable(row), row])).values()];
  return once.map((row) => withBound(shared(row, instances), bounds[sloVariable(row)]));
}

/** The account is the whole run's in each of several processes; of everything else each sees its share. */
function shared(row: Slo, instances: number): Slo {
  return row.metric.startsWith("account_") ? row : { ...row, floor: Math.ceil(row.floor / instances) };
}

/** All variables that set a bound of a test, whatever its profile and whoever judges it. */
export function boundVariables(test: Test): ReadonlySet<string> {
  return new Set(everyObjective(test).map(sloVariable));
}

/** What a test may be held to, whatever its profile and whoever judges it. */
export function everyObjective(test: Test): readonly Slo[] {
  return profilesOf(test).flatMap((profile) =>
    [true, false].flatMap((settled) =>
      [true, false].flatMap((dependencyAway) =>
        slos(test, {
          accounted: settled,
          watched: true,
          steady: true,
          events: 1_000_000,
          messages: 1_000_000,
          rate: 1,
          profile,
          gateway: { dependencyAway },
          ...(test === "nats" ? { bursts: 1 } : {}),
          executedByCount: true,
        }),
      ),
    ),
  );
}
