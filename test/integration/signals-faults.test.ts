/** webhook.js against a reference signal webhook in which faults are planted. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { linesOf } from "../../core/reason.ts";
import { run, SHORT, startMonitor, startTarget, useSignals } from "./signals-run.ts";

const THRESHOLDS_CROSSED = 99;

useSignals();

// Each has a target of its own, and most of a trial is waiting until a webhook may be asked again.
describe.concurrent("a planted fault is caught and named", () => {
  // It takes longest.
  test("1 MB leaked per 25 requests", async (context) => {
    const target = await startTarget(context, "--fault", "leak=25");
    const monitor = await startMonitor(context, target);
    const { exitCode, summary } = await run(target, {
      ...SHORT,
      TRIALS: "memory",
      MEMORY_SIGNALS: "3000",
      MEMORY_RATE: "150",
      HEALTH_URL: monitor.url,
    });
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
    expect(summary.reasons.flatMap(linesOf).join()).toMatch(/health_leaks \(/);
  });

  test.for<[string, Record<string, string>, string[]]>([
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
    ["execute-limited", { TRIALS: "limit" }, ["account_contradicted"]],
    ["forget=10", { TRIALS: "hft" }, ["account_lost"]],
    ["fail=10", { TRIALS: "hft" }, ["signal_hft_success_rate", "signal_failed"]],
    ["delay=300", { TRIALS: "none", RATE: "20", DURATION: "2s" }, ["signal_latency_ms"]],
  ])("%s with %j misses %j", async ([fault, variables, metrics], context) => {
    const target = await startTarget(context, "--fault", fault);
    const { exitCode, stdout, summary } = await run(target, { ...SHORT, ...variables });
    expect(exitCode, stdout).toBe(THRESHOLDS_CROSSED);
    expect(stdout).toMatch(/^FAIL {2}webhook/m);
    const missed = summary.rows.filter(({ result }) => result === "missed").map(({ metric }) => metric);
    expect(missed).toEqual(expect.arrayContaining(metrics));
  });

  test("answers 429 without a Retry-After are said", async (context) => {
    const { stdout } = await run(await startTarget(context, "--fault", "no-retry-after"), {
      ...SHORT,
      TRIALS: "limit",
    });
    expect(stdout).toMatch(/note +50 of 50 answers 429 came without a Retry-After/);
  });

  test("a worker that crashes and is replaced, although its port always answers", async (context) => {
    const target = await startTarget(context, "--fault", "crash=40");
    const monitor = await startMonitor(context, target);
    const { exitCode, summary } = await run(target, { ...SHORT, TRIALS: "hft", HEALTH_URL: monitor.url });
    expect(exitCode, summary?.reasons.flatMap(linesOf).join("\n")).toBe(THRESHOLDS_CROSSED);
    expect(summary.reasons.flatMap(linesOf).join()).toMatch(/health_deaths \(/);
    await monitor.stop();
    const [file = ""] = (await readdir(monitor.reports)).filter((name) => name.startsWith("server_health_report_"));
    const report = JSON.parse(await readFile(join(monitor.reports, file), "utf8"));
    expect(report.verdict).toBe("FAIL");
    expect(report.summary.deaths).toBeGreaterThan(0);
    expect(report.events.map(({ what }: { what: string }) => what).join()).toMatch(
      /died: pid \d+ \(.+\).*restarted: pid \d+ became \d+/,
    );
  });
});
