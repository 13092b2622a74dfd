import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import type { Summary } from "../../core/summary.ts";
import { EXIT_CODES, type Verdict, worst } from "../../core/verdict.ts";
import { heirsOf } from "../faults/process.ts";
import { root } from "./k6.ts";
import { BUSY } from "./untimed.ts";

interface Result {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly tests: readonly { readonly test: string; readonly summary: Summary | null }[];
}

const made: string[] = [];
afterAll(async () => {
  for (const run of made) await rm(join(root, "results", run), { recursive: true, force: true });
});

/** A demo, and a mark in the environment of what it starts; k6 has an environment of its own, without it. */
function demo(...args: string[]) {
  const mark = `THROUGHLINE_DEMO_TEST=${process.pid}-${++demos}-`;
  const [name, value] = mark.split("=") as [string, string];
  const options = { cwd: root, reject: false, env: { [name]: value } } as const;
  return { mark, running: execa(process.execPath, ["dist/node/throughline.js", "demo", ...args], options) };
}
let demos = 0;

/** What runs of a demo: itself, its services, and its k6, which are told the run. */
async function partsOf(mark: string, stderr: string): Promise<number[]> {
  const [services, load] = await Promise.all([heirsOf(mark), heirsOf(`RUN_ID=${runOf(stderr)}`)]);
  return [...services, ...load];
}

function runOf(stderr: string): string {
  const [, run] = /throughline: run (\S+):/.exec(stderr) ?? [];
  if (run === undefined) throw new Error(`no run is named in: ${stderr}`);
  return run;
}

async function resultOf(stderr: string): Promise<Result> {
  const run = runOf(stderr);
  made.push(run);
  return JSON.parse(await readFile(join(root, "results", run, "result.json"), "utf8")) as Result;
}

test("the demo passes, leaves a record and no process", async () => {
  const { mark, running } = demo();
  const { exitCode, stdout, stderr } = await running;
  const { verdict, tests } = await resultOf(stderr);
  const missed = tests.flatMap(({ summary }) => summary?.rows ?? []).filter(({ result }) => result !== "met");
  // A busy machine misses times; the verdict then says so, and whether all arrived does not depend on it.
  expect(missed.filter(({ metric }) => !BUSY.test(metric))).toEqual([]);
  if (missed.length === 0) expect(verdict).toBe("PASS");
  // What one test knows of the machine may take another's miss back; nothing makes a miss a pass.
  const alone = worst(tests.map(({ summary }) => summary?.verdict ?? "INVALID"));
  expect(alone === "FAIL" ? ["FAIL", "INVALID"] : [alone]).toContain(verdict);
  expect(exitCode).toBe(EXIT_CODES[verdict]);
  expect(stdout).toMatch(new RegExp(`^\\s*${verdict} {2}run demo-`));
  expect(tests.map(({ test: name }) => name).sort()).toEqual(["http", "nats", "websocket"]);
  const account = tests.find(({ test: name }) => name === "nats")?.summary?.account;
  expect(account).toMatchObject({ published: 1_100, lost: 0, duplicated: 0, misrouted: 0 });
  expect(account?.delivered).toBe(account?.expected);
  expect(await partsOf(mark, stderr)).toEqual([]);
});

test("an unknown fault is one clear line", async () => {
  const { exitCode, stderr } = await demo("--fault", "gremlins=3").running;
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("gremlins");
});

test("an interrupted demo stops all that it started", async () => {
  const { mark, running } = demo();
  let stderr = "";
  const publishing = new Promise<void>((resolve) => {
    running.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes("published,")) resolve();
    });
  });
  await Promise.race([publishing, running]);
  // Itself, NATS, gateway, receiver, and the k6 of publisher and subscribers: none is overlooked below.
  expect((await partsOf(mark, stderr)).length).toBeGreaterThanOrEqual(6);
  running.kill("SIGINT");
  const { exitCode } = await running;
  expect(exitCode).toBe(3);
  const { verdict } = await resultOf(stderr);
  expect(verdict).toBe("INVALID");
  expect(await partsOf(mark, stderr)).toEqual([]);
});
