/** For each reason of a verdict what to look at next, with the evidence: which path, which hop, which second. */

import type { Account, Offender } from "../../core/account.ts";
import { judgedOf } from "../../core/judged.ts";
import { metricOf } from "../../core/metrics.ts";
import type { Summary } from "../../core/summary.ts";
import type { Second } from "../../core/timeline.ts";
import type { SloResult } from "../../core/verdict.ts";

/** Where a reason comes from. */
export interface Origin {
  /** The objective that was missed or not measured; null where it is something else. */
  readonly row: SloResult | null;
  /** The log that tells more, as a path to show. */
  readonly log: string | null;
}

/** What is known of the run. */
export interface Evidence {
  readonly account: Account | null;
  readonly timeline: readonly Second[];
  readonly summaries: readonly Summary[];
  /** Mean CPU of all load generators together, in percent of one core; null when it was not measured. */
  readonly generatorCpu: number | null;
  /** What a pipeline of one's own says of its metrics. */
  readonly own?: Readonly<Record<string, string>>;
}

/** What to look at next; what a pipeline says of its own comes first. */
export function nextStep(origin: Origin, evidence: Evidence): string {
  const own = origin.row?.result === "missed" ? evidence.own?.[origin.row.metric] : undefined;
  return own === undefined ? suiteStep(origin, evidence) : `${own}; ${suiteStep(origin, evidence)}`;
}

function suiteStep({ row, log }: Origin, evidence: Evidence): string {
  if (row === null) return log === null ? "start it again" : `read ${log}`;
  if (row.uncertainty !== null && row.doubt !== null) return CLOCKS;
  if (row.result === "unmeasured") {
    return (
      unseen(row, evidence) ??
      `${row.samples} of ${row.floor} samples: let it run longer (--duration, --events) or with more load (--rate)`
    );
  }
  const step = [...STEPS, ...FURTHER_STEPS].find(([metrics]) => metrics.test(row.metric))?.[1];
  return step === undefined ? lookAt(log) : step(row.metric, evidence, log);
}

const CLOCKS =
  "synchronise the clocks (chrony, or the host's time service) and leave them alone during a run; a receiver nearer to " +
  "its publishers narrows the bound (throughline doctor --receiver-url tells it)";

/** Why nothing at all was looked at, where more load would not help. */
function unseen({ metric, samples }: SloResult, { account }: Evidence): string | null {
  if (samples > 0) return null;
  if (metric === "account_wrong_signatures" && (account?.webhooks?.uncheckedSignatures ?? 0) > 0) {
    return "signatures were not looked at: start the receiver with --secret, or set SLO_ACCOUNT_WRONG_SIGNATURES_COUNT=off";
  }
  const problem = account?.storage?.problem ?? null;
  if (problem === null || !/^account_(shortfall|vanished)$/.test(metric)) return null;
  return `the table or Redis could not be read in the end: ${problem}`;
}

type Step = (metric: string, evidence: Evidence, log: string | null) => string;

