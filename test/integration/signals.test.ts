/** webhook.js against the reference signal webhook, on a real redis-server, with a monitor beside it. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Service, startService } from "../../cli/service.ts";
import { type SignalsPipeline, startSignalsPipeline } from "../../cli/signals.ts";
import type { Summary } from "../../summary.ts";
import { slos } from "../../thresholds.ts";
import { root, runBundle } from "./k6.ts";

const THRESHOLDS_CROSSED = 99;
const REFUSED = 107;
const ABORTED = 108;
const INTERRUPTED = 105;

let folder: string;
let pipeline: SignalsPipeline;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-signals-"));
  pipeline = await startSignalsPipeline(root, folder);
});
afterAll(async () => {
  await pipeline?.close();
  await rm(folder, { recursive: true, force: true });
});

const started: Service[] = [];
afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
});

async function startTarget(...flags: string[]): Promise<Service> {
  const target = await pipeline.startTarget(...flags);
  started.push(target);
  return target;
}

/** `throughline monitor` on the target's port, as a user starts it. */
async function startMonitor(target: Service): Promise<Service> {
  const watch = ["monitor", "--port", new URL(target.url).port, "--every", "200ms", "--serve", "0", "--out", folder];
  const command = [process.execPath, join(root, "dist/node/throughline.js"), ...watch];
  const monitor = await startService("monitor", command, join(folder, "monitor.log"));
  started.unshift(monitor);
  return monitor;
}

let runs = 0;

/** Runs webhook.js to its end. */
async function run(target: Service, variables: Record<string, string> = {}) {
  const file = join(folder, `summary-${++runs}.json`);
  const outcome = await runBundle("webhook", {
    ...pipeline.variables(target),
    DRAIN_QUIET: "1s",
    SUMMARY: file,
    ...variables,
  });
  const text = await readFile(file, "utf8").catch(() => "null");
  return { ...outcome, text, summary: JSON.parse(text) as Summary };
}

/** A load of a moment, before the trials that are looked at. */
const SHORT = { DURATION: "1s" };

describe("a healthy target", () => {
  test("smoke: passes, with every criterion measured, and a monitor that agrees", async () => {
    const target = await startTarget();
    const monitor = await startMonitor(target);
    // Half of the profile's time still holds samples enough for each objective.
    const { exitCode, stdout, summary, text } = await run(target, { HEALTH_URL: monitor.url, TIME_SCALE: "0.5" });
    expect(summary.reasons).toEqual([]);
    expect(summary).toMatchObject({ verdict: "PASS", complete: true });
    expect(exitCode).toBe(0);
    const wanted = slos("webhook", { accounted: true, events: 120, watched: true });
    expect(summary.rows.map(({ metric }) => metric)).toEqual(wanted.map(({ metric }) => metric));
    for (const { metric, samples, floor, result } of summary.rows) {
      expect(samples, metric).toBeGreaterThanOrEqual(floor);
      expect(result, metric).toBe("met");
    }
    expect(summary.account).toMatchObject({ ending: "complete", lost: 0, duplicated: 0 });
    expect(summary.account?.acknowledged).toBeGreaterThan(3_000);
    const counted = (metric: string) => summary.metrics[metric]?.["count"];
    // Ten pass of each hundred equal ones, and one of them is first; one more is known in each round of expiry.
    expect(counted("signal_duplicates")).toBe(8 * 9 + 3);
    expect(counted("signal_limited")).toBeGreaterThanOrEqual(8 * 90 + 5 * 10 + 90 + 4 * 10);
    expect(counted("signal_refused")).toBe(6);
    for (const secret of ['throughline"', "password", "secret="]) expect(stdout + text).not.toContain(secret);
  });

  test("a webhook that exists takes the load without a login, and its secret is not told", async () => {
    const target = await startTarget();
    const { token, secret_key } = await createWebhook(target);
    const given = { WEBHOOK_TOKEN: token, WEBHOOK_SECRET: secret_key, SIGNALS_USER: "nobody", TRIALS: "limit" };
    const { stdout, text, summary } = await run(target, { ...SHORT, ...given });
    expect(summary.rows.find(({ metric }) => metric === "signal_limit_broken")).toMatchObject({ result: "met" });
    expect(stdout).toContain("neither deaths nor memory of the target were judged");
    expect(stdout + text).not.toContain(secret_key);
    const refused = await run(target, { ...given, RATE: "20" });
    expect(refused.exitCode).toBe(REFUSED);
    expect(refused.errors[0]).toContain("20 signals per second need 3 webhooks of 10 each");
    await target.stop();
    const gone = await run(target, given);
    expect(gone.exitCode).toBe(ABORTED);
    expect(gone.errors.join()).toContain("webhook 1 does not accept a signal");
    expect(gone.errors.join() + gone.stdout).not.toContain(secret_key);
  });

  test.each([
    [{ LOGIN_AS: "json" }, "signal_limit_broken"],
    [{ SIGNALS_PASSWORD: "wrong" }, "cannot log in"],
    [{ WEBHOOK_TOKEN: "without-its-secret", SIGNALS_URL: "http://127.0.0.1:1" }, "cannot log in"],
    [{ CREATE_PATH: "/nowhere" }, "cannot create a webhook"],
    [{ HEALTH_URL: "http://127.0.0.1:1" }, "no health monitor answers"],
  ])("with %j there is told %s", async (variables, told) => {
    const { stdout, errors } = await run(await startTarget(), { ...SHORT, TRIALS: "limit", ...variables });
    expect(stdout + errors.join()).toContain(told);
  });
});

