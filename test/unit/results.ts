/** Records of runs as the command writes them, for a pipeline of nats, websocket and http. */
import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import * as v from "valibot";
import { type Result, ResultSchema } from "../../cli/result.ts";
import { plainReason } from "../../core/reason.ts";
import { sampleCounter } from "../../core/samples.ts";
import type { Slo } from "../../core/slo.ts";
import { type K6Data, summarize } from "../../core/summary.ts";
import { worst } from "../../core/verdict.ts";
import { METRICS } from "../../systems/metrics.ts";
import { slos } from "../../thresholds.ts";
import { ACCOUNT, OFFENDER } from "./records.ts";

/** The tests of the pipeline. */
type Test = "nats" | "websocket" | "http";
type Summary = NonNullable<Result["tests"][number]["summary"]>;

export const STARTED_AT = Date.UTC(2026, 10, 21, 11, 35, 25);
const SAMPLES = 20_000;

/** The changes of a run from the default one. */
export interface Circumstances {
  readonly run?: string;
  /** Multiplies every latency of the target. */
  readonly slowness?: number;
  /** Values of metrics, by test, metric and statistic. */
  readonly metrics?: Partial<Record<Test, Record<string, Record<string, number>>>>;
  readonly account?: Partial<typeof ACCOUNT>;
  readonly seconds?: number;
  readonly paths?: number;
}

/** A complete record; PASS by default. */
export function resultOf(circumstances: Circumstances = {}, changes: Partial<Result> = {}): Result {
  const { run = "pipeline-1", seconds = 65, paths = 3, slowness = 1 } = circumstances;
  const account = accountOf(circumstances);
  const summaries = (["nats", "websocket", "http"] as const).map((test) => summaryOf(test, circumstances));
  const reasons = [...new Map(summaries.flatMap(({ reasons: own }) => own.map((one) => [one.text, one]))).values()];
  const record = {
    version: 1,
    run,
    subject: "pipeline",
    verdict: worst(summaries.map(({ verdict }) => verdict)),
    reasons: reasons.map((reason, place) => ({ ...reason, next: `look at evidence ${place + 1}` })),
    complete: true,
    startedAt: STARTED_AT,
    endedAt: STARTED_AT + seconds * 1000,
    parameters: { SCENARIO: "smoke", RATE: "1000", instances: "1" },
    versions: { throughline: "0.1.0", k6: "v1.8.1", node: "v20.20.2" },
    machine: { system: "Linux 6.1 x64", cores: 2, memoryMb: 7_946, loadAverage: 0.7 },
    tests: summaries.map((summary) => ({
      test: summary.test,
      instance: 1,
      verdict: summary.verdict,
      reasons: summary.reasons,
      exitCode: summary.verdict === "PASS" ? 0 : 99,
      summary,
    })),
    account,
    latencies: Array.from({ length: paths }, (_, path) => ({
      path: `pipeline-1/${path + 1}/1`,
      histogram: histogramOf(SAMPLES, (1 + path / 4) * slowness),
    })),
    timeline: timelineOf(seconds, slowness),
    health: healthOf(seconds),
    ...changes,
  };
  return v.parse(ResultSchema, JSON.parse(JSON.stringify(record)));
}

function accountOf({ run = "pipeline-1", account = {}, slowness = 1 }: Circumstances): typeof ACCOUNT {
  const { latency } = ACCOUNT;
  const slower = { ...latency, p50: 2 * slowness, p95: 10 * slowness, p99: 20 * slowness };
  return { ...ACCOUNT, run, latency: slower, offenders: [], ...account };
}

function summaryOf(test: Test, circumstances: Circumstances): Summary {
  const { seconds = 65, metrics = {} } = circumstances;
  const rows = slos(test, { accounted: test !== "http", events: test === "nats" ? 60_000 : null });
  const account = test === "http" ? null : accountOf(circumstances);
  const summary = summarize({
    test,
    scenario: "smoke",
    slos: rows,
    data: {
      metrics: metricsOf(rows, circumstances, metrics[test] ?? {}),
      state: { testRunDurationMs: seconds * 1000 },
    },
    run: { id: circumstances.run ?? "pipeline-1", clock: { offset: 0.5, error: 0.2 } },
    account,
    requestedRate: test === "nats" ? 1_000 : null,
  });
  return JSON.parse(JSON.stringify(summary)) as Summary;
}

/** Every objective is met by half of its bound, with many samples. */
function metricsOf(
  rows: readonly Slo[],
  { slowness = 1 }: Circumstances,
  changes: Record<string, Record<string, number>>,
) {
  const metrics: Record<string, { values: Record<string, number> }> = {
    iterations: { values: { count: 12_000, rate: 200 } },
    events_published: { values: { count: 60_000 } },
    publishing_seconds: { values: { value: 60, max: 60 } },
    account_delivery_per_second: { values: { value: 5_000 } },
    http_reqs: { values: { count: 12_000, rate: 200 } },
  };
  for (const { metric, statistic, comparison, bound } of rows) {
    const isLatency = metric in METRICS && METRICS[metric as keyof typeof METRICS].kind === "latency";
    const values = isLatency
      ? { count: SAMPLES, med: 1.5 * slowness, "p(95)": 8 * slowness, "p(99)": 20 * slowness, max: 40 * slowness }
      : { [statistic]: comparison === "<" ? bound / 2 : bound };
    metrics[metric] = { values: { ...metrics[metric]?.values, ...values } };
    metrics[sampleCounter(metric)] = { values: { count: SAMPLES } };
  }
  for (const [metric, values] of Object.entries(changes)) {
    metrics[metric] = { values: { ...metrics[metric]?.values, ...values } };
  }
  return metrics satisfies K6Data["metrics"];
}