const STEPS: readonly (readonly [RegExp, Step])[] = [
  [/^account_lost$/, (_, { account, timeline }) => lost(account, timeline)],
  [
    /^account_open$/,
    () =>
      "deliveries were still being tried again when the wait ended: raise DRAIN_TIMEOUT, and look at what the endpoints answered",
  ],
  [
    /^account_left_pending$/,
    () => "a worker read entries and never acknowledged them: XPENDING names them, XRANGE shows what is in them",
  ],
  [/^account_(duplicated|reordered|misrouted)$/, (metric, { account }) => broken(account, metric.slice(8) as Rule)],
  [
    /^account_late$/,
    (_, { timeline }) =>
      `the target still delivers after the drain: ${drained(timeline)}; raise DRAIN_QUIET to wait longer`,
  ],
  [/^(account_delivery_(mean|p95|p99|p995)_ms|ws_event_latency_ms)$/, (_, evidence) => slow(evidence)],
  [
    /^account_burst_(lost|p95_ms|p99_ms)$|^account_recovery_ms$/,
    (_, { timeline }) =>
      `in bursts (BURST_RATIO, BURST_LENGTH): what fills up then and how fast it is emptied; ${slowest(timeline)}`,
  ],
  [
    /^publish_ack_latency_ms$/,
    (_, evidence) => `hop publish to acknowledgement: the broker was slow; ${slowest(evidence.timeline)}`,
  ],
  [
    /^events_(refused|unknown)$/,
    (metric, { summaries }) =>
      `hop publish to acknowledgement: the broker ${metric === "events_refused" ? "refused" : "did not answer for"} ${sum(summaries, metric)} of ${sum(summaries, "events_published")} events; read the broker's log`,
  ],
  [
    /^(events_offered|account_offered|schedule_delay_ms|offered_rate_share|dropped_iterations)$/,
    (_, evidence) => behind(evidence),
  ],
  [
    /^events_unsent$/,
    (_, { summaries }) =>
      `${sum(summaries, "events_unsent")} of ${sum(summaries, "events_offered")} events found no connection, or no publisher that was not waiting: look at what the target did then`,
  ],
  [/^host_shortages$/, () => "this machine ran out of something, and not the target: raise its limits"],
  [
    /^account_latency_growth_ms$/,
    (_, { timeline }) =>
      `deliveries become slower while the load stays the same: ${slowest(timeline)}; look for what fills up`,
  ],
  [
    /^account_hasty_retries$/,
    (_, { account }) => `endpoint ${attempted(account)}: the sender tries again at once; give it a backoff`,
  ],
  [
    /^generator_pause_ms$/,
    (_, { generatorCpu }) =>
      `k6 or its machine stood still${cpu(generatorCpu)}: run it where nothing else takes the cores`,
  ],
  [
    /^generator_lag_ms$/,
    (_, { generatorCpu }) =>
      `the subscribers' k6 was busy${cpu(generatorCpu)}, not the target: fewer SOCKETS, or --instances`,
  ],
  [
    /^(http|endpoint)_.*_latency_ms$/,
    (metric) => `endpoint: ${metricOf(metric)?.meaning.replace("answer time of ", "")}; look at what it waits for`,
  ],
  [
    /^http_error_rate$/,
    (_, { summaries }) => `answers ${statuses(summaries)}; ask the endpoint that is named, and read the gateway's log`,
  ],
  [/^http_outage_ms$/, () => "the gateway stood still or was away: read its log and its machine's for that time"],
  [
    /^http_manifests_found$/,
    () =>
      "the gateway named no block that it has: publish some events before (throughline run nats), or set MANIFESTS=0",
  ],
  [
    /^http_ready_claims$/,
    () => "/ready must ask what the gateway cannot work without, and answer 503 while that is away",
  ],
  [
    /^http_health_claims$/,
    () =>
      "/health may answer 200 for a process that lives, but its body must not say that all is well; where it only means the process, set SLO_HTTP_HEALTH_CLAIMS_COUNT=off",
  ],
  [
    /^ws_(sessions_lost|error_rate|connection_errors_total|subscription_latency_ms)$/,
    (_, { timeline }, log) => `the gateway: ${stalled(timeline)}; ${lookAt(log)}`,
  ],
  [
    /^ws_subscriptions_silent$/,
    () =>
      "publish to what every filter matches, for as long as the subscriptions stay; a receiver tells which are never served",
  ],
  [
    /^ws_judged_share$/,
    () =>
      "without a receiver losses are judged only between a subscription's first and last second with events: hold it " +
      "for 30 s or longer, publish for as long as it stays, or run it with its publisher and a receiver",
  ],
  [
    /^ws_sessions_missed$/,
    (_, { timeline }, log) =>
      `clients could not come as often as they were to: ${stalled(timeline)}; look at how long the gateway takes to let them in; ${lookAt(log)}`,
  ],
  [
    /^ws_events_(missing|duplicated|reordered|misrouted)$/,
    () => "run it together with its publisher, so that a receiver names the events",
  ],
  [
    /^account_damaged$/,
    // The account describes the first damaged ones behind everything else.
    (_, { account }, log) => `${account?.causes.at(-1) ?? "nothing describes them"}; ${lookAt(log)}`,
  ],
  [
    /damaged$/,
    (_, _evidence, log) => `events came changed: compare what the target does with their fields; ${lookAt(log)}`,
  ],
  [
    /^account_wrong_signatures$/,
    (_, { account }) => `endpoint ${attempted(account)}: its hmac_secret is not the receiver's --secret`,
  ],
  [
    /^account_settled$/,
    (_, { account, timeline }) =>
      `the wait ended by ${account?.ending ?? "nothing"}: ${drained(timeline)}; raise DRAIN_TIMEOUT`,
  ],
  [
    /^account_expected$/,
    () =>
      "no event was due anywhere: CHAINS and FILTERS of publisher and subscribers, or the endpoints' rules, do not meet",
  ],
  [
    /^account_unreported$/,
    () => "a publisher sent more than it reported: two runs share this run id, or the receiver refused its reports",
  ],
  [
    /^account_(open|left_pending)$/,
    (_, { account }) =>
      `${account?.causes.join("; ") || "nothing says where they are"}; raise DRAIN_TIMEOUT to wait for them`,
  ],
  [
    /^account_contested$/,
    (_, { account }) =>
      account?.causes.find((cause) => cause.includes("was sent twice")) ??
      "two publishers report the same events: give each run its own RUN_ID",
  ],
  [
    /^account_judged_share$/,
    (_, { account }) =>
      `${account === null ? "the account is missing" : judgedOf(account)}: subscribers have to be there before the first event ` +
      "and until the last has arrived (DURATION of websocket), and to stay for more than a few seconds (SESSION)",
  ],
  [
    /^account_contradicted$/,
    (_, { account }) =>
      `the target did what it said it would not, with ${account?.contradicted ?? 0} of ${account?.refused ?? 0} refused events: it must refuse before it stores or executes`,
  ],
  [/^account_clock_doubts$/, () => CLOCKS],
  [/^account_silent_paths$/, (_, _evidence, log) => `subscribers ended without a word: ${lookAt(log)}`],
  [/^account_negative_latency$/, () => CLOCKS],
  [
    /^ws_negative_latency$/,
    () =>
      "the clocks of publisher and subscribers disagree: synchronise them, or give both a receiver, with which they compare theirs",
  ],
];

