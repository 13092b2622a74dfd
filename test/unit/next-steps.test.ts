import { describe, expect, test } from "vitest";
import { nextStep, type Origin } from "../../cli/run/next-steps.ts";
import type { Account } from "../../core/account.ts";
import type { RunEvidence } from "../../core/nextstep.ts";
import type { SloResult } from "../../core/sloresult.ts";
import { TESTS } from "../../scenarios.ts";
import { METRICS, type MetricName } from "../../systems/metrics.ts";
import { slos } from "../../thresholds.ts";
import { ACCOUNT, evidenceOf, OFFENDER, STARTED, STORAGE, WEBHOOKS } from "./records.ts";

function missed(metric: string, changes: Partial<SloResult> = {}): Origin {
  return { row: rowOf(metric, changes), log: "results/nightly-7/nats.log" };
}

function rowOf(metric: string, changes: Partial<SloResult>): SloResult {
  return {
    metric,
    objective: "count == 0",
    miss: "FAIL",
    observed: 1,
    samples: 1_000,
    floor: 1,
    margin: null,
    uncertainty: null,
    possible: null,
    result: "missed",
    doubt: null,
    spoils: null,
    explains: null,
    ...changes,
  };
}

const QUIET_SECOND = { published: 10, delivered: 10, backlog: 0, p50: 5, p95: 5, p99: 5, max: 5 };
const QUIET = [0, 1, 2].map((place) => ({ ...QUIET_SECOND, at: STARTED + place * 1_000 }));
const NOTHING = { delivered: 0, p50: null, p95: null, p99: null, max: null };
/** Two seconds without a delivery, and one with those of three. */
const HELD_BACK = [
  ...QUIET,
  { ...QUIET_SECOND, ...NOTHING, at: STARTED + 3_000, backlog: 10 },
  { ...QUIET_SECOND, ...NOTHING, at: STARTED + 4_000, backlog: 20 },
  { ...QUIET_SECOND, at: STARTED + 5_000, delivered: 30, p99: 2_000 },
  { ...QUIET_SECOND, at: STARTED + 6_000 },
];

const FEW = { result: "unmeasured", samples: 80, floor: 500 } as const;