const histograms = new Map<string, string>();

/** A histogram of latencies with a long tail around this many ms, the same at each call. */
export function histogramOf(samples: number, middle: number): string {
  const key = `${samples} of ${middle}`;
  const made = histograms.get(key) ?? makeHistogram(samples, middle);
  histograms.set(key, made);
  return made;
}

function makeHistogram(samples: number, middle: number): string {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3.6e9,
    numberOfSignificantValueDigits: 3,
  });
  for (let place = 0; place < samples; place++) {
    const share = (place + 0.5) / samples;
    histogram.recordValue(Math.max(1, Math.round(1_000 * middle * (0.4 + Math.log(1 / (1 - share)) ** 1.6))));
  }
  return encodeIntoCompressedBase64(histogram);
}

function timelineOf(seconds: number, slowness: number): Result["timeline"] {
  const loaded = seconds - 5;
  return Array.from({ length: seconds }, (_, second) => {
    const published = second < loaded ? 1_000 : 0;
    const p50 = published === 0 ? null : slowness * (1 + 0.3 * Math.sin(second / 7));
    return {
      at: STARTED_AT + second * 1000,
      published,
      delivered: Math.round(published * 5.2 * (1 + 0.02 * Math.sin(second))),
      backlog: published === 0 ? 0 : Math.round(20 + 18 * Math.sin(second / 3)),
      p50,
      p95: p50 === null ? null : p50 * 3,
      p99: p50 === null ? null : p50 * (6 + 2 * Math.cos(second)),
      max: p50 === null ? null : p50 * 12,
    };
  });
}

function healthOf(seconds: number): Result["health"] {
  const processes = [
    ["k6 nats", "generator", 35, 180],
    ["k6 websocket", "generator", 22, 240],
    ["receiver", "receiver", 14, 95],
    ["gateway", "target", 41, 130],
    ["nats-server", "target", 18, 60],
  ] as const;
  return processes.map(([process, role, cpu, rssMb]) => ({
    process,
    role,
    samples: Array.from({ length: seconds }, (_, second) => ({
      at: STARTED_AT + second * 1000,
      cpu: cpu + 6 * Math.sin(second / 4),
      rssMb: rssMb + second / 10,
      threads: 12,
      fds: 40,
      connections: role === "generator" ? null : 10,
    })),
    events: [],
  }));
}

/** A run in which one delivery in a thousand was lost. */
export function lossy(): Result {
  const lost = 42;
  return resultOf({
    run: "pipeline-lossy",
    metrics: { nats: { account_lost: { count: lost } }, websocket: { account_lost: { count: lost } } },
    account: {
      lost,
      delivered: ACCOUNT.expected - lost,
      ending: "quiet",
      backlog: lost,
      drain: 5_061.8,
      duplicated: 3,
      offenders: [{ ...OFFENDER, firstLostAt: STARTED_AT + 20_500 }],
      causes: ["42 entries are in the gateway's queue, none of them is being worked on"],
    },
  });
}

/** A run that could not measure: the publisher was behind. */
export function invalid(): Result {
  return resultOf({ run: "pipeline-invalid", metrics: { nats: { schedule_delay_ms: { "p(95)": 253.6 } } } });
}

/** A text with markup of HTML, Markdown and XML. */
export const HOSTILE = `</script><script>alert("x")</script><img src=x onerror=alert(1)> | \`a\` ]]> & "q"`;

/** A record in which every external text contains markup. */
export function hostile(): Result {
  const result = lossy();
  const [first] = result.account?.offenders ?? [];
  const account = { ...(result.account as object), causes: [HOSTILE], offenders: [{ ...first, path: HOSTILE }] };
  return {
    ...result,
    run: HOSTILE,
    subject: HOSTILE,
    reasons: [plainReason(HOSTILE, { evidence: HOSTILE, next: HOSTILE, symptoms: [HOSTILE] })],
    parameters: { [HOSTILE]: HOSTILE },
    versions: { [HOSTILE]: HOSTILE },
    account: account as Result["account"],
    latencies: [{ path: HOSTILE, histogram: histogramOf(1_000, 1) }],
    health: result.health.map((one) => ({ ...one, process: HOSTILE, events: [{ at: STARTED_AT, what: HOSTILE }] })),
    tests: result.tests.map((one) => ({ ...one, test: HOSTILE, reasons: [plainReason(HOSTILE)] })),
  };
}
