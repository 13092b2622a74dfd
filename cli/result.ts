/**
 * The record of a run, `results/<run>/result.json`, from which reports, baselines and comparisons are made. It is read
 * with a schema, because files are edited, truncated, or written by other versions.
 */
import * as v from "valibot";
import { ENDINGS, type Ending } from "../core/account.ts";
import { CLOCK_ROLES } from "../core/clocks.ts";
import { COUNT_NAMES, type CountName } from "../core/counts.ts";
import { RUN_ID } from "../core/runid.ts";

const Count = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Records of older versions lack some counts. */
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
  /** Records of older versions lack it. */
  explains: v.optional(v.nullable(v.string()), null),
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
  reorderedSeqs: v.optional(v.array(Count), []),
  misroutedSeqs: v.optional(v.array(Count), []),
  firstLostAt: v.nullable(Ms),
  latestSend: v.optional(v.nullable(Ms), null),
});

const Clock = v.object({
  clock: v.string(),
  role: v.picklist(CLOCK_ROLES),
  readings: Count,
  uncertainty: Count,
  evidence: v.string(),
});

/** The settled ledger; see core/account.ts for the meaning of each number. */
export const AccountSchema = v.looseObject({
  run: v.string(),
  ending: v.nullable(v.picklist(Object.keys(ENDINGS) as Ending[])),
  ...(Object.fromEntries(COUNT_NAMES.map((name) => [name, Counted])) as Record<CountName, typeof Counted>),
  /** Whether any order was promised; older records lack it. */
  ordered: v.optional(v.boolean(), true),
  /** Which one; older records lack it. */
  order: v.exactOptional(v.union([v.picklist(["none", "all", "per publisher"]), v.object({ per: v.string() })])),
  /** Number of publishers within each of which alone an order was promised. */
  orderedWithin: v.exactOptional(Count),
  /** When its first event was sent and its last; older records lack it. */
  span: v.optional(v.nullable(v.object({ from: Ms, through: Ms })), null),
  backlog: Count,
  drain: Ms,
  latency: Percentiles,
  /** How far apart the polls of a far end were; older records lack it. */
  looks: v.optional(v.nullable(v.looseObject({ longest: Count, earliest: v.optional(Percentiles) })), null),
  /** The clocks that latencies were measured with; older records lack them. */
  clocks: v.optional(v.array(Clock), []),
  /** Older records lack it. */
  standstill: v.optional(v.nullable(v.object({ at: Ms, ms: Ms })), null),
  ranOutAt: v.optional(v.nullable(Ms), null),
  offenders: v.array(Offender),
  /** Older records lack what follows. */
  offending: v.optional(Count),
  detours: v.optional(
    v.object({
      count: Count,
      repeated: Counted,
      events: v.exactOptional(Count),
      losses: v.exactOptional(Count),
      first: v.array(
        v.object({ seq: Count, due: v.string(), arrived: v.string(), again: v.exactOptional(v.literal(true)) }),
      ),
    }),
    { count: 0, repeated: 0, first: [] },
  ),
  /** A user's far end. */
  farEnd: v.optional(v.nullable(v.looseObject({ kind: v.string() })), null),
  causes: v.array(v.string()),
  findings: v.optional(v.array(v.string()), []),
  examples: v.optional(v.array(v.string())),
});

export const SummarySchema = v.looseObject({
  version: v.literal(1),
  test: v.string(),
  scenario: v.string(),
  verdict: Verdict,
  reasons: v.array(ReasonSchema),
  /** Notes that are needed to read the rest. */
  notes: v.optional(v.array(v.string()), []),
  /** Changed bounds and disabled objectives. */
  changes: v.optional(v.array(v.string()), []),
  rows: v.array(SloResult),
  seconds: Count,
  rate: v.nullable(v.object({ requested: v.nullable(Ms), achieved: Ms })),
  clock: v.nullable(v.object({ offset: Ms, error: Ms })),
  account: v.nullable(AccountSchema),
  metrics: v.record(v.string(), v.record(v.string(), Ms)),
});

/** Why a run is not complete. */
const CUTS = ["interrupted", "never started", "ended early"] as const;
export type Cut = (typeof CUTS)[number];

/** One k6 process. */
const TestRecord = v.object({
  test: v.string(),
  /** Which of the processes that shared this test's load, from 1. */
  instance: v.pipe(v.number(), v.integer(), v.minValue(1)),
  verdict: Verdict,
  reasons: v.array(ReasonSchema),
  exitCode: v.nullable(Ms),
  /** Null when k6 ended before it could write a summary. */
  summary: v.nullable(SummarySchema),
});

/** One second of the run, as the receiver saw it. */
export const SecondSchema = v.object({
  /** Unix ms of its start. */
  at: Ms,
  /** Events sent in this second, and deliveries that arrived in it. */
  published: Count,
  delivered: Count,
  /** Of the published ones, those that the target acknowledged: all of them unless told. */
  acknowledged: v.exactOptional(Count),
  /** Expected deliveries that had not arrived at its end. */
  backlog: Count,
  /** Latency of the deliveries that arrived in it, in ms; null without any. */
  p50: v.nullable(Ms),
  p95: v.nullable(Ms),
  p99: v.nullable(Ms),
  max: v.nullable(Ms),
});

/** Usage of a watched process; null where the system does not report it. */
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
  /** A busy generator makes the measurement invalid; a busy target does not. */
  role: v.picklist(["target", "generator", "receiver"]),
  samples: v.array(HealthSample),
  /** Events such as `restarted: pid 4711 became 4720`. */
  events: v.array(v.object({ at: Ms, what: v.string() })),
});

export const PathLatenciesSchema = v.object({ path: v.string(), histogram: v.string() });

export const ResultSchema = v.object({
  version: v.literal(1),
  run: v.pipe(v.string(), v.regex(RUN_ID)),
  /** The requested pipeline or tests. */
  subject: v.string(),
  verdict: Verdict,
  reasons: v.array(ReasonSchema),
  /** False when the run was interrupted: the numbers cover only its first part. */
  complete: v.boolean(),
  /** Why it is not; older records lack it. */
  cut: v.optional(v.nullable(v.picklist(CUTS)), null),
  startedAt: Ms,
  endedAt: Ms,
  /** Parameters without secrets. Runs with the same parameters can be compared. */
  parameters: v.record(v.string(), v.string()),
  versions: v.record(v.string(), v.string()),
  machine: v.object({ system: v.string(), cores: Count, memoryMb: Count, loadAverage: Count }),
  tests: v.array(TestRecord),
  /** Latencies of each test that several processes shared, merged over them; older records lack them. */
  merged: v.optional(v.record(v.string(), v.record(v.string(), v.record(v.string(), Ms))), {}),
  /** The account of the run, shared by all its tests; null when no receiver settled it. */
  account: v.nullable(AccountSchema),
  /** Delivery latencies by path: histograms of microseconds as hdr-histogram's compressed text. */
  latencies: v.array(PathLatenciesSchema),
  timeline: v.array(SecondSchema),
  health: v.array(HealthSchema),
});

export type Result = v.InferOutput<typeof ResultSchema>;
export type Health = v.InferOutput<typeof HealthSchema>;
