import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { adopt } from "../../cli/children.ts";

test("what a process started ends with it, also when it was killed", async () => {
  // The grandchild holds the pipe open for as long as it lives.
  const child = spawn("sh", ["-c", "sleep 600 & echo started; wait"], { detached: true });
  onTestFinished(() => endGroup(child.pid as number));
  adopt(child);
  await once(createInterface(child.stdout), "line");
  const closed = once(child.stdout, "close");
  child.kill("SIGKILL");
  await closed;
});

const root = join(import.meta.dirname, "../..");
/** What is started: its own child holds the pipe open for as long as it lives. */
const LONG = ["sh", ["-c", "sleep 600 & echo started; wait"]];
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

test.each(SIGNALS)("what a process started ends with it, when nobody handles %s", async (signal) => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-children-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const outfile = join(folder, "starter.mjs");
  const contents = `
    import { spawn } from "node:child_process";
    import { adopt } from "./cli/children.ts";
    const [program, args] = ${JSON.stringify(LONG)};
    adopt(spawn(program, args, { detached: true, stdio: "inherit" }));`;
  const stdin = { contents, resolveDir: root, loader: "ts" as const };
  await build({ stdin, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  expect(await endedBy(signal, [outfile])).toEqual([null, signal]);
});

test.each(SIGNALS)("what npm test started ends with it by %s, and a scratch folder is removed last", async (signal) => {
  const jobs = pathToFileURL(join(root, "test/jobs.mjs")).href;
  const program = `
    import { endOnSignals, run } from "${jobs}";
    endOnSignals(() => console.log("last"));
    run(...${JSON.stringify(LONG)}, { output: "inherit" });`;
  const [code] = await endedBy(signal, ["--input-type=module", "-e", program]);
  expect(code).toBeGreaterThan(128);
});

/** How a program of Node ended by a signal, once nothing that it started holds its output any more. */
async function endedBy(signal: NodeJS.Signals, args: readonly string[]): Promise<unknown[]> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const closed = once(child.stdout, "close");
  await once(createInterface(child.stdout), "line");
  child.kill(signal);
  await closed;
  return ended;
}

/** Ends what is left of a group of processes, should the test have failed. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== "ESRCH") throw problem;
  }
}
