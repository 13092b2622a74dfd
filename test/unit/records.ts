/** A realistic run of nats, as k6 and the receiver give it to the summary. */

import type { Account, Offender, StorageAccount, WebhookAccount } from "../../core/account.ts";
import type { RunEvidence } from "../../core/nextstep.ts";
import { sampleCounter } from "../../core/samples.ts";
import { type K6Data, type SummaryInput, summarize } from "../../core/summary.ts";
import { slos } from "../../thresholds.ts";

export const SLOS = slos("nats", { accounted: true, events: 60_000 });

export type Metrics = Record<string, { values: Record<string, number> }>;

/** k6's data when every objective is met with just enough samples, with a test's changes. */
export function dataOf(changes: Metrics = {}): K6Data {
  const metrics: Metrics = { iterations: { values: { count: 12_000, rate: 200 } } };
  const floors = new Map<string, number>();
  for (const { metric, statistic, comparison, bound, floor } of SLOS) {
    metrics[metric] = { values: { ...metrics[metric]?.values, [statistic]: comparison === "<" ? bound / 2 : bound } };
    floors.set(metric, Math.max(floor, floors.get(metric) ?? 0));
  }
  for (const [metric, count] of floors) metrics[sampleCounter(metric)] ??= { values: { count } };
  metrics["events_published"] = { values: { count: 60_000 } };
  metrics["publishing_seconds"] = { values: { value: 60, max: 60 } };
  return { metrics: { ...metrics, ...changes }, state: { testRunDurationMs: 65_250 } };
}

export const OFFENDER: Offender = {
  path: "connection 12 (ethereum)",
  filter: { chains: ["ethereum"], event_types: [], accounts: [], program_ids: [] },
  expected: 30_000,
  delivered: 29_958,
  lost: 42,
  open: 0,
  duplicated: 0,
  reordered: 0,
  misrouted: 0,
  unjudged: 0,
  lostSeqs: Array.from({ length: 10 }, (_, place) => 12_345 + place),
  duplicatedSeqs: [],
  reorderedSeqs: [],
  misroutedSeqs: [],
  firstLostAt: Date.UTC(2026, 0, 1, 12, 0, 0, 500),
  latestSend: Date.UTC(2026, 0, 1, 12, 1),
};

export const ACCOUNT: Account = {
  version: 1,
  run: "nightly-7",
  ending: "complete",
  published: 60_000,
  acknowledged: 59_999,
  refused: 0,
  unknown: 1,
  unsent: 0,
  span: { from: 0, through: 60_000 },
  publishers: 1,
  paths: 10,
  ready: 10,
  silent: 0,
  expected: 312_345,
  delivered: 312_345,
  lost: 0,
  open: 0,
  duplicated: 0,
  reordered: 0,
  ordered: true,
  order: "all",
  misrouted: 0,
  late: 0,
  unreported: 0,
  contradicted: 0,
  contested: 0,
  damaged: 0,
  foreign: 0,
  unheard: 0,
  unjudged: 3,
  backlog: 1_234,
  drain: 205,
  latency: {
    samples: 312_348,
    negative: 0,
    min: 0.4,
    mean: 2.5,
    p50: 2.0474,
    p95: 10.24,
    p99: 1_234.567,
    p995: 2_345,
    max: 4_321,
  },
  looks: null,
  clocks: [
    {
      clock: "a1b2c3",
      role: "publisher",
      readings: 32,
      uncertainty: 0.4,
      evidence: "the clock of publisher a1b2c3 is known to 0.4 ms only: a round trip to the receiver takes 0.8 ms",
    },
  ],
  growth: { ms: 0.1, seconds: 60 },
  lastArrivalAt: 60_205,
  offenders: [],
  offending: 0,
  detours: { count: 0, repeated: 0, first: [] },
  bursts: null,
  probed: 0,
  mistaken: [],
  standstill: null,
  ranOutAt: null,
  webhooks: null,
  storage: null,
  farEnd: null,
  causes: [],
  findings: [],
};

export const STORAGE: StorageAccount = {
  rows: 90,
  damaged: 0,
  changed: 0,
  vanished: 0,
  ids: { answered: 100, repeated: 0 },
  stuck: null,
  insertion: ACCOUNT.latency,
  queue: { pending: 0, buffered: 0 },
  readings: 10,
  shortfall: 0,
  peak: 10,
  growth: null,
  worker: { total_messages: 100 },
  setBack: null,
  problem: null,
};
export const WEBHOOKS: WebhookAccount = {
  endpoints: [],
  attempts: 0,
  retried: 0,
  unraisedHeaders: 0,
  transfer: ACCOUNT.latency,
  growth: null,
  leftPending: 0,
  unreadable: {},
  misbehaved: 0,
  wrongSignatures: 0,
  signatureProblems: {},
  uncheckedSignatures: 0,
  damaged: 0,
  strays: 0,
  hasty: 0,
  abandoned: {},
};

export function inputOf(changes: Partial<SummaryInput> = {}): SummaryInput {
  return {
    test: "nats",
    scenario: "smoke",
    slos: SLOS,
    data: dataOf(),
    run: { id: "nightly-7", clock: { offset: 0.5, error: 0.2 } },
    account: ACCOUNT,
    requestedRate: 1_000,
    ...changes,
  };
}

/** When the load of the example run began. */
export const STARTED = Date.UTC(2026, 0, 1, 12, 0, 0);

const second = (place: number, p99: number | null, delivered = 10, backlog = 0) => ({
  at: STARTED + place * 1000,
  published: 10,
  delivered,
  backlog,
  p50: p99,
  p95: p99,
  p99,
  max: p99,
});

/** Evidence of a run whose second and fourth second went badly. */
export function evidenceOf(account: Partial<Account> = {}, metrics: Metrics = {}): RunEvidence {
  return {
    account: { ...ACCOUNT, ...account },
    timeline: [second(0, 3), second(1, 230, 4, 6), second(2, 5), second(3, null, 0, 9)],
    summaries: [summarize(inputOf({ data: dataOf(metrics) }))],
    generatorCpu: 187.4,
  };
}
