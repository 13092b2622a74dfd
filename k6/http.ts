/** HTTP endpoints: visitors ask a gateway for its health, its correctness and its manifests. */
import { check, sleep } from "k6";
import exec from "k6/execution";
import http, { type RefinedResponse } from "k6/http";
import * as v from "valibot";
import { withoutCredentials } from "../core/redaction.ts";
import { Access } from "./support/access.ts";
import { guarded } from "./support/guard.ts";
import { enterHealth, requireHealth, type Watched } from "./support/health.ts";
import { declareCounters, measures } from "./support/metrics.ts";
import { optionsOf } from "./support/options.ts";
import { settings } from "./support/settings.ts";
import { summaryOf } from "./support/summary.ts";

const config = settings("http");
const metrics = measures("everywhere", "http", "health");
const access = new Access(config, "HTTP");

export const options = { ...optionsOf(config, "visit"), ...access.options };

const Timestamp = v.union([v.string(), v.number()]);
const Health = v.object({ status: v.literal("healthy"), timestamp: Timestamp });
const Ready = v.object({ ready: v.literal(true), timestamp: Timestamp });
const Available = v.object({ available: v.boolean() });
const Status = v.object({ timestamp: Timestamp, watermark: Available, gap_detector: Available });
const Halts = v.object({ halted: v.boolean(), conditions: v.array(v.unknown()) });
const Anything = v.looseObject({});

interface Endpoint {
  readonly path: (visit: number) => string;
  readonly name: string;
  readonly latency: keyof typeof metrics;
  readonly statuses: readonly number[];
  readonly body: v.GenericSchema;
}

const chainOf = (visit: number) => config.CHAINS[visit % config.CHAINS.length] as string;
const blockOf = (visit: number) => 18_000_000 + (visit % 1_000);
const manifest = config.MANIFESTS ? [200] : [200, 503];

/** An endpoint, what it answers with, and where its latency is entered. */
function endpoint(
  name: string,
  path: Endpoint["path"],
  latency: Endpoint["latency"],
  body: v.GenericSchema,
  statuses: readonly number[] = [200],
): Endpoint {
  return { name, path, latency, body, statuses };
}

const correctness = "/api/v1/correctness";
const endpoints = [
  endpoint("/health", () => "/health", "http_health_latency_ms", Health),
  endpoint("/ready", () => "/ready", "http_ready_latency_ms", Ready),
  endpoint(`${correctness}/status`, () => `${correctness}/status`, "http_correctness_status_latency_ms", Status),
  endpoint(
    `${correctness}/watermark`,
    (visit) => `${correctness}/watermark?chain=${chainOf(visit)}`,
    "http_correctness_status_latency_ms",
    Anything,
  ),
  endpoint(`${correctness}/halts`, () => `${correctness}/halts`, "http_correctness_status_latency_ms", Halts),
  endpoint(`${correctness}/gaps`, () => `${correctness}/gaps`, "http_correctness_status_latency_ms", Anything),
  endpoint(
    "/api/v1/manifests/{chain}",
    (visit) => `/api/v1/manifests/${chainOf(visit)}`,
    "http_manifest_latency_ms",
    Anything,
    manifest,
  ),
  // A block that the gateway never saw is a right answer too.
  endpoint(
    "/api/v1/manifests/{chain}/{block}",
    (visit) => `/api/v1/manifests/${chainOf(visit)}/${blockOf(visit)}`,
    "http_manifest_latency_ms",
    Anything,
    [...manifest, 404],
  ),
];

export function setup(): Watched {
  declareCounters();
  const watched = requireHealth(config);
  const ask = (path: string) =>
    access.sendNow((headers) => http.get(config.HTTP_URL + path, { headers, tags: { name: "readiness" } }));
  const answer = ask("/health");
  if (answer.status === 0)
    exec.test.abort(withoutCredentials(`HTTP_URL=${config.HTTP_URL}: no gateway answers: ${answer.error}`));
  // Health is often open to all where the rest is not.
  for (const { path } of endpoints) access.requireProof(ask(path(0)), `GET ${config.HTTP_URL}${path(0)}`);
  return watched;
}

export const visit = guarded(metrics.script_errors, () => {
  for (const each of endpoints) {
    const url = config.HTTP_URL + each.path(exec.scenario.iterationInTest);
    const answer = access.sendNow((headers) =>
      http.get(url, {
        headers,
        tags: { name: each.name },
        responseCallback: http.expectedStatuses(...each.statuses),
      }),
    );
    countStatus(answer.status);
    const sound = check(answer, {
      [`${each.name} answers ${each.statuses.join(" or ")}`]: () => each.statuses.includes(answer.status),
      [`${each.name} has its fields`]: () => answer.status !== 200 || v.is(each.body, json(answer)),
    });
    metrics.http_error_rate.add(!sound);
    // A quick refusal must not improve a latency.
    if (sound) metrics[each.latency].add(answer.timings.duration);
  }
  sleep(config.THINK_TIME);
});

export function teardown(watched: Watched): void {
  enterHealth(config, metrics, watched);
}

export const handleSummary = summaryOf(config);

function json(answer: RefinedResponse<"text">): unknown {
  try {
    return answer.json();
  } catch {
    return null;
  }
}

function countStatus(status: number): void {
  if (status === 0) metrics.http_status_none.add(1);
  else if (status === 429) metrics.http_status_429.add(1);
  else if (status >= 500) metrics.http_status_5xx.add(1);
  else if (status >= 400) metrics.http_status_4xx.add(1);
  else if (status >= 200 && status < 300) metrics.http_status_2xx.add(1);
}
