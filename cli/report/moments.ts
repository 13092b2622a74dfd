import { METRICS, type MetricName } from "../../systems/metrics.ts";
import type { Result } from "../result.ts";

/** The moment when something was worst. */
export interface Moment {
  /** Unix ms. */
  readonly at: number;
  /** Such as `the earliest loss that is known, on connection 12 (ethereum)`. */
  readonly what: string;
}

type Row = NonNullable<Result["tests"][number]["summary"]>["rows"][number];
type Second = Result["timeline"][number];
type Percentile = "p50" | "p95" | "p99";

/** Metrics whose misses show as late or missing deliveries. */
const WAITING = /^account_(open|drain_ms|backlog_growth|left_pending|shortfall)$/;
const LOSSES = /^(account_lost|ws_events_missing)$/;
const UNSENT = /^(events_unsent|events_offered|account_offered|offered_rate_share|dropped_iterations)$/;
const PAUSES = /^(generator_pause_ms|generator_lag_ms|schedule_delay_ms)$/;

/** When a missed objective shows most in the record; null where the record has no time for it. */
export function momentOf(row: Pick<Row, "metric" | "objective" | "result">, result: Result): Moment | null {
  const { metric, objective } = row;
  if (row.result !== "missed") return null;
  if (LOSSES.test(metric)) return firstLoss(result);
  if (WAITING.test(metric)) {
    return peak(
      result.timeline,
      ({ backlog }) => backlog,
      (value) => `backlog of ${value}, the largest`,
    );
  }
  if (isDeliveryLatency(metric)) {
    const [, digits = "50"] = /p\(?(95|99)/.exec(`${metric} ${objective}`) ?? [];
    return slowest(`p${digits}` as Percentile, result);
  }
  if (metric === "ws_sessions_lost") return first("ws_sessions_lost_at", "the first connection was lost", result);
  if (UNSENT.test(metric)) return first("unreachable_at", "the target could not be reached", result);
  if (PAUSES.test(metric)) return first("generator_paused_at", "the generator stood still", result);
  return null;
}

function isDeliveryLatency(metric: string): boolean {
  const known = Object.hasOwn(METRICS, metric) ? METRICS[metric as MetricName] : null;
  return known !== null && "between" in known && known.between === "arrival";
}

function firstLoss({ account }: Result): Moment | null {
  const losses = (account?.offenders ?? []).flatMap(({ path, firstLostAt }) =>
    firstLostAt === null ? [] : [{ at: firstLostAt, what: `the earliest loss that is known, on ${path}` }],
  );
  return losses.sort((one, other) => one.at - other.at)[0] ?? null;
}

function slowest(percentile: Percentile, { timeline }: Result): Moment | null {
  return peak(
    timeline,
    (second) => second[percentile],
    (value) => `${percentile} of ${Number(value.toPrecision(4))} ms, the highest`,
  );
}

function peak(
  timeline: readonly Second[],
  read: (second: Second) => number | null,
  tell: (value: number) => string,
): Moment | null {
  let most: { at: number; value: number } | null = null;
  for (const second of timeline) {
    const value = read(second);
    if (value !== null && value > (most?.value ?? 0)) most = { at: second.at, value };
  }
  return most === null ? null : { at: most.at, what: tell(most.value) };
}

/** The earliest moment that a test recorded in a metric. */
function first(metric: string, what: string, { tests }: Result): Moment | null {
  const at = tests.flatMap(({ summary }) => summary?.metrics[metric]?.["min"] ?? []).filter((moment) => moment > 0);
  return at.length === 0 ? null : { at: Math.min(...at), what };
}
