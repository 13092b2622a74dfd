import type { WatchedHealth } from "../../core/health.ts";
import { several } from "../../core/numbers.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { Alert, Response } from "./alerts.ts";
import { described, type HealthRecord, healthOf, type Monitor } from "./monitor.ts";
import { type HealthEvent, highest } from "./sample.ts";

/** The report of a monitor. The first four fields of its summary are those of the replaced monitor. */
interface HealthReport {
  readonly version: 1;
  readonly watched: string;
  readonly summary: {
    readonly max_cpu_percent: number | null;
    readonly max_memory_mb: number | null;
    readonly avg_response_time_ms: number | null;
    readonly total_alerts: number;
    readonly critical_alerts: number;
    readonly memory_growth_mb: number | null;
    readonly leak: WatchedHealth["leak"];
    readonly deaths: number;
    readonly restarts: number;
  };
  /** INVALID where there was too little to tell. */
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly alerts: readonly Alert[];
  readonly events: readonly HealthEvent[];
  readonly responses: readonly Response[];
  readonly samples: HealthRecord["samples"];
}

/** Makes the report. A critical alert or a leak is a FAIL; without either, too few samples are INVALID. */
export function reportOf(monitor: Monitor): HealthReport {
  const { samples } = monitor.record();
  const alerts = monitor.alerts();
  const health = healthOf(monitor.process, samples, monitor.events());
  const critical = alerts.filter(({ level }) => level === "critical");
  const { finding, slope } = health.leak;
  const reasons = critical.map(({ what }) => what);
  if (finding === "leaking" && slope !== null) {
    reasons.push(`memory rises by ${slope.low.toFixed(1)} to ${slope.high.toFixed(1)} MB a minute and does not stop`);
  }
  const unanswered = unansweredBy(monitor.responses());
  if (unanswered !== null) reasons.push(unanswered);
  return {
    version: 1,
    watched: described(monitor.watch),
    summary: {
      max_cpu_percent: highestOf(samples.map(({ cpu }) => cpu)),
      max_memory_mb: highestOf(samples.map(({ rssMb }) => rssMb)),
      avg_response_time_ms: meanOf(monitor.responses()),
      total_alerts: alerts.length,
      critical_alerts: critical.length,
      memory_growth_mb: health.growthMb,
      leak: health.leak,
      deaths: health.deaths,
      restarts: monitor.events().filter(({ kind }) => kind === "restarted").length,
    },
    ...judged(reasons, finding),
    alerts,
    events: monitor.events(),
    responses: monitor.responses(),
    samples,
  };
}

/** That no probe was ever answered as it must, however few there were; null where one was, or nothing was probed. */
export function unansweredBy(responses: readonly Response[]): string | null {
  if (responses.length === 0 || responses.some(({ ms }) => ms !== null)) return null;
  const many = several(responses.length, "probe");
  return `no answer to ${many} was a success: look at the address of --probe, else at whether the target serves`;
}

/** No pass on no data: whether memory leaks is half of what a monitor says. */
function judged(reasons: readonly string[], finding: WatchedHealth["leak"]["finding"]) {
  if (reasons.length > 0) return { verdict: "FAIL", reasons } as const;
  if (finding !== "too few samples") return { verdict: "PASS", reasons } as const;
  return { verdict: "INVALID", reasons: ["too few samples to tell whether memory leaks: watch for longer"] } as const;
}

/** Mean over the successful responses; errors have no time and raise alerts. */
function meanOf(responses: readonly Response[]): number | null {
  const times = responses.flatMap(({ ms }) => ms ?? []);
  return times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

function highestOf(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : highest(known);
}
