import { Gauge, Registry } from "prom-client";
import type { Account } from "../workload/account.ts";
import type { Runs } from "./runs.ts";
import type { Traffic } from "./traffic.ts";

const COUNTS = {
  published: "events that publishers handed to the transport",
  acknowledged: "events that the transport acknowledged",
  refused: "events that the transport refused",
  unknown: "events whose acknowledgement never came",
  paths: "subscriptions that have reported",
  expected: "deliveries that have to happen",
  delivered: "expected deliveries that happened",
  lost: "expected deliveries that have not happened; while a run goes on they may still be on their way",
  duplicated: "deliveries of an event that the same path had already received",
  reordered: "deliveries that came after a later event of the same publisher",
  misrouted: "deliveries on a path whose filter does not match",
  late: "deliveries after the account was settled",
} as const satisfies Partial<Record<keyof Account, string>>;

/** The accounts of all remembered runs, and the webhooks of all, in Prometheus' text format. */
export function prometheus(runs: Runs, traffic: Traffic): { contentType: string; text(): Promise<string> } {
  const registry = new Registry();
  const gauges = Object.entries(COUNTS).map(([name, help]) => ({
    name: name as keyof typeof COUNTS,
    gauge: new Gauge({ name: `throughline_${name}`, help, labelNames: ["run"], registers: [registry] }),
  }));
  const latency = new Gauge({
    name: "throughline_delivery_latency_ms",
    help: "latency from publishing to arrival",
    labelNames: ["run", "quantile"],
    registers: [registry],
  });
  const webhooks = new Gauge({
    name: "throughline_webhooks",
    help: "webhooks since the last reset, by how they were answered",
    labelNames: ["outcome"],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text() {
      registry.resetMetrics();
      for (const [outcome, count] of Object.entries(traffic.counters())) webhooks.set({ outcome }, count);
      for (const run of runs.all()) {
        const account = run.account();
        for (const { name, gauge } of gauges) gauge.set({ run: run.id }, account[name]);
        latency.set({ run: run.id, quantile: "0.5" }, account.latency.p50);
        latency.set({ run: run.id, quantile: "0.95" }, account.latency.p95);
        latency.set({ run: run.id, quantile: "0.99" }, account.latency.p99);
      }
      return registry.metrics();
    },
  };
}
