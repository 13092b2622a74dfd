/** k6's own output for Prometheus, as docs/dashboards.md sets it, against a real Prometheus. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Summary } from "../../core/summary.ts";
import { TREND_STATS } from "../../deploy/grafana/promql.ts";
import { startPrometheus } from "../databases.ts";
import { gatewayWith, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";

useNats();

const isHere = spawnSync("prometheus", ["--version"]).error === undefined;
const TOKEN = "t0ken-of-nobody";

/** What the series of a name add up to. */
async function sumOf(prometheus: string, series: string): Promise<number> {
  const answer = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query: `sum(${series})` })}`);
  const { data } = (await answer.json()) as { data: { result: readonly { value: readonly [number, string] }[] } };
  return Number(data.result[0]?.value[1] ?? Number.NaN);
}

function outputTo(url: string): Record<string, string> {
  return {
    K6_OUT: "experimental-prometheus-rw",
    K6_PROMETHEUS_RW_SERVER_URL: `${url}/api/v1/write`,
    K6_PROMETHEUS_RW_TREND_STATS: TREND_STATS,
    K6_PROMETHEUS_RW_PUSH_INTERVAL: "1s",
    K6_PROMETHEUS_RW_BEARER_TOKEN: TOKEN,
  };
}

test.skipIf(!isHere)("holds what a test measured, as its summary tells it", async () => {
  const prometheus = await startPrometheus([]);
  onTestFinished(prometheus.stop);
  const { url } = await gatewayWith();
  const folder = await mkdtemp(join(tmpdir(), "throughline-prometheus-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const summary = join(folder, "summary.json");
  const variables = { HTTP_URL: url, RUN_ID: "written", VUS: "2", DURATION: "3s", SUMMARY: summary };
  const { log, errors } = await runBundle("http", variables, "k6", outputTo(prometheus.url));
  expect(errors.filter((error) => !error.startsWith("thresholds on metrics"))).toEqual([]);
  const of = (name: string) => sumOf(prometheus.url, `k6_${name}{testid="written"}`);
  const { metrics } = JSON.parse(await readFile(summary, "utf8")) as Summary;
  expect(metrics["http_reqs"]?.["count"]).toBeGreaterThan(0);
  expect(await of("http_reqs_total")).toBe(metrics["http_reqs"]?.["count"]);
  // k6 takes every number of a Trend of times for milliseconds, also how many there are, and writes it in seconds.
  const { count = Number.NaN } = metrics["http_health_latency_ms"] ?? {};
  expect(await of("http_health_latency_ms_count")).toBeCloseTo(count / 1_000, 6);
  expect(await of("http_health_latency_ms_p99")).toBeGreaterThan(0);
  expect(log).not.toContain(TOKEN);
});

test("that cannot be reached costs the run nothing but a line in its log", async () => {
  const { url } = await gatewayWith();
  const variables = { HTTP_URL: url, VUS: "1", DURATION: "3s" };
  const { stdout, log } = await runBundle("http", variables, "k6", outputTo("http://127.0.0.1:1"));
  expect(stdout).toMatch(/^(PASS|FAIL|INVALID) {2}http/m);
  expect(log).toContain("connection refused");
  expect(log).not.toContain(TOKEN);
});
