/** For each reason of a verdict, what to look at next, with evidence: which path, which hop, which second. */
import { type Account, problemOf } from "../../core/account.ts";

import { judgedOf } from "../../core/judgedshare.ts";
import { TURN } from "../../core/lag.ts";
import { POLLED } from "../../core/looks.ts";
import { metricOf } from "../../core/metrics.ts";
import {
  firstLost,
  lookAt,
  type NextStep,
  type RunEvidence,
  slowest,
  stalled,
  statuses,
  sum,
  unreached,
} from "../../core/nextstep.ts";
import { JUDGED_SHARE } from "../../core/objectives.ts";
import { openedRooms } from "../../core/room.ts";
import type { SloResult } from "../../core/sloresult.ts";
import { RECEIVER_STOOD } from "../../core/standstill.ts";
import type { Summary } from "../../core/summary.ts";
import { diagnosisOf } from "../../core/unanswered.ts";
import { type Lack, samplesStep } from "./lacking-samples.ts";
import { behind, broken, cpu, drained, lost, type Rule, slow, unread } from "./phrases.ts";

/** The origin of a reason. */
export interface Origin {
  /** The objective that was missed or not measured; null for other reasons. */
  readonly row: SloResult | null;
  /** Path of the most helpful log; null where there is none. */
  readonly log: string | null;
  /** What it had too few samples beside; nothing where that is not known. */
  readonly lack?: Lack;
}

/** What to look at next; a pipeline's own advice comes first. */
export function nextStep(origin: Origin, evidence: RunEvidence): string {
  const own = origin.row?.result === "missed" ? evidence.own?.[origin.row.metric] : undefined;
  return own === undefined ? suiteStep(origin, evidence) : `${own}; ${suiteStep(origin, evidence)}`;
}

function suiteStep({ row, log, lack = { load: null, rows: [] } }: Origin, evidence: RunEvidence): string {
  if (row === null) return log === null ? "start it again" : `read ${log}`;
  if (row.uncertainty !== null && row.doubt !== null) {
    if (row.doubt.startsWith(RECEIVER_STOOD)) return AWAKE;
    if (row.doubt.startsWith(POLLED)) return SELDOM;
    if (row.doubt.startsWith(TURN)) return BURSTS;
    return LATE_MACHINE.test(row.doubt) ? QUIET : CLOCKS;
  }
  if (row.result === "unmeasured") {
    return unseen(row, evidence) ?? samplesStep(row, lack);
  }
  const steps = [...openedRooms().flatMap(({ nextSteps }) => nextSteps), ...STEPS];
  const step = steps.find(([metrics]) => metrics.test(row.metric))?.[1];
  return step === undefined ? lookAt(log) : step(row.metric, evidence, log);
}

/** Whether events without a clear answer alone are more than may be left unjudged. */
function isUnanswered({ unknown, acknowledged }: Account): boolean {
  return unknown > (1 - JUDGED_SHARE) * (unknown + acknowledged);
}

/** How core/attribution.ts begins its text for latencies that this machine may have caused. */
const LATE_MACHINE = /^this machine was itself late/;
const QUIET = "run k6 where nothing else takes its cores, or with a lower --rate";
const BURSTS =
  "a bound must exceed the time that k6 takes to read what the target sends at once: raise it, or use --instances";
const AWAKE = "run the receiver where nothing else takes its cores or its memory: what it notices late counts as late";
const SELDOM =
  "a bound must exceed the time between two polls: raise it, or let the far end report what arrives (webhooks, a stream)";
const CLOCKS =
  "synchronise the clocks (chrony, or the host's time service) and leave them alone during a run; a receiver nearer to " +
  "its publishers narrows the bound";

