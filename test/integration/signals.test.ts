/** webhook.js against the reference signal webhook, on a real redis-server, with a monitor beside it. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { execa } from "execa";
import { describe, expect, test, vi } from "vitest";
import type { Service } from "../../cli/service.ts";
import type { Summary } from "../../core/summary.ts";
import { slos } from "../../thresholds.ts";
import { root, runBundle } from "./k6.ts";
import {
  type Context,
  folder,
  pipeline,
  run,
  SHORT,
  startMonitor,
  startMonitorOf,
  startTarget,
  useSignals,
} from "./signals-run.ts";
import { untimed } from "./untimed.ts";

const REFUSED = 107;
const ABORTED = 108;
const INTERRUPTED = 105;

useSignals();

// Each has a target of its own, and most of a trial is waiting until a webhook may be asked again.
describe.concurrent("a healthy target", () => {
  test("smoke: passes, with every criterion measured, and a monitor that agrees", async (context) => {
    const target = await startTarget(context);
    const monitor = await startMonitor(context, target);
    // Signals of the load alone are samples enough for each objective, whatever the trials add to them.
    const { rate, seconds } = { rate: 40, seconds: 3 };
    const load = { RATE: String(rate), DURATION: `${seconds}s`, MEMORY_SIGNALS: "2000", MEMORY_RATE: "160" };
    const { exitCode, stdout, summary, text } = await run(
      target,
      untimed("webhook", { ...pipeline.variables(target), ...load, HEALTH_URL: monitor.url }),
    );
    expect(summary, stdout).toMatchObject({ verdict: "PASS", complete: true, reasons: [] });
    expect(exitCode).toBe(0);
    const wanted = slos("webhook", { accounted: true, events: rate * seconds, watched: true });
    expect(summary.rows.map(({ metric }) => metric)).toEqual(wanted.map(({ metric }) => metric));
    for (const { metric, samples, floor, result } of summary.rows) {
      expect(samples, metric).toBeGreaterThanOrEqual(floor);
      expect(result, metric).toBe("met");
    }
    expect(summary.account).toMatchObject({ ending: "complete", lost: 0, duplicated: 0 });
    expect(summary.account?.acknowledged).toBeGreaterThan(2_000);
    const counted = (metric: string) => summary.metrics[metric]?.["count"];
    // Ten pass of each hundred equal ones, and one of them is first; one more is known in each round of expiry, and
    // seven of eight in each race at each of twenty webhooks.
    expect(counted("signal_duplicates")).toBe(8 * 9 + 3 + 10 * 20 * 7);
    expect(counted("signal_swallowed")).toBe(0);
    expect(counted("signal_limited")).toBeGreaterThanOrEqual(8 * 90 + 5 * 10 + 90 + 4 * 10);
    expect(counted("signal_refused")).toBe(6);
    for (const secret of ['throughline"', "password", "secret="]) expect(stdout + text).not.toContain(secret);
  });

  test("a webhook that exists takes the load without a login, and its secret is not told", async (context) => {
    const target = await startTarget(context);
    const { token, secret_key } = await createWebhook(target);
    const given = { WEBHOOK_TOKEN: token, WEBHOOK_SECRET: secret_key, SIGNALS_USER: "nobody", TRIALS: "limit" };
    const { stdout, text, summary } = await run(target, { ...SHORT, ...given });
    expect(summary.rows.find(({ metric }) => metric === "signal_limit_broken")).toMatchObject({ result: "met" });
    expect(stdout).toContain("neither deaths nor memory of the target were judged");
    expect(stdout + text).not.toContain(secret_key);
    const refused = await run(target, { ...given, RATE: "20" });
    expect(refused.exitCode).toBe(REFUSED);
    expect(refused.errors[0]).toContain("20 signals per second need 3 webhooks of SIGNAL_LIMIT=10 each");
    await target.stop();
    const gone = await run(target, given);
    expect(gone.exitCode).toBe(ABORTED);
    expect(gone.errors.join()).toContain("webhook 1 does not accept a signal");
    expect(gone.errors.join() + gone.stdout).not.toContain(secret_key);
  });

  test("is watched by several monitors, of several processes and of a page that tells nothing of its process", async (context) => {
    const target = await startTarget(context);
    const page = createServer((_, answer) => void answer.end("http_requests_total 1\n"));
    await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
    context.onTestFinished(() => void page.close().closeAllConnections());
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}/metrics`;
    const pids = [target, pipeline.receiver].flatMap((service) => ["--pid", String(service.pid())]);
    const monitors = [await startMonitorOf(context, ...pids), await startMonitorOf(context, "--url", url)];
    const HEALTH_URL = monitors.map((monitor) => monitor.url).join();
    const { log, summary } = await run(target, { RATE: "20", DURATION: "6s", TRIALS: "none", HEALTH_URL });
    expect(log).toContain(`${url}: tells no process_resident_memory_bytes: that it answers is judged`);
    const health = summary.rows.filter(({ metric }) => metric.startsWith("health_"));
    expect(health.map(({ metric, result }) => [metric, result])).toEqual([
      ["health_deaths", "met"],
      ["health_growth_mb", "met"],
    ]);
    // Three are watched, 5 times a second, for 6 s.
    expect(health[0]?.samples).toBeGreaterThan(60);
  });

  test.for<[Record<string, string>, string]>([
    [{ LOGIN_AS: "json" }, "signal_limit_broken"],
    [{ SIGNALS_PASSWORD: "wrong" }, "cannot log in"],
    [{ WEBHOOK_TOKEN: "without-its-secret", SIGNALS_URL: "http://127.0.0.1:1" }, "cannot log in"],
    [{ CREATE_PATH: "/nowhere" }, "cannot create a webhook"],
    [{ HEALTH_URL: "http://127.0.0.1:1" }, "no health monitor answers"],
  ])("with %j there is told %s", async ([variables, told], context) => {
    const { stdout, errors } = await run(await startTarget(context), { ...SHORT, TRIALS: "limit", ...variables });
    expect(stdout + errors.join()).toContain(told);
  });
});

// It looks at all webhooks that there are.
test("webhooks that were created are named in the end, or deleted, and each trial says what it saw", async (context) => {
  const target = await startTarget(context);
  const { DELETE_PATH: _, ...keeping } = pipeline.variables(target);
  const kept = await runBundle("webhook", { ...keeping, ...SHORT, DRAIN_QUIET: "1s", TRIALS: "limit,access" });
  expect(kept.stdout).toMatch(/note +\d+ webhooks were created and stay: throughline \S+ 1 to \d+; DELETE_PATH has/);
  expect(kept.stdout).toContain("trial limit: 55 accepted, 0 repeated, 50 limited, 0 refused, 0 failed");
  expect(kept.stdout).toContain("trial access: 0 accepted, 0 repeated, 0 limited, 6 refused, 0 failed");
  const left = await webhooks();
  expect(left.length).toBeGreaterThan(0);
  const deleted = await run(target, { ...SHORT, TRIALS: "none" });
  expect(deleted.stdout).not.toContain("webhooks were created and stay");
  expect(deleted.log).not.toContain("not all webhooks");
  expect(await webhooks()).toEqual(left);
  const wrong = await run(target, { ...SHORT, TRIALS: "none", DELETE_PATH: "/nowhere/{token}" });
  expect(wrong.log).toContain("DELETE_PATH=/nowhere/{token}: not all webhooks of run");
});

describe.concurrent("Ctrl-C in the middle: what was measured is told and written, marked as a part, and nothing is left", () => {
  test("of webhook.js", async (context) => {
    const target = await startTarget(context);
    const executed = async () => {
      const answer = await fetch(`${target.url}/api/v1/signals/executed?after=0`);
      return ((await answer.json()) as { count: number }).count;
    };
    const before = await executed();
    const summary = await interrupt(context, "webhook", { ...pipeline.variables(target), DURATION: "60s" }, async () =>
      expect(await executed()).toBeGreaterThan(before + 30),
    );
    expect(summary.metrics["events_published"]?.["count"]).toBeGreaterThan(10);
    expect(summary.account?.lost).toBe(0);
  });

  test("of http.js", async (context) => {
    let requests = 0;
    const server = createServer((_, answer) => {
      requests++;
      answer.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    context.onTestFinished(() => void server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const summary = await interrupt(
      context,
      "http",
      { HTTP_URL: `http://127.0.0.1:${port}`, THINK_TIME: "100ms" },
      () => expect(requests).toBeGreaterThan(200),
    );
    expect(summary.metrics["http_status_2xx"]?.["count"]).toBeGreaterThan(100);
  });
});

/** Starts a test, ends it as Ctrl-C does once something holds, and reads what it left. */
async function interrupt(
  { onTestFinished }: Context,
  name: string,
  variables: Record<string, string>,
  holds: () => void,
): Promise<Summary> {
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

/** The webhooks that the target holds. */
async function webhooks(): Promise<string[]> {
  const client = createClient({ url: pipeline.redis.url });
  await client.connect();
  try {
    return (await client.keys("signals:webhook:*")).toSorted();
  } finally {
    client.destroy();
  }
}

async function createWebhook({ url }: Service): Promise<{ token: string; secret_key: string }> {
  const post = async (path: string, body: string | URLSearchParams, headers: Record<string, string>) =>
    (await fetch(url + path, { method: "POST", body, headers })).json();
  const login = new URLSearchParams({ username: "trader", password: "throughline" });
  const { access_token } = (await post("/api/v1/auth/login", login, {})) as { access_token: string };
  const headers = { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json" };
  return (await post("/api/v1/webhooks/generate", '{"name":"test"}', headers)) as { token: string; secret_key: string };
}