/** Of messages that must become rows, of signals, and of the target's processes. */
const FURTHER_STEPS: readonly (readonly [RegExp, Step])[] = [
  [
    /^ingest_(failure_rate|server_errors|wrongly_refused)$/,
    (_, { summaries }) => `answers ${statuses(summaries, "ingest")}; read the ingestor's log`,
  ],
  [
    /^canaries_swallowed$/,
    () => "what was sent was taken and nothing came out: read the log of what took it for that time",
  ],
  [/^ingest_repeated_ids$/, () => "message ids are too short, or counted in each process alone: make them unique"],
  [/^ingest_accepted_latency_ms$/, () => "the ingestor answers slowly: look at what it waits for before it answers"],
  [/^account_acknowledged_per_second$/, () => "the ingestor takes fewer messages than it must: look at its HTTP side"],
  [
    /^account_(shortfall|vanished)$/,
    () => "hop queue to table: messages left the queue and are no rows; read the worker's log",
  ],
  [
    /^account_backlog_growth$/,
    (_, { timeline }) =>
      `the worker stores less than is accepted: ${slowest(timeline)}; more workers, or larger batches`,
  ],
  [
    /^account_open$/,
    (_, { account }) =>
      `${account?.causes.join("; ") || "nothing says where they are"}; what is held is not lost yet: look at who has it`,
  ],
  [
    /^account_left_pending$/,
    (_, { account }) =>
      `hop stream to queue: ${account?.causes.join("; ") || "entries were read and never acknowledged"}; XPENDING names them, XRANGE shows what they hold`,
  ],
  [
    /^account_repeated_ids$/,
    () => "the ingestor gives message ids that are too short to be unique: nobody can ask for one by its id",
  ],
  [/^account_insert_p9[59]_ms$/, () => "hop queue to table: the worker is slow; look at its batches and the database"],
  [
    /^signal_(hft_|memory_)?success_rate$|^signal_failed$/,
    () => "the target refused or failed legitimate signals: read its log",
  ],
  [
    /^signal_(hft_|memory_)?latency_ms$/,
    () => "the target answers slowly: look at what it waits for before it answers",
  ],
  [
    /^signal_swallowed$/,
    () => "signals are taken for equal that are not: what tells them apart has to be the whole body, not some of it",
  ],
  [
    /^signal_unexecuted$/,
    (_, { summaries }) =>
      sum(summaries, "signal_unexecuted") > 0
        ? "signals were accepted and never executed: read the target's log"
        : "more was executed than was accepted for the first time: look at what repeats a signal, or executes refused ones",
  ],
  [/^signal_retry_broken$/, () => "what was limited once stays so: a 429 must not be remembered with its signal"],
  [
    /^signal_(limit|overload)_broken$/,
    () => "the limit is not counted in one place, or not at once: several processes each count their own",
  ],
  [
    /^signal_(idempotency|race|expiry)_broken$/,
    () => "looking for a signal and noting it are not one step, or end too early",
  ],
  [/^signal_spoofing$/, () => "the client's address is taken from a header: take the connection's"],
  [/^signal_access_broken$/, () => "somebody without the right was let in: look at how secrets are compared"],
  [/^health_deaths$/, () => "a process of the target died: read its log, and the monitor's for when"],
  [/^health_(growth_mb|leaks)$/, () => "the target's memory rises: compare two of its heap snapshots under load"],
];

type Rule = "duplicated" | "reordered" | "misrouted";

function lookAt(log: string | null): string {
  return log === null ? "read the logs of the run" : `read ${log}`;
}

