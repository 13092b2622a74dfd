/** The repositories of strangers in examples/: each one's own test, with this package in the place of the published one. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startService } from "../../cli/service.ts";
import { root } from "./k6.ts";

const EXAMPLES = join(root, "examples");
/** A first build of a server takes minutes on two cores; go knows when it has to be made anew. */
const BUILDING_MS = 900_000;
/** Each makes a few runs, one after the other. */
const LONG = { timeout: 300_000 };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-example-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A copy of an example, whose packages are those that are installed here. */
function copyOf(name: string): void {
  const from = join(EXAMPLES, name);
  for (const file of readdirSync(from)) {
    if (!["node_modules", "dist", "results"].includes(file)) cpSync(join(from, file), join(folder, file), COPY);
  }
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Manifest;
  for (const packaged of Object.keys(dependencies)) link(join(root, "node_modules", packaged), packaged);
  link(root, "throughline");
  link(join(root, "throughline.mjs"), ".bin/throughline");
}

const COPY = { recursive: true };

function link(target: string, name: string): void {
  const path = join(folder, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** Runs an example's own test; it and all that it started are ended with this one. */
async function testOf(name: string, signal: AbortSignal, env: Readonly<Record<string, string>> = {}): Promise<void> {
  copyOf(name);
  const own = { cwd: folder, env, all: true, reject: false, detached: true, cleanup: false } as const;
  const child = execa(process.execPath, ["--test"], own);
  const end = () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL");
  signal.addEventListener("abort", end);
  const { exitCode, all } = await child;
  signal.removeEventListener("abort", end);
  expect(exitCode, all).toBe(0);
}

const found = (program: string) => spawnSync("which", [program]).status === 0;

describe("the test of a stranger's repository holds:", () => {
  test.skipIf(!found("go"))("centrifugo", { timeout: BUILDING_MS }, async ({ signal }) => {
    await execa("npm", ["run", "--silent", "server"], { cwd: join(EXAMPLES, "centrifugo") });
    await testOf("centrifugo", signal);
  });

  test.skipIf(!found("redis-server"))("webhooks", LONG, ({ signal }) => testOf("webhooks", signal));

  test.skipIf(!found("nats-server"))("jetstream-postgres", LONG, async ({ signal }) => {
    const program = [process.execPath, join(root, "dist/node/postgres.js")];
    const postgres = await startService("postgres", program, join(folder, "postgres.log"));
    try {
      await testOf("jetstream-postgres", signal, { DATABASE_URL: postgres.url });
    } finally {
      await postgres.stop();
    }
  });
});

test.each(readdirSync(EXAMPLES))("%s: its pipeline has 40 lines at most, and its page is one screen", (name) => {
  const files = readdirSync(join(EXAMPLES, name));
  const lines = (file: string) =>
    readFileSync(join(EXAMPLES, name, file), "utf8")
      .trimEnd()
      .split("\n").length;
  const pipelines = files.filter((file) => file.endsWith(".pipeline.ts"));
  expect(pipelines.length).toBeGreaterThan(0);
  for (const file of pipelines) expect(lines(file), file).toBeLessThanOrEqual(40);
  expect(lines("README.md")).toBeLessThanOrEqual(40);
});
