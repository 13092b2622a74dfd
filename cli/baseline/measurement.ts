import { metricOf } from "../../core/metrics.ts";
import type { Result } from "../result.ts";

/**
 * - latency: milliseconds; more is worse.
 * - defect: a count or share of what went wrong; any is worse than none.
 * - throughput: per second; less is worse.
 */
export type MeasurementKind = "latency" | "defect" | "throughput";

/** One number of a run that can be compared with the same number of another run. */
export interface Measurement {
  readonly kind: MeasurementKind;
  /** The same in all runs with the same parameters. */
  readonly name: string;
  readonly value: number;
  readonly samples: number;
  /** Measured between two clocks, so that it includes their error. */
  readonly betweenClocks: boolean;
  /** By how much it may be too high, because the far end was polled. */
  readonly polled?: number;
  /** The worst of several processes, because the value over all of them is not known. */
  readonly isWorst?: true;
}

/** Caused by a slow generator and not by the target; the run's own objectives judge these. */
const OF_THE_GENERATOR: readonly string[] = [
  "schedule_delay_ms",
  "publisher_waited_ms",
  "generator_lag_ms",
  "generator_pause_ms",
  "dropped_iterations",
  "script_errors",
];

/** Durations of failures. Healthy runs have none, and the failures themselves are counted as defects. */
const OF_FAILURES = /_(refused|limited|error|unanswered|failed)_latency_ms$/;

const BETWEEN_CLOCKS: readonly string[] = ["ws_event_latency_ms"];

/** The statistics that are compared: k6's name and the usual one. */
const STATISTICS = [
  ["med", "p50"],
  ["p(95)", "p95"],
  ["p(99)", "p99"],
] as const;

type Summary = NonNullable<Result["tests"][number]["summary"]>;

/** Whether measurements of this name are compared; baselines of older versions may hold others. */
export function isCompared(name: string): boolean {
  return name.split(" ").every((word) => !OF_THE_GENERATOR.includes(word) && !OF_FAILURES.test(word));
}

/** The number of k6 processes that shared the load of a test. */
export function processesOf({ tests }: Result): number {
  return Math.max(1, ...tests.map(({ instance }) => instance));
}

/** All comparable numbers of a run, each name once. */
export function measure(result: Result): Measurement[] {
  const summaries = result.tests.flatMap(({ summary }) => summary ?? []);
  const found = [
    ...deliveries(result.account),
    ...[...new Set(summaries.map(({ test }) => test))].flatMap((test) =>
      latenciesOf(
        test,
        summaries.filter((one) => one.test === test),
        result.merged[test],
      ),
    ),
    ...summaries.flatMap(defects),
    ...throughputs(summaries),
  ];
  return worstOfEach(found.filter(({ name }) => isCompared(name)));
}

function deliveries(account: Result["account"]): Measurement[] {
  if (account === null || account.latency.samples === 0) return [];
  const { looks } = account;
  const { samples } = account.latency;
  return (["p50", "p95", "p99"] as const).map((statistic) => {
    const value = account.latency[statistic];
    const polled =
      looks === null ? 0 : looks.earliest === undefined ? looks.longest : value - looks.earliest[statistic];
    const name = `delivery ${statistic}`;
    return { kind: "latency", name, value, samples, betweenClocks: true, ...(polled > 0 ? { polled } : {}) };
  });
}

/** @param merged the latencies over all processes, where they are known. */
function latenciesOf(test: string, summaries: readonly Summary[], merged?: Summary["metrics"]): Measurement[] {
  if (summaries.length > 1 && merged !== undefined) return latencies({ test, metrics: merged });
  const worst = summaries.length > 1 ? { isWorst: true as const } : {};
  return summaries.flatMap(latencies).map((one) => ({ ...one, ...worst }));
}

function latencies({ test, metrics }: Pick<Summary, "test" | "metrics">): Measurement[] {
  return Object.entries(metrics).flatMap(([metric, values]) => {
    if (metricOf(metric)?.kind !== "latency") return [];
    const samples = values["count"] ?? 0;
    return STATISTICS.flatMap(([statistic, written]) => {
      const value = values[statistic];
      if (value === undefined || samples === 0) return [];
      const betweenClocks = BETWEEN_CLOCKS.includes(metric);
      return [{ kind: "latency" as const, name: `${test} ${metric} ${written}`, value, samples, betweenClocks }];
    });
  });
}

/** Rows of objectives that allow no or few defects. */
function defects({ test, rows }: Summary): Measurement[] {
  return rows.flatMap(({ metric, objective, observed, samples }) => {
    const kind = metricOf(metric)?.kind;
    if (kind !== "count" && kind !== "share") return [];
    if (objective.includes(">=") || observed === null) return [];
    const name = metric.startsWith("account_") ? metric : `${test} ${metric}`;
    return [{ kind: "defect" as const, name, value: observed, samples, betweenClocks: false }];
  });
}

/** Throughputs of processes that share a test's load, added up. */
function throughputs(summaries: readonly Summary[]): Measurement[] {
  const rates = new Map<string, number>();
  const add = (name: string, rate: number | undefined) => {
    if (rate !== undefined && rate > 0) rates.set(name, (rates.get(name) ?? 0) + rate);
  };
  for (const { test, rate, metrics } of summaries) {
    add(`${test} published per second`, rate?.achieved);
    // Where events are published, requests are also the suite's own, and the wait for what is missing is in their time.
    if (metrics["events_acknowledged"] === undefined)
      add(`${test} requests per second`, metrics["http_reqs"]?.["rate"]);
  }
  // All tests that share the account report the same number.
  const deliveries = summaries.flatMap(({ metrics }) => metrics["account_delivery_per_second"]?.["value"] ?? []);
  if (deliveries.length > 0) add("deliveries per second", Math.min(...deliveries));
  return [...rates].map(([name, value]) => ({ kind: "throughput", name, value, samples: 1, betweenClocks: false }));
}

/** Several processes of one test may measure the same name: the worst value stands for all. */
function worstOfEach(found: readonly Measurement[]): Measurement[] {
  const worst = new Map<string, Measurement>();
  for (const one of found) {
    const other = worst.get(one.name);
    if (other === undefined || one.value > other.value) worst.set(one.name, one);
  }
  return [...worst.values()];
}