/** Why nothing was measured in cases where more load would not help. */
function unseen({ metric, samples }: SloResult, { account }: RunEvidence): string | null {
  if (samples > 0) return null;
  if (metric === "account_wrong_signatures" && (account?.webhooks?.uncheckedSignatures ?? 0) > 0) {
    return "signatures were not verified: start the receiver with --secret, or set SLO_ACCOUNT_WRONG_SIGNATURES_COUNT=off";
  }
  const problem = account?.storage?.problem ?? null;
  if (problem === null || !/^account_(shortfall|vanished)$/.test(metric)) return null;
  return `the table or Redis could not be read in the end: ${problem}`;
}

/** Steps for metrics that belong to no system. */
const STEPS: readonly NextStep[] = [
  [/^account_lost$/, (_, { account, timeline }) => lost(account, timeline)],
  [
    /^account_open$/,
    (_, { account }) =>
      `${account?.causes.join("; ") || "deliveries were still being retried when the wait ended"}; raise DRAIN_TIMEOUT to wait for them, and find out where they are held`,
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
      `look at what fills up in bursts (BURST_RATIO, BURST_LENGTH), and how fast it empties; ${slowest(timeline)}`,
  ],
  [
    /^publish_ack_latency_ms$/,
    (_, evidence) => `hop publish to acknowledgement: the broker was slow; ${slowest(evidence.timeline)}`,
  ],
  [
    /^events_(refused|unknown)$/,
    (metric, { account, summaries }) => {
      const of = `${sum(summaries, metric)} of ${sum(summaries, "events_published")} events`;
      const isTold = isQuoted(metric, summaries);
      if (metric === "events_unknown") {
        const known =
          diagnosisOf(account?.unanswered ?? []) ?? (isTold ? "what was said of them says why" : "read its log");
        return `hop publish to acknowledgement: the target gave no clear answer to ${of}; ${known}`;
      }
      return `hop publish to acknowledgement: the target refused ${of}; ${isTold ? "its own words say why" : "read its log"}`;
    },
  ],
  [
    /^(events_offered|account_offered|schedule_delay_ms|offered_rate_share|dropped_iterations)$/,
    (_, evidence) => behind(evidence),
  ],
  [
    /^events_unsent$/,
    (_, { summaries }) =>
      `${sum(summaries, "events_unsent")} of ${sum(summaries, "events_offered")} events found no connection or no free publisher: look at what the target did then`,
  ],
  [/^host_shortages$/, () => "this machine, not the target, ran out of a resource: raise its limits"],
  [
    /^account_latency_growth_ms$/,
    (_, { timeline }) =>
      `deliveries become slower while the load stays the same: ${slowest(timeline)}; look for what fills up`,
  ],
  [
    /^generator_pause_ms$/,
    (_, { generatorCpu }) =>
      `k6 or its machine stood still${cpu(generatorCpu)}: run it where nothing else takes the cores`,
  ],
  [/^generator_lag_ms$/, (_, evidence) => unread(evidence)],
  [
    /^(http|endpoint)_.*_latency_ms$/,
    (metric) => `endpoint: ${metricOf(metric)?.meaning.replace("answer time of ", "")}; look at what it waits for`,
  ],
  [
    /^http_error_rate$/,
    (_, { summaries }) => `answers ${statuses(summaries)}; ask the endpoint that is named, and read the target's log`,
  ],
  [
    /^ws_(sessions_lost|error_rate)$/,
    (_, evidence, log) => `the target: ${firstLost(evidence) ?? stalled(evidence.timeline)}; ${lookAt(log)}`,
  ],
  [
    /^ws_(connection_errors_total|subscription_latency_ms)$/,
    (_, evidence, log) => `the target: ${unreached(evidence) ?? stalled(evidence.timeline)}; ${lookAt(log)}`,
  ],
  [/^http_outage_ms$/, () => "the target stood still or was away: read its log and its machine's for that time"],
  [
    /^account_acknowledged_per_second$/,
    () => "the target accepts events too slowly: look at the side that receives them",
  ],
  [
    /^ws_subscriptions_silent$/,
    () =>
      "publish events for every filter for as long as the subscriptions stay; with a receiver, the account names those that get none",
  ],
  [
    /^ws_judged_share$/,
    () =>
      "without a receiver losses are judged only between a subscription's first and last second with events: hold it " +
      "for 30 s or longer, publish for as long as it stays, or run it with its publisher and a receiver",
  ],
  [
    /^ws_sessions_missed$/,
    (_, evidence, log) =>
      `clients could not connect as often as planned: ${unreached(evidence) ?? stalled(evidence.timeline)}; look at how long connecting takes; ${lookAt(log)}`,
  ],
  [
    /^ws_events_(missing|duplicated|reordered|misrouted)$/,
    () => "run it together with its publisher, so that a receiver names the events",
  ],
  [
    /^account_damaged$/,
    // Damage comes first among what was found.
    // No log knows more of them than the record.
    (_, { account }, log) => account?.findings[0] ?? `nothing describes them; ${lookAt(log)}`,
  ],
  [
    /damaged$/,
    (_, _evidence, log) => `events arrived changed: look at what the target does with their fields; ${lookAt(log)}`,
  ],
  [
    /^account_settled$/,
    (_, { account, timeline }) =>
      account !== null && problemOf(account) !== null
        ? "make sure that the far end can be read until the end of the run, and run again"
        : `the wait ended by ${account?.ending ?? "nothing"}: ${drained(timeline)}; raise DRAIN_TIMEOUT`,
  ],
  [
    /^account_expected$/,
    () => "no published event matches a filter, rule or selection of the far end: change one of the two",
  ],
  [
    /^account_unreported$/,
    () => "a publisher sent more than it reported: two runs share this run id, or the receiver refused its reports",
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
      `${account === null ? "the account is missing" : judgedOf(account)}: ` +
      (account !== null && isUnanswered(account)
        ? "look at why events were neither acknowledged nor refused: of none of them can anybody say whether it was due"
        : "subscribers have to be there before the first event and until the last has arrived, and to stay connected for some seconds"),
  ],
  [
    /^account_contradicted$/,
    (_, { account }) =>
      `the target did what it said it would not, with ${account?.contradicted ?? 0} of ${account?.refused ?? 0} refused events: it must refuse before it stores or executes`,
  ],
  [/^account_clock_doubts$/, () => CLOCKS],
  [/^account_silent_paths$/, (_, _evidence, log) => `subscribers stopped reporting: ${lookAt(log)}`],
  [/^account_negative_latency$/, () => CLOCKS],
  [
    /^ws_negative_latency$/,
    () =>
      "the clocks of publisher and subscribers disagree: synchronise them, or give both a receiver, with which they compare theirs",
  ],
  [
    /^canaries_swallowed$/,
    () => "the target accepted canaries but delivered none: read the log of the part that accepted them, for that time",
  ],
  [
    /^account_vanished$/,
    (_, { account }) =>
      `${account?.findings.find((one) => one.startsWith("events that had arrived")) ?? "rows or items are gone"}: ` +
      "look at what deletes or changes them, or asks for a part",
  ],
  [
    /^account_refused_requests$/,
    (_, { account }) =>
      `${[...(account?.causes ?? []), ...(account?.findings ?? [])].find((one) => /requests? (?:was|were) refused/.test(one)) ?? "receive() refused requests"}: ` +
      "look at what the sender signs and sends, or at receive()",
  ],
  [
    /^account_backlog_growth$/,
    (_, { timeline }) =>
      `the pipeline delivers less than it accepts: ${slowest(timeline)}; more workers, or larger batches`,
  ],
  [
    /^account_surplus$/,
    () => "more came than was due: something is delivered twice, or others write where it is counted",
  ],
  [/^health_deaths$/, () => "a process of the target died: read its log, and the monitor's for when"],
  [/^health_(growth_mb|leaks)$/, () => "the target's memory rises: compare two of its heap snapshots under load"],
];

/** Whether the reasons already quote what the target said. */
function isQuoted(metric: string, summaries: readonly Summary[]): boolean {
  return summaries.some(({ rows }) => rows.some((row) => row.metric === metric && row.evidence !== undefined));
}
