/** The objectives of the message ingestor, one row each. */
import type { SloContext } from "../../core/definition.ts";
import { keptUp, sent } from "../../core/objectives.ts";
import { explaining, P95_FLOOR, P99_FLOOR, SHARE_FLOOR, type Slo, slo } from "../../core/slo.ts";

/** Expectations of the ingestor's guide: messages per second, failures, mean and 95th percentile in ms. */
interface GuideLimits {
  /** Null for bursts, whose pauses would count. */
  readonly perSecond: number | null;
  readonly failures: number;
  readonly mean: number;
  readonly p95: number;
}

/** From publishing to the row, in ms: a steady load fills a batch in a fraction of a second. */
const toRow = { p95: 2_000, p99: 5_000 };

const quick = { perSecond: 100, failures: 0.01, mean: 100, p95: 200 };
const stress = { perSecond: 200, failures: 0.01, mean: 200, p95: 500 };
const extreme = { perSecond: 300, failures: 0.02, mean: 500, p95: 1_000 };

/** By profile; profiles that the guide does not mention get the limits of the nearest one. */
const ingestion: Readonly<Record<string, GuideLimits>> = {
  smoke: quick,
  load: quick,
  stress,
  extreme,
  spike: { ...extreme, perSecond: null },
  soak: { ...quick, mean: stress.mean, p95: stress.p95 },
  breakpoint: { ...extreme, perSecond: quick.perSecond },
};

/** Number of readings that show whether a backlog grows. */
const READINGS_FLOOR = 15;

/** Where the guide's rate is above the offered rate, this share of the offered rate must be stored. */
const KEPT_SHARE = 0.95;

/** Objectives of an ingestor: the expectations of its guide, or for hostile input that nothing breaks. */
export function ingest(judgement: SloContext): Slo[] {
  const { accounted: isSettled, profile = "smoke", rate = null, events, messages } = judgement;
  if (profile === "hostile") {
    return [sent, slo("ingest_server_errors").count.is(0), slo("ingest_wrongly_refused").count.is(0)];
  }
  const { perSecond, failures, mean, p95 } = ingestion[profile] ?? quick;
  const rows = [
    sent,
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

/** Objectives of the rows: intact, and every message was always somewhere. */
export const settledIngest = (): readonly Slo[] => [
  slo("account_vanished").count.is(0),
  slo("account_shortfall").count.is(0),
  slo("account_repeated_ids").count.is(0),
];
