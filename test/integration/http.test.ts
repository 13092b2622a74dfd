/** What http.js says of gateways that answer wrongly, and of servers that stand before one; no time of this machine is judged. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { linesOf } from "../../core/reason.ts";
import type { Summary } from "../../core/summary.ts";
import { PULSE_FAULTS } from "../../systems/pulse/target/faults.ts";
import { type Gateway, startGateway } from "../../systems/pulse/target/gateway.ts";
import { parseFaults } from "../../target/faults.ts";
import { redirecting, slowTls } from "../faults/hostileweb.ts";
import { canonical, eventually, gatewayWith, get, nats, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";
import { untimed } from "./untimed.ts";

useNats();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-http-"));
  return () => rm(folder, { recursive: true });
});

/** A gateway that has seen a block of each chain. */
async function gatewayThat(...faults: string[]): Promise<Gateway> {
  const gateway = await startGateway({ natsUrl: nats.url, faults: parseFaults(faults, PULSE_FAULTS) });
  onTestFinished(() => gateway.close());
  await eventually(async () => {
    const { body } = await get(gateway, "/api/v1/correctness/status");
    expect((body["counts"] as { reading: boolean }).reading).toBe(true);
  });
  await nats.publishText(canonical({ chain: 1 }), canonical({ chain: 2 }));
  await eventually(async () => {
    const { body } = await get(gateway, "/api/v1/correctness/status");
    expect((body["counts"] as { received: number }).received).toBe(2);
  });
  return gateway;
}

/** A short run: enough requests for a share of errors, and none of its times is judged but those that are given. */
async function visit(url: string, variables: Record<string, string> = {}, environment: Record<string, string> = {}) {
  const load = variables["RATE"] === undefined ? { VUS: "8", THINK_TIME: "50ms" } : {};
  const shape = { DURATION: "2s", ...load, ...variables };
  const file = join(folder, `summary-${Math.random()}.json`);
  const outcome = await runBundle(
    "http",
    { ...untimed("http", shape), HTTP_URL: url, SUMMARY: file },
    "k6",
    environment,
  );
  const summary = JSON.parse(await readFile(file, "utf8")) as Summary;
  const missed = summary.rows.filter(({ result }) => result === "missed").map(({ metric }) => metric);
  return { ...outcome, summary, missed, reasons: summary.reasons.flatMap(linesOf).join("\n") };
}

test("a gateway that keeps its contract misses nothing", async () => {
  const { missed, reasons, summary } = await visit((await gatewayThat()).url);
  expect(missed, reasons).toEqual([]);
  expect(summary.metrics["http_manifests_found"]?.["count"]).toBeGreaterThan(0);
  expect(summary.notes).toEqual([]);
});

describe("a gateway is told by its own words that", () => {
  test.each([
    ["error-body=watermark", /\/watermark answers 200, but says error: "internal error"/],
    ["halted", /\/halts answers 200, but is halted: \{"reason":"reorg too deep"\}/],
    ["unavailable", /\/status answers 200, but says that watermark and gap_detector are unavailable/],
    ["old-timestamps", /timestamp is 25 years behind this machine's clock/],
    ["not-ready", /\/ready answers 503: \{"ready":false/],
  ])("%s", async (fault, words) => {
    const { exitCode, missed, reasons } = await visit((await gatewayThat(fault)).url);
    expect([exitCode, missed]).toEqual([99, ["http_error_rate"]]);
    expect(reasons).toMatch(words);
  });

  test("its timestamps stand still", async () => {
    const { missed, reasons } = await visit((await gatewayThat("frozen-timestamps")).url, { DURATION: "8s", VUS: "4" });
    expect(missed).toEqual(["http_error_rate"]);
    expect(reasons).toMatch(/timestamp stands still: it is \d s old/);
  });

  test("it does not know the blocks that it lists", async () => {
    const { summary, missed, reasons } = await visit((await gatewayThat("lost-blocks")).url);
    expect(missed.sort()).toEqual(["http_error_rate", "http_manifests_found"]);
    expect(reasons).toContain("answers 404 to a block that it lists");
    expect(summary.verdict).not.toBe("PASS");
  });
});

test("a gateway that has no block at all is not judged by it", async () => {
  const { summary, missed } = await visit((await gatewayWith()).url);
  expect([summary.verdict, missed]).toEqual(["INVALID", ["http_manifests_found"]]);
});

test("what stands still for all visitors is an outage, and an open model feels it", async () => {
  const gateway = await gatewayThat("stall-http=1500/4000");
  const bounds = { SLO_HTTP_OUTAGE_MS_MAX: "1000" };
  const { missed, reasons } = await visit(gateway.url, { ...bounds, DURATION: "6s", VUS: "4" });
  expect(missed).toEqual(["http_outage_ms"]);
  expect(reasons).toMatch(/outage of \/\S+ for 1\.\d s from \d\d:\d\d:\d\dZ/);
  const open = await visit(gateway.url, { RATE: "20", DURATION: "6s" });
  // A third of the time it stands still, and so for a third of the visits.
  expect(open.summary.metrics["http_health_latency_ms"]?.["p(95)"]).toBeGreaterThan(500);
  expect(open.summary.metrics["events_published"]?.["count"]).toBeGreaterThan(60);
});

describe("latency has all that a visitor waits for", () => {
  test("redirects", async () => {
    const gateway = await gatewayThat();
    const before = await redirecting(gateway.url, 60);
    onTestFinished(() => before.close());
    const { summary } = await visit(before.url);
    expect(summary.metrics["http_health_latency_ms"]?.["min"]).toBeGreaterThanOrEqual(59);
    expect(summary.notes.join()).toContain(`/health to ${gateway.url}/health`);
  });

  test("connecting and the TLS handshake", async () => {
    const gateway = await gatewayThat();
    const before = await slowTls(gateway.url, 80, folder);
    onTestFinished(() => before.close());
    const { summary } = await visit(before.url, {}, { K6_INSECURE_SKIP_TLS_VERIFY: "true" });
    expect(summary.metrics["http_health_latency_ms"]?.["min"]).toBeGreaterThanOrEqual(79);
  });
});

describe("while a dependency is away", () => {
  test.each([
    [[], []],
    [["claims-ready"], ["http_ready_claims"]],
  ])("a gateway with %j misses %j", async (faults, misses) => {
    const gateway = await startGateway({ natsUrl: "nats://127.0.0.1:1", faults: parseFaults(faults, PULSE_FAULTS) });
    onTestFinished(() => gateway.close());
    const { missed, reasons } = await visit(gateway.url, { DEPENDENCY_AWAY: "1", THINK_TIME: "10ms" });
    expect(missed, reasons).toEqual(misses);
    if (misses.length > 0) expect(reasons).toContain('/ready answers 200: {"ready":true');
  });
});
