import { Gauge, Registry } from "prom-client";
import { FIGURES, type Figure, faultsOf, figuresOf } from "./figures.ts";
import type { InfluxdbState } from "./influxdb.ts";
import type { Run } from "./run.ts";
import type { Runs } from "./runs.ts";
import type { Traffic } from "./traffic.ts";

/** The accounts of all runs, and the webhook counters, in Prometheus' text format. */
export function prometheus(
  runs: Runs,
  traffic: Traffic,
  influxdb: () => InfluxdbState | null,
): { contentType: string; text(): Promise<string> } {
  const registry = new Registry();
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `throughline_${name}`, help, labelNames, registers: [registry] });
  const figures = (Object.keys(FIGURES) as Figure[]).map((name) => ({
    name,
    gauge: gauge(name, FIGURES[name], "run"),
  }));
  const latency = gauge("delivery_latency_ms", "latency from publishing to arrival", "run", "quantile");
  const buckets = gauge("delivery_latency_ms_bucket", "deliveries by latency, cumulated", "run", "le");
  const opened = gauge("opened_timestamp_ms", "when the run was opened", "run");
  const settled = gauge("settled_timestamp_ms", "when the run was settled; absent until then", "run");
  const faults = gauge("faults", "what went wrong in the run", "run", "fault");
  const webhooks = gauge("webhooks", "webhooks since the last reset, by how they were answered", "outcome");
  const points = gauge("influxdb_points", "points for InfluxDB, by what became of them", "outcome");

  function tell(run: Run): void {
    const account = run.account();
    const values = figuresOf(account);
    for (const each of figures) each.gauge.set({ run: run.id }, values[each.name]);
    for (const { fault, count } of faultsOf(account)) faults.set({ run: run.id, fault }, count);
    opened.set({ run: run.id }, run.openedAt);
    if (run.settledAt !== null) settled.set({ run: run.id }, run.settledAt);
    const { samples, p50, p95, p99 } = account.latency;
    // Where nothing was timed there is no quantile, as in Prometheus' own summaries.
    const quantile = (name: string, value: number) =>
      latency.set({ run: run.id, quantile: name }, samples === 0 ? Number.NaN : value);
    quantile("0.5", p50);
    quantile("0.95", p95);
    quantile("0.99", p99);
    let sum = 0;
    for (const { through, count } of run.latency().buckets()) {
      sum += count;
      buckets.set({ run: run.id, le: through === null ? "+Inf" : String(through) }, sum);
    }
  }

  return {
    contentType: registry.contentType,
    text() {
      registry.resetMetrics();
      for (const [outcome, count] of Object.entries(traffic.counters())) webhooks.set({ outcome }, count);
      for (const [outcome, count] of Object.entries(influxdb() ?? {})) points.set({ outcome }, count);
      for (const run of runs.all()) tell(run);
      return registry.metrics();
    },
  };
}