describe("a planted fault is caught and named", () => {
  test.each<[string, Record<string, string>, string[]]>([
    ["limit-per-process", { TRIALS: "limit" }, ["signal_limit_broken"]],
    ["no-limit", { TRIALS: "limit,overload" }, ["signal_limit_broken", "signal_overload_broken"]],
    ["trust-headers", { TRIALS: "headers" }, ["signal_spoofing"]],
    ["racing-idempotency", { TRIALS: "identical" }, ["signal_idempotency_broken", "account_duplicated"]],
    [
      "no-idempotency",
      { TRIALS: "identical,expiry" },
      ["signal_idempotency_broken", "signal_expiry_broken", "account_duplicated"],
    ],
    ["open-door", { TRIALS: "access" }, ["signal_access_broken"]],
    ["forget=10", { TRIALS: "hft" }, ["account_lost"]],
    ["fail=10", { TRIALS: "hft" }, ["signal_hft_success_rate", "signal_failed"]],
    ["delay=300", { TRIALS: "none", RATE: "20", DURATION: "2s" }, ["signal_latency_ms"]],
  ])("%s with %j misses %j", async (fault, variables, metrics) => {
    const target = await startTarget("--fault", fault);
    const { exitCode, stdout, summary } = await run(target, { ...SHORT, ...variables });
    expect(exitCode, stdout).toBe(THRESHOLDS_CROSSED);
    expect(stdout).toMatch(/^FAIL {2}webhook/m);
    const missed = summary.rows.filter(({ result }) => result === "missed").map(({ metric }) => metric);
    expect(missed).toEqual(expect.arrayContaining(metrics));
  });

  test("1 MB leaked per 100 requests", async () => {
    const target = await startTarget("--fault", "leak=100");
    const monitor = await startMonitor(target);
    const { exitCode, summary } = await run(target, { ...SHORT, TRIALS: "memory", HEALTH_URL: monitor.url });
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
    expect(summary.reasons.join()).toMatch(/health_leaks \(/);
  });

  test("a worker that crashes and is replaced, although its port always answers", async () => {
    const target = await startTarget("--fault", "crash=40");
    const monitor = await startMonitor(target);
    const { exitCode, summary } = await run(target, { ...SHORT, TRIALS: "hft", HEALTH_URL: monitor.url });
    expect(exitCode, summary?.reasons.join("\n")).toBe(THRESHOLDS_CROSSED);
    expect(summary.reasons.join()).toMatch(/health_deaths \(/);
    await monitor.stop();
    const [file = ""] = (await readdir(folder)).filter((name) => name.startsWith("server_health_report_")).slice(-1);
    const report = JSON.parse(await readFile(join(folder, file), "utf8"));
    expect(report.verdict).toBe("FAIL");
    expect(report.summary.deaths).toBeGreaterThan(0);
    expect(report.events.map(({ what }: { what: string }) => what).join()).toMatch(
      /died: pid \d+ \(.+\).*restarted: pid \d+ became \d+/,
    );
  });
});

describe("Ctrl-C in the middle: what was measured is told and written, marked as a part, and nothing is left", () => {
  test("of webhook.js", async () => {
    const target = await startTarget();
    const executed = async () => {
      const answer = await fetch(`${target.url}/api/v1/signals/executed?after=0`);
      return ((await answer.json()) as { count: number }).count;
    };
    const before = await executed();
    const summary = await interrupt("webhook", { ...pipeline.variables(target), DURATION: "60s" }, async () =>
      expect(await executed()).toBeGreaterThan(before + 30),
    );
    expect(summary.metrics["events_published"]?.["count"]).toBeGreaterThan(10);
    expect(summary.account?.lost).toBe(0);
  });

  test("of http.js", async () => {
    let requests = 0;
    const server = createServer((_, answer) => {
      requests++;
      answer.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const summary = await interrupt("http", { HTTP_URL: `http://127.0.0.1:${port}`, THINK_TIME: "100ms" }, () =>
      expect(requests).toBeGreaterThan(200),
    );
    expect(summary.metrics["http_status_2xx"]?.["count"]).toBeGreaterThan(100);
  });
});

/** Starts a test, ends it as Ctrl-C does once something holds, and reads what it left. */
async function interrupt(name: string, variables: Record<string, string>, holds: () => void): Promise<Summary> {
  const file = join(folder, `interrupted-${name}.json`);
  const settings = Object.entries({ ...variables, SUMMARY: file }).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const args = ["run", "--quiet", "--address", "", ...settings, `dist/${name}.js`];
  const k6 = execa(join(root, "bin/k6"), args, { cwd: root, reject: false });
  onTestFinished(() => void k6.kill("SIGKILL"));
  await vi.waitFor(holds, { timeout: 30_000, interval: 100 });
  k6.kill("SIGINT");
  const { exitCode, stdout } = await k6;
  expect(exitCode).toBe(INTERRUPTED);
  expect(stdout).toContain("the run was ended before its load was over");
  const summary = JSON.parse(await readFile(file, "utf8")) as Summary;
  expect(summary.complete).toBe(false);
  expect(summary.verdict).not.toBe("PASS");
  expect(() => process.kill(k6.pid as number, 0)).toThrow("ESRCH");
  return summary;
}

async function createWebhook({ url }: Service): Promise<{ token: string; secret_key: string }> {
  const post = async (path: string, body: string | URLSearchParams, headers: Record<string, string>) =>
    (await fetch(url + path, { method: "POST", body, headers })).json();
  const login = new URLSearchParams({ username: "trader", password: "throughline" });
  const { access_token } = (await post("/api/v1/auth/login", login, {})) as { access_token: string };
  const headers = { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json" };
  return (await post("/api/v1/webhooks/generate", '{"name":"test"}', headers)) as { token: string; secret_key: string };
}
