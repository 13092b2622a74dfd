/**
 * The record of a run, `results/<run>/result.json`: all that a report, a baseline or a comparison is
 * made of. Read back by its schema, because files are edited, cut off and written by other versions.
 */
import * as v from "valibot";
import { ENDINGS, type Ending } from "../core/account.ts";
import { CLOCK_ROLES } from "../core/clocks.ts";
import { COUNT_NAMES, type CountName } from "../core/counts.ts";
import { RUN_ID } from "../core/runid.ts";

const Count = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Older records know fewer counts. */
const Counted = v.optional(Count, 0);
const Ms = v.pipe(v.number(), v.finite());
const Verdict = v.picklist(["PASS", "FAIL", "INVALID"]);

const Percentiles = v.looseObject({
  samples: Count,
  min: Ms,
  mean: Ms,
  p50: Ms,
  p95: Ms,
  p99: Ms,
  max: Ms,
});

/** Why a run is not PASS; see core/reason.ts. */
const ReasonSchema = v.object({
  text: v.string(),
  metric: v.nullable(v.string()),
  objective: v.nullable(v.string()),
  evidence: v.nullable(v.string()),
  next: v.nullable(v.string()),
  symptoms: v.pipe(v.array(v.string()), v.readonly()),
});

const SloResult = v.object({
  metric: v.string(),
  objective: v.string(),
  miss: v.picklist(["FAIL", "INVALID"]),
  observed: v.nullable(Ms),
  samples: Count,
  floor: Count,
  margin: v.nullable(Ms),
  uncertainty: v.nullable(Ms),
  possible: v.nullable(Ms),
  result: v.picklist(["met", "missed", "unmeasured"]),
  evidence: v.optional(v.string()),
  doubt: v.nullable(v.string()),
  spoils: v.nullable(v.string()),
});

const Offender = v.looseObject({
  path: v.string(),
  expected: Count,
  lost: Count,
  duplicated: v.optional(Count),
  reordered: v.optional(Count),
  misrouted: v.optional(Count),
  lostSeqs: v.array(Count),
  duplicatedSeqs: v.optional(v.array(Count), []),
  firstLostAt: v.nullable(Ms),
});

const Clock = v.object({
  clock: v.string(),
  role: v.picklist(CLOCK_ROLES),
  readings: Count,
  uncertainty: Count,
  evidence: v.string(),
});

/** The settled ledger; see core/account.ts for what each number means. */
export const AccountSchema = v.looseObject({
  run: v.string(),
  ending: v.nullable(v.picklist(Object.keys(ENDINGS) as Ending[])),
  ...(Object.fromEntries(COUNT_NAMES.map((name) => [name, Counted])) as Record<CountName, typeof Counted>),
  /** Whether somebody promised an order; older records do not say. */
  ordered: v.optional(v.boolean(), true),
  backlog: Count,
  drain: Ms,
  latency: Percentiles,
  /** The clocks that latencies were measured by; older records have none. */
  clocks: v.optional(v.array(Clock), []),
  /** Older records have none. */
  standstill: v.optional(v.nullable(v.object({ at: Ms, ms: Ms })), null),
  ranOutAt: v.optional(v.nullable(Ms), null),
  offenders: v.array(Offender),
  causes: v.array(v.string()),
});

export const SummarySchema = v.looseObject({
  version: v.literal(1),
  test: v.string(),
  scenario: v.string(),
  verdict: Verdict,
  reasons: v.array(ReasonSchema),
  /** What has to be known to read the rest. */
  notes: v.optional(v.array(v.string()), []),
  /** Bounds that are not the standard ones, and objectives that were switched off. */
  changes: v.optional(v.array(v.string()), []),
  rows: v.array(SloResult),
  seconds: Count,
  rate: v.nullable(v.object({ requested: v.nullable(Ms), achieved: Ms })),
  clock: v.nullable(v.object({ offset: Ms, error: Ms })),
  account: v.nullable(AccountSchema),
  metrics: v.record(v.string(), v.record(v.string(), Ms)),
});

/** One k6 process. */
const TestRecord = v.object({
  test: v.string(),
  /** Which of the processes that shared this test's load, from 1. */
  instance: v.pipe(v.number(), v.integer(), v.minValue(1)),
  verdict: Verdict,
  reasons: v.array(ReasonSchema),
  exitCode: v.nullable(Ms),
  /** Null when k6 ended before it could write one. */
  summary: v.nullable(SummarySchema),
});

/** One second of the run, as the receiver saw it. */
export const SecondSchema = v.object({
  /** Unix ms at which the second began. */
  at: Ms,
  /** Events sent in this second, and deliveries that arrived in it. */
  published: Count,
  delivered: Count,
  /** Expected deliveries that had not arrived at its end. */
  backlog: Count,
  /** Delivery latency of what arrived in it, in ms; null when nothing did. */
  p50: v.nullable(Ms),
  p95: v.nullable(Ms),
  p99: v.nullable(Ms),
  max: v.nullable(Ms),
});

/** What one watched process used; null where the system does not say. */
const HealthSample = v.object({
  at: Ms,
  /** Share of one core, in percent. */
  cpu: v.nullable(Count),
  rssMb: v.nullable(Count),
  threads: v.nullable(Count),
  fds: v.nullable(Count),
  connections: v.nullable(Count),
});

export const HealthSchema = v.object({
  process: v.string(),
  /** `target` and `generator` are judged differently: a busy generator spoils the measurement. */
  role: v.picklist(["target", "generator", "receiver"]),
  samples: v.array(HealthSample),
  /** What happened to it, as in `restarted: pid 4711 became 4720`. */
  events: v.array(v.object({ at: Ms, what: v.string() })),
});

export const PathLatenciesSchema = v.object({ path: v.string(), histogram: v.string() });

export const ResultSchema = v.object({
  version: v.literal(1),
  run: v.pipe(v.string(), v.regex(RUN_ID)),
  /** What ran, as it was asked for: a pipeline or names of tests. */
  subject: v.string(),
  verdict: Verdict,
  reasons: v.array(ReasonSchema),
  /** False when the run was interrupted: the numbers are those of its first part. */
  complete: v.boolean(),
  startedAt: Ms,
  endedAt: Ms,
  /** What was asked for, secrets left out. Runs are comparable when these are the same. */
  parameters: v.record(v.string(), v.string()),
  versions: v.record(v.string(), v.string()),
  machine: v.object({ system: v.string(), cores: Count, memoryMb: Count, loadAverage: Count }),
  tests: v.array(TestRecord),
  /** Latencies of each test that several processes shared, over all of them; older records have none. */
  merged: v.optional(v.record(v.string(), v.record(v.string(), v.record(v.string(), Ms))), {}),
  /** The account of the run, once for all its tests; null when nothing was accounted. */
  account: v.nullable(AccountSchema),
  /** Delivery latencies by path: histograms of microseconds as hdr-histogram's compressed text. */
  latencies: v.array(PathLatenciesSchema),
  timeline: v.array(SecondSchema),
  health: v.array(HealthSchema),
});

export type Result = v.InferOutput<typeof ResultSchema>;
export type Health = v.InferOutput<typeof HealthSchema>;
export type TestRecord = Result["tests"][number];