describe("the next step", () => {
  test.each<[string, Origin, RunEvidence, string]>([
    [
      "where too little was judged because of edges, is to stay connected, although an event has no clear answer",
      missed("account_judged_share"),
      evidenceOf({ unknown: 1, unjudged: 200, unheard: 0, expected: 800, acknowledged: 800 }),
      "80 % of what was published: 200 unjudged (too near edges, or without a clear answer), 0 published with nobody listening: subscribers have to be there before the first event and until the last has arrived, and to stay connected for some seconds",
    ],
    [
      "of events without a clear answer says whether they arrived",
      missed("events_unknown"),
      evidenceOf({ unanswered: [{ said: "500 oops", events: 16, arrived: 16, whole: 16 }] }),
      "hop publish to acknowledgement: the target gave no clear answer to 0 of 60000 events; all of them arrived: it had taken them, and its answer was wrong or came too late",
    ],
    [
      "where too little was judged because of events that nobody acknowledged, is to look at these",
      missed("account_judged_share"),
      evidenceOf({ unknown: 200, unjudged: 200, unheard: 0, expected: 800, acknowledged: 800 }),
      "80 % of what was published: 200 unjudged (too near edges, or without a clear answer), 0 published with nobody listening: look at why events were neither acknowledged nor refused: of none of them can anybody say whether it was due",
    ],
    [
      "of lost events names path, second, event and hop",
      missed("account_lost"),
      evidenceOf({
        offenders: [
          { ...OFFENDER, path: "small", lost: 1 },
          { ...OFFENDER, firstLostAt: STARTED + 2_500 },
        ],
      }),
      "path connection 12 (ethereum) lost 42 of 30000, first event 12345 in second 3 (12:00:02Z); hop acknowledgement to delivery: look at what the target did then",
    ],
    [
      "of the last events, where the wait ended in silence, tells that it may have been too short",
      missed("account_lost"),
      evidenceOf({ offenders: [{ ...OFFENDER, latestSend: (OFFENDER.firstLostAt ?? 0) - 1 }], ending: "quiet" }),
      "path connection 12 (ethereum) lost 42 of 30000, first event 12345 in second 1 (12:00:00Z); hop acknowledgement to delivery: look at what the target did then; nothing sent later came: if it may take longer than DRAIN_QUIET, raise that",
    ],
    [
      "of events that others came after blames no wait",
      missed("account_lost"),
      evidenceOf({ offenders: [{ ...OFFENDER, latestSend: OFFENDER.firstLostAt }], ending: "quiet" }),
      "path connection 12 (ethereum) lost 42 of 30000, first event 12345 in second 1 (12:00:00Z); hop acknowledgement to delivery: look at what the target did then",
    ],
    [
      "of events that all came again asks for texts with two identities",
      missed("account_duplicated"),
      evidenceOf({ offenders: [{ ...OFFENDER, expected: 3, duplicated: 3, duplicatedSeqs: [0, 1, 2] }] }),
      "path connection 12 (ethereum): 3 of 3, events 0, 1, 2; each event came again: two consumers of one stream, or texts that carry their identity twice, of which one is to be handed on",
    ],
    [
      "of one event that came again and again does not say so of each",
      missed("account_duplicated"),
      evidenceOf({ offenders: [{ ...OFFENDER, expected: 100, duplicated: 100, duplicatedSeqs: [7] }] }),
      "path connection 12 (ethereum): 100 of 100, events 7; hop target to subscriber: a delivery is repeated, by a retry after a lost answer or by two workers",
    ],
    [
      "of lost events names the path that lost first, where others lost as many",
      missed("account_lost"),
      evidenceOf({
        lost: 84,
        offenders: [
          { ...OFFENDER, path: "order", firstLostAt: STARTED + 2_500 },
          { ...OFFENDER, path: "invoice", lostSeqs: [47], firstLostAt: STARTED + 500 },
        ],
      }),
      "path invoice lost 42 of 30000, first event 47 in second 1 (12:00:00Z) (1 other lost as many, later); hop acknowledgement to delivery: look at what the target did then",
    ],
    [
      "of misrouted events names the path that the events of the evidence came to",
      missed("account_misrouted"),
      evidenceOf({
        detours: { count: 5, repeated: 0, first: [{ seq: 147, due: "order", arrived: "invoice" }] },
        offenders: [
          { ...OFFENDER, path: "order", misrouted: 5, misroutedSeqs: [47] },
          { ...OFFENDER, path: "invoice", misrouted: 5, misroutedSeqs: [147] },
        ],
      }),
      'path invoice: 5 beside 30000 expected, events 147 and 4 more; its filter is {"chains":["ethereum"],"event_types":[],"accounts":[],"program_ids":[]}: compare it with what the target matches by',
    ],
    [
      "of lost events tells what the pipeline holds back",
      missed("account_lost"),
      evidenceOf({ offenders: [OFFENDER], causes: ["7 deliveries wait in delivery_queue"] }),
      "path connection 12 (ethereum) lost 42 of 30000, first event 12345 in second 1 (12:00:00Z); 7 deliveries wait in delivery_queue",
    ],
    [
      "of lost events is not displaced by what else was found",
      missed("account_lost"),
      evidenceOf({ offenders: [OFFENDER], findings: ["event 7 is damaged: it is broken"] }),
      "path connection 12 (ethereum) lost 42 of 30000, first event 12345 in second 1 (12:00:00Z); hop acknowledgement to delivery: look at what the target did then",
    ],
    [
      "of lost events that have no numbers names none",
      missed("account_lost"),
      evidenceOf({ offenders: [{ ...OFFENDER, lostSeqs: [], firstLostAt: null }] }),
      "path connection 12 (ethereum) lost 42 of 30000; hop acknowledgement to delivery: look at what the target did then",
    ],
    [
      "of damage shows one",
      missed("account_damaged"),
      evidenceOf({
        findings: ["event 7 came to usdc damaged: its data is 1", "event 9 came to usdc damaged: its data is 2"],
      }),
      "event 7 came to usdc damaged: its data is 1",
    ],
    [
      "of duplicates names the worst path",
      missed("account_duplicated"),
      evidenceOf({
        offenders: [
          { ...OFFENDER, duplicated: 2 },
          { ...OFFENDER, path: "worse", duplicated: 5, duplicatedSeqs: [31, 7] },
        ],
      }),
      "path worse: 5 of 30000, events 31, 7; hop target to subscriber: a delivery is repeated, by a retry after a lost answer or by two workers",
    ],
    [
      "of reordered events names them",
      missed("account_reordered"),
      evidenceOf({ offenders: [{ ...OFFENDER, reordered: 1, reorderedSeqs: [120] }] }),
      "path connection 12 (ethereum): 1 of 30000, events 120; hop target to subscriber: later events overtake, as with several workers for one stream",
    ],
    [
      "of reordered events says among which",
      missed("account_reordered"),
      evidenceOf({ order: { per: "device" }, offenders: [{ ...OFFENDER, reordered: 1, reorderedSeqs: [120] }] }),
      "path connection 12 (ethereum): 1 of 30000, events 120; hop target to subscriber: later events overtake within each device, as with several workers for one stream",
    ],
    [
      "of misrouted events shows the filter",
      missed("account_misrouted"),
      evidenceOf({ offenders: [{ ...OFFENDER, misrouted: 5, misroutedSeqs: [96, 296] }] }),
      'path connection 12 (ethereum): 5 beside 30000 expected, events 96, 296 and 3 more; its filter is {"chains":["ethereum"],"event_types":[],"accounts":[],"program_ids":[]}: compare it with what the target matches by',
    ],
    [
      "of slow deliveries names the second, and the hop behind the acknowledgement",
      missed("account_delivery_p99_ms"),
      evidenceOf({ latency: { ...ACCOUNT.latency, p99: 200 } }, { publish_ack_latency_ms: { values: { "p(99)": 4 } } }),
      "slowest in second 2 (12:00:01Z): p99 230 ms, backlog 6; hop publish to acknowledgement p99 4 ms, publish to delivery p99 200 ms: most of it is spent behind the acknowledgement",
    ],
    [
      "of slow deliveries names the hop before it",
      missed("ws_event_latency_ms"),
      evidenceOf(
        { latency: { ...ACCOUNT.latency, p99: 200 } },
        { publish_ack_latency_ms: { values: { "p(99)": 150 } } },
      ),
      "slowest in second 2 (12:00:01Z): p99 230 ms, backlog 6; hop publish to acknowledgement p99 150 ms, publish to delivery p99 200 ms: most of it is spent before the acknowledgement",
    ],
    [
      "of refused events counts them",
      missed("events_refused"),
      evidenceOf({}, { events_refused: { values: { count: 12 } }, events_published: { values: { count: 60_000 } } }),
      "hop publish to acknowledgement: the target refused 12 of 60000 events; read its log",
    ],
    [
      "of refused events that arrived counts them",
      missed("account_contradicted"),
      evidenceOf({ refused: 90, contradicted: 12 }),
      "the target did what it said it would not, with 12 of 90 refused events: it must refuse before it stores or executes",
    ],
    [
      "of a late publisher does not look at the target",
      missed("offered_rate_share"),
      evidenceOf(),
      "the generator was behind (187 % of one core), not the target: more WORKERS or a larger BATCH, --instances, or a lower --rate",
    ],
    [
      "of a slow endpoint names it",
      missed("http_health_latency_ms"),
      evidenceOf(),
      "endpoint: GET /health; look at what it waits for",
    ],
    [
      "of failed requests tells their answers",
      missed("http_error_rate"),
      evidenceOf({}, { http_status_2xx: { values: { count: 90 } }, http_status_5xx: { values: { count: 10 } } }),
      "answers 2xx: 90, 5xx: 10; ask the endpoint that is named, and read the target's log",
    ],
    [
      "of lost sessions names the second in which nothing came, and the log",
      missed("ws_sessions_lost"),
      evidenceOf(),
      "the target: nothing was delivered in second 4 (12:00:03Z); read results/nightly-7/nats.log",
    ],
    [
      "of lost sessions tells when the first one was lost, and no second in which nothing was due",
      missed("ws_sessions_lost"),
      {
        ...evidenceOf({}, { ws_sessions_lost_at: { values: { min: STARTED + 1_900, max: STARTED + 2_100 } } }),
        timeline: [...QUIET, { ...QUIET_SECOND, at: STARTED + 3_000, delivered: 0, p99: null }],
      },
      "the target: it first closed a connection in second 2 (12:00:01Z); read results/nightly-7/nats.log",
    ],
    [
      "of lost sessions tells of what stopped besides",
      missed("ws_sessions_lost"),
      evidenceOf({}, { ws_sessions_lost_at: { values: { min: STARTED + 2_000, max: STARTED + 2_000 } } }),
      "the target: it first closed a connection in second 3 (12:00:02Z); nothing was delivered in second 4 (12:00:03Z); read results/nightly-7/nats.log",
    ],
    [
      "of failed connections to a target that could not be reached is its log of that moment",
      missed("ws_connection_errors_total"),
      {
        ...evidenceOf(),
        timeline: QUIET,
        summaries: evidenceOf().summaries.map((one) => ({
          ...one,
          metrics: { ...one.metrics, unreachable_at: { min: STARTED + 1_200, max: STARTED + 2_000 } },
        })),
      },
      "the target: no event could be sent in second 2 (12:00:01Z): its log of that moment says why; read results/nightly-7/nats.log",
    ],
    [
      "of failed operations names no second without anything due, or after the load",
      missed("ws_connection_errors_total"),
      {
        ...evidenceOf(),
        timeline: [
          ...QUIET.map((second) => ({ ...second, backlog: 3 })),
          { ...QUIET_SECOND, at: STARTED + 3_000, delivered: 0, backlog: 3 },
          { ...QUIET_SECOND, at: STARTED + 4_000, published: 0, delivered: 0, backlog: 4 },
        ],
      },
      "the target: slowest in second 1 (12:00:00Z): p99 5 ms, backlog 3; read results/nightly-7/nats.log",
    ],
    [
      "of deliveries that were held back tells from when to when, and what came then",
      missed("account_delivery_p95_ms"),
      { ...evidenceOf(), summaries: [], timeline: HELD_BACK },
      "nothing was delivered in second 4 (12:00:03Z) until second 5 (12:00:04Z), then 30 in one second; slowest in second 6 (12:00:05Z): p99 2000 ms, backlog 0",
    ],
    [
      "of frames that waited in a k6 that had little to do tells when most came",
      missed("generator_lag_ms"),
      { ...evidenceOf(), generatorCpu: 11, timeline: HELD_BACK },
      "what came waited in the subscribers' k6, which took only 11 % of one core over the run; most came in second 6 (12:00:05Z): 30: if that was a burst of the target, look at what it held back before; else something else took the cores: fewer connections, or --instances",
    ],
    [
      "of frames that waited in a busy k6 tells how busy it was",
      missed("generator_lag_ms"),
      evidenceOf(),
      "the subscribers' k6 was busy (187 % of one core), not the target: fewer connections, or --instances",
    ],
    [
      "of a latency that is missed by less than a burst waited is no matter of clocks",
      missed("account_delivery_p95_ms", {
        ...{
          result: "unmeasured",
          uncertainty: 92,
          doubt: "what came at once waited for its turn in k6, for up to 92 ms",
        },
      }),
      evidenceOf(),
      "a bound must exceed the time that k6 takes to read what the target sends at once: raise it, or use --instances",
    ],
    [
      "of an account that is not settled tells how the wait ended",
      missed("account_settled"),
      evidenceOf({ ending: "publisher missing" }),
      "the wait ended by publisher missing: the last delivery came in second 3 (12:00:02Z), backlog then 0; raise DRAIN_TIMEOUT",
    ],
    [
      "of a far end that could not be read in the end says what is needed",
      missed("account_settled"),
      evidenceOf({ ending: "quiet", storage: { problem: "connection refused" } as Account["storage"] }),
      "make sure that the far end can be read until the end of the run, and run again",
    ],
    [
      "of too few samples asks for more of them",
      missed("http_error_rate", { result: "unmeasured", samples: 80, floor: 100 }),
      evidenceOf(),
      "80 of 100 samples: let it run longer (--duration, --events) or with more load (--rate), or do without it: --set SLO_HTTP_ERROR_RATE_COUNT=off",
    ],
    [
      "of too few samples says how long the run must be at this rate",
      {
        ...missed("account_delivery_p99_ms", { ...FEW, objective: "value < 50" }),
        lack: { load: { seconds: 20, events: 1_000 }, rows: [] },
      },
      evidenceOf(),
      "80 of 500 samples: at this rate it takes --duration 138s or --events 6876, or do without it: --set SLO_ACCOUNT_DELIVERY_P99_MS_VALUE=off",
    ],
    [
      "of too few events asks for as many as are told before the load, and not for more",
      {
        ...missed("schedule_delay_ms", { ...FEW, samples: 50, floor: 100, objective: "p(95) < 200" }),
        lack: { load: { seconds: 1, events: 50 }, rows: [] },
      },
      evidenceOf(),
      "50 of 100 samples: at this rate it takes --duration 2s or --events 100, or do without it: --set SLO_SCHEDULE_DELAY_MS_P95=off",
    ],
    [
      "of too few answers has no number of events",
      {
        ...missed("http_health_latency_ms", { ...FEW, objective: "p(99) < 50" }),
        lack: { load: { seconds: 20, events: null }, rows: [] },
      },
      evidenceOf(),
      "80 of 500 samples: at this rate it takes --duration 138s, or do without it: --set SLO_HTTP_HEALTH_LATENCY_MS_P99=off",
    ],
    [
      "of too few samples says what other objectives of the test need, where that is more",
      {
        ...missed("http_health_latency_ms", { ...FEW, floor: 100, objective: "p(95) < 25" }),
        lack: { load: { seconds: 20, events: null }, rows: [rowOf("http_health_latency_ms", FEW)] },
      },
      evidenceOf(),
      "80 of 100 samples: at this rate it takes --duration 28s, and the whole test --duration 138s, or do without it: --set SLO_HTTP_HEALTH_LATENCY_MS_P95=off",
    ],
    [
      "of too few samples that a condition needs cannot be done without",
      {
        ...missed("generator_lag_ms", { ...FEW, miss: "INVALID" }),
        lack: { load: { seconds: 20, events: null }, rows: [] },
      },
      evidenceOf(),
      "80 of 500 samples: at this rate it takes --duration 138s",
    ],
    [
      "of a trial that was not whole counts on no longer load",
      { ...missed("signal_hft_success_rate", FEW), lack: { load: { seconds: 20, events: 1_000 }, rows: [] } },
      evidenceOf(),
      "80 of 500 samples, and a longer load gives no more of them: let the test run to its end, or do without it: --set SLO_SIGNAL_HFT_SUCCESS_RATE_COUNT=off",
    ],
    [
      "of signatures that nobody looked at asks for the secret",
      missed("account_wrong_signatures", { result: "unmeasured", samples: 0, floor: 1 }),
      evidenceOf({ webhooks: { ...WEBHOOKS, attempts: 10, uncheckedSignatures: 10 } }),
      "signatures were not verified: start the receiver with --secret, or set SLO_ACCOUNT_WRONG_SIGNATURES_COUNT=off",
    ],
    [
      "of what vanished names it",
      missed("account_vanished"),
      evidenceOf({ findings: ["events that had arrived and are gone: 77"] }),
      "events that had arrived and are gone: 77: look at what deletes or changes them, or asks for a part",
    ],
    [
      "of a table that could not be read says why",
      missed("account_vanished", { result: "unmeasured", samples: 0, floor: 1 }),
      evidenceOf({ storage: { ...STORAGE, problem: "connection refused" } }),
      "the table or Redis could not be read in the end: connection refused",
    ],
    [
      "of a k6 that ended is its log",
      { row: null, log: "results/nightly-7/nats.log" },
      evidenceOf(),
      "read results/nightly-7/nats.log",
    ],
  ])("%s", (_, reason, evidence, step) => {
    expect(nextStep(reason, evidence)).toBe(step);
  });

  test("is more than a log for every objective but the script's own", () => {
    const rows = TESTS.flatMap((target) =>
      [true, false].flatMap((accounted) => slos(target, { accounted, events: 100 })),
    );
    for (const { metric } of rows) {
      const step = nextStep(
        missed(metric),
        evidenceOf({ offenders: [{ ...OFFENDER, duplicated: 1, reordered: 1, misrouted: 1 }] }),
      );
      expect(METRICS).toHaveProperty(metric satisfies string as MetricName);
      if (metric !== "script_errors") expect(step, metric).not.toMatch(/^read /);
      expect(step, metric).not.toMatch(/undefined|NaN|null/);
    }
  });

  test("of a pipeline of one's own comes before the suite's, where the objective was missed", () => {
    const own = { account_lost: "look at the queue" };
    const step = nextStep(missed("account_lost"), { ...evidenceOf({ offenders: [OFFENDER] }), own });
    expect(step).toMatch(/^look at the queue; path /);
    expect(nextStep(missed("account_late"), { ...evidenceOf({}), own })).not.toContain("queue;");
  });

  test("is there also when nothing is known", () => {
    const nothing: RunEvidence = { account: null, timeline: [], summaries: [], generatorCpu: null };
    const rows = TESTS.flatMap((target) => slos(target, { accounted: true, events: 100 }));
    for (const { metric } of rows) {
      expect(nextStep(missed(metric), nothing), metric).not.toMatch(/undefined|NaN|Infinity|^$/);
    }
  });
});
