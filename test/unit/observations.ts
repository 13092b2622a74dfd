/** Objectives, and what a run observed of them. */
import type { Slo } from "../../core/slo.ts";
import type { Observation } from "../../core/sloresult.ts";

export const LATENCY: Slo = {
  metric: "ws_event_latency_ms",
  statistic: "p(95)",
  comparison: "<",
  bound: 25,
  floor: 100,
  miss: "FAIL",
};
export const LOST: Slo = {
  metric: "account_lost",
  statistic: "count",
  comparison: "==",
  bound: 0,
  floor: 1,
  miss: "FAIL",
};
export const ERRORS: Slo = { ...LOST, metric: "script_errors", miss: "INVALID" };

export const saw = (slo: Slo, observed: number | null, samples: number): Observation => ({ slo, observed, samples });
