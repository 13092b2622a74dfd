/**
 * `throughline run` on reference targets that behave as the systems in the field do: PASS where nothing is wrong.
 * The ingestor, which waits half a minute for a part of a batch, is in field-ingest.test.ts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunnableTest } from "../../systems/variables.ts";
import { recordIn, throughlineIn } from "./throughline.ts";
import { untimedFlags } from "./untimed.ts";

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "throughline-field-"));
});
afterAll(() => rm(out, { recursive: true, force: true }));

async function run(id: string, tests: readonly RunnableTest[], ...args: string[]) {
  const ended = await throughlineIn(out, "run", ...args, ...untimedFlags(...tests), "--out", out, "--run-id", id);
  return { ...ended, record: await recordIn(out, id) };
}

describe("as in the field", () => {
  test.each<[string, readonly RunnableTest[], readonly string[]]>([
    [
      "pipeline",
      ["websocket", "nats", "http"],
      // Enough answers for every percentile of http, also where other tests take the cores.
      ["--rate", "200", "--duration", "8s", "--set", "DRAIN_QUIET=1s", "--set", "http.THINK_TIME=60ms"],
    ],
    ["ethhook", ["redis"], ["--events", "1000", "--rate", "300", "--set", "DRAIN_QUIET=2s"]],
    ["webhook", ["webhook"], ["--rate", "20", "--duration", "6s", "--set", "TRIALS=identical,limit,access"]],
  ])("%s passes", async (subject, tests, flags) => {
    const { exitCode, record, stdout } = await run(subject, tests, subject, "--as", "real", ...flags);
    expect({ exitCode, reasons: record.reasons }, stdout).toEqual({ exitCode: 0, reasons: [] });
  });

  test("a gateway claims to be well while its broker is away, and fails", async () => {
    const away = ["--set", "DEPENDENCY_AWAY=1", "--set", "THINK_TIME=60ms", "--duration", "4s"];
    const { exitCode, record } = await run("away", ["http"], "http", "--as", "real", ...away);
    const missed = record.tests
      .flatMap(({ summary }) => summary?.rows ?? [])
      .filter(({ result }) => result === "missed");
    expect(exitCode).toBe(1);
    expect(missed.map(({ metric }) => metric)).toEqual(["http_ready_claims", "http_health_claims"]);
    expect(missed.map(({ evidence }) => evidence)).toEqual([
      expect.stringContaining('"ready":true'),
      expect.stringContaining('"status":"healthy"'),
    ]);
  });

  test("by the contract it says that it is not, and passes", async () => {
    const away = ["--set", "DEPENDENCY_AWAY=1", "--set", "THINK_TIME=60ms", "--duration", "4s"];
    const { exitCode, record } = await run("told", ["http"], "http", ...away);
    expect({ exitCode, reasons: record.reasons }).toEqual({ exitCode: 0, reasons: [] });
  });

  test("a gateway that decodes nothing is dead although it is ready, and that is no fault of the measurement", async () => {
    const dead = ["--set", "FIELD_TYPES=chain=text", "--set", "CANARY_TIMEOUT=3s", "--set", "DRAIN_TIMEOUT=2s"];
    const args = ["websocket", "nats", "--as", "real", "--duration", "4s", ...dead, "--set", "DRAIN_QUIET=1s"];
    const { exitCode, record } = await run("dead", [], ...args);
    expect({ exitCode, verdict: record.verdict }).toEqual({ exitCode: 1, verdict: "FAIL" });
    const [reason] = record.reasons;
    expect(reason?.metric).toBe("canaries_swallowed");
    expect(reason?.evidence).toMatch(/has acknowledged the canaries .*claims to be ready/s);
  });
});