function lost(account: Account | null, timeline: readonly Second[]): string {
  const worst = worstOf(account, "lost");
  if (worst === null) return drained(timeline);
  const { path, lost: count, expected, lostSeqs, firstLostAt } = worst;
  const when = firstLostAt === null ? "" : ` ${secondOf(timeline, firstLostAt)}`;
  const causes = account?.causes ?? [];
  const hop =
    causes.length > 0 ? causes.join("; ") : "hop acknowledgement to delivery: look at what the target did then";
  return `path ${path} lost ${count} of ${expected}, first event ${lostSeqs[0]}${when}; ${hop}`;
}

function broken(account: Account | null, rule: Rule): string {
  const worst = worstOf(account, rule);
  if (worst === null) {
    const strays = rule === "misrouted" ? (account?.webhooks?.strays ?? 0) : 0;
    if (strays > 0) return `no path is named: ${strays} deliveries came to endpoints that the run does not have`;
    return "none of the paths that are named: the record holds the first ten that broke a rule";
  }
  const why = {
    duplicated: "hop target to subscriber: a delivery is repeated, by a retry after a lost answer or by two workers",
    reordered: "hop target to subscriber: later events overtake, as with several workers for one stream",
    misrouted: `its filter is ${JSON.stringify(worst.filter)}: compare it with what the target matches by`,
  }[rule];
  const events = rule === "duplicated" ? `, events ${worst.duplicatedSeqs.join(", ")}` : "";
  return `path ${worst.path}: ${worst[rule]} of ${worst.expected}${events}; ${why}`;
}

function worstOf(account: Account | null, rule: "lost" | Rule): Offender | null {
  const offenders = [...(account?.offenders ?? [])].filter((one) => one[rule] > 0);
  return offenders.sort((one, other) => other[rule] - one[rule])[0] ?? null;
}

function slow({ account, timeline, summaries }: Evidence): string {
  const acknowledged = Math.max(...summaries.map(({ metrics }) => metrics["publish_ack_latency_ms"]?.["p(99)"] ?? 0));
  const delivered = account?.latency.p99 ?? 0;
  const hop =
    delivered === 0 || acknowledged === 0
      ? ""
      : `; hop publish to acknowledgement p99 ${ms(acknowledged)}, publish to delivery p99 ${ms(delivered)}: ` +
        `most of it is spent ${acknowledged > delivered / 2 ? "before" : "behind"} the acknowledgement`;
  return `${slowest(timeline)}${hop}`;
}

function slowest(timeline: readonly Second[]): string {
  const worst = [...timeline].sort((one, other) => (other.p99 ?? 0) - (one.p99 ?? 0))[0];
  if (worst === undefined) return "the receiver gave no timeline";
  if (worst.p99 === null) return "no second of the run has a latency";
  return `slowest ${secondOf(timeline, worst.at)}: p99 ${ms(worst.p99)}, backlog ${worst.backlog}`;
}

function stalled(timeline: readonly Second[]): string {
  const silent = timeline.find(({ published, delivered }) => published > 0 && delivered === 0);
  return silent === undefined ? slowest(timeline) : `nothing was delivered ${secondOf(timeline, silent.at)}`;
}

function drained(timeline: readonly Second[]): string {
  const last = timeline.findLast(({ delivered }) => delivered > 0);
  if (timeline.length === 0) return "the receiver gave no timeline";
  if (last === undefined) return "nothing was delivered at all";
  return `the last delivery came ${secondOf(timeline, last.at)}, backlog then ${last.backlog}`;
}

function behind({ generatorCpu }: Evidence): string {
  return `the generator was behind${cpu(generatorCpu)}, not the target: more WORKERS or a larger BATCH, --instances, or a lower --rate`;
}

function cpu(share: number | null): string {
  return share === null ? "" : ` (${Math.round(share)} % of one core)`;
}

function attempted(account: Account | null): string {
  const endpoints = account?.webhooks?.endpoints ?? [];
  const short = [...endpoints].sort((one, other) => other.lost - one.lost || other.attempts - one.attempts)[0];
  return short?.path ?? "unknown";
}

function statuses(summaries: readonly Summary[], family = "http"): string {
  const counts = ["2xx", "4xx", "429", "5xx", "none"].map((status) => [
    status,
    sum(summaries, `${family}_status_${status}`),
  ]);
  return counts.flatMap(([status, count]) => (count === 0 ? [] : [`${status}: ${count}`])).join(", ");
}

function sum(summaries: readonly Summary[], metric: string): number {
  return summaries.reduce((total, { metrics }) => total + (metrics[metric]?.["count"] ?? 0), 0);
}

/** A moment as the second of the run's load, from 1, and as the time of day that logs have. */
function secondOf(timeline: readonly Second[], at: number): string {
  const first = timeline.find(({ published }) => published > 0)?.at ?? at;
  return `in second ${Math.floor((at - first) / 1000) + 1} (${new Date(at).toISOString().slice(11, 19)}Z)`;
}

function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}
