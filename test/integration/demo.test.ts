import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import type { Summary } from "../../summary.ts";
import { root } from "./k6.ts";
import { TIMED } from "./untimed.ts";

interface Result {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly tests: readonly { readonly test: string; readonly summary: Summary | null }[];
}

const made: string[] = [];
afterAll(async () => {
  for (const run of made) await rm(join(root, "results", run), { recursive: true, force: true });
});

function demo(...args: string[]) {
  return execa(process.execPath, ["dist/node/throughline.js", "demo", ...args], { cwd: root, reject: false });
}

async function resultOf(stderr: string): Promise<Result> {
  const [, run] = /throughline: run (\S+):/.exec(stderr) ?? [];
  if (run === undefined) throw new Error(`no run is named in: ${stderr}`);
  made.push(run);
  return JSON.parse(await readFile(join(root, "results", run, "result.json"), "utf8")) as Result;
}

/** The processes that carry an argument, by Linux' own list. */
async function processesWith(argument: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes(argument));
}

test("the demo passes, leaves a record and no process", async () => {
  const { exitCode, stdout, stderr } = await demo();
  const { verdict, tests } = await resultOf(stderr);
  const missed = tests.flatMap(({ summary }) => summary?.rows ?? []).filter(({ result }) => result !== "met");
  // A busy machine misses times; the verdict then says so, and whether all arrived does not depend on it.
  expect(missed.filter(({ metric }) => !TIMED.test(metric))).toEqual([]);
  if (missed.length === 0) expect({ exitCode, verdict }).toEqual({ exitCode: 0, verdict: "PASS" });
  expect(stdout).toMatch(new RegExp(`^\\s*${verdict} {2}run demo-`));
  expect(tests.map(({ test: name }) => name).sort()).toEqual(["http", "nats", "websocket"]);
  const account = tests.find(({ test: name }) => name === "nats")?.summary?.account;
  expect(account).toMatchObject({ published: 7_500, lost: 0, duplicated: 0, misrouted: 0 });
  expect(account?.delivered).toBe(account?.expected);
  const [, nats] = /NATS JetStream nats:\/\/127\.0\.0\.1:(\d+)/.exec(stderr) ?? [];
  expect(await processesWith(`nats://127.0.0.1:${nats}`)).toEqual([]);
});

test("an unknown fault is one clear line", async () => {
  const { exitCode, stderr } = await demo("--fault", "gremlins=3");
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("gremlins");
});

test("an interrupted demo stops all that it started", async () => {
  const running = demo();
  let stderr = "";
  const publishing = new Promise<void>((resolve) => {
    running.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes("published,")) resolve();
    });
  });
  await Promise.race([publishing, running]);
  running.kill("SIGINT");
  const { exitCode } = await running;
  expect(exitCode).toBe(3);
  const { verdict } = await resultOf(stderr);
  expect(verdict).toBe("INVALID");
  const [, nats] = /NATS JetStream nats:\/\/127\.0\.0\.1:(\d+)/.exec(stderr) ?? [];
  expect(await processesWith(`nats://127.0.0.1:${nats}`)).toEqual([]);
});
