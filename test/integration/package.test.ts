/** The installed package in a repository of a stranger, on a machine without Go: a k6 as it is published is all there is. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Service, startService } from "../../cli/service.ts";
import { root } from "./k6.ts";
import { installIn, manifest } from "./packed.ts";
import { recordIn } from "./throughline.ts";

/** npm on a busy machine. */
const INSTALLING_MS = 300_000;

let folder = "";
let path = "";
let withoutK6 = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "throughline-package-"));
  await installIn(folder);
  path = join(folder, "path");
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, "node"));
  symlinkSync(join(root, "bin/k6-stock"), join(path, "k6"));
  symlinkSync("/bin/sh", join(path, "sh"));
  withoutK6 = join(folder, "without-k6");
  mkdirSync(withoutK6);
  symlinkSync(process.execPath, join(withoutK6, "node"));
  // A Go that builds nothing: what it would build is tried below.
  const go = '#!/bin/sh\ntest "$1" = version && echo "go version go1.26.0 linux/amd64"\n';
  writeFileSync(join(withoutK6, "go"), go, { mode: 0o755 });
}, INSTALLING_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command as it was installed, with nothing else on the PATH than Node and a k6 without extensions. */
const throughline = (...args: string[]) => onPath(path, ...args);

function onPath(PATH: string, ...args: string[]) {
  return execa(join(folder, "node_modules/.bin/throughline"), args, {
    cwd: folder,
    reject: false,
    extendEnv: false,
    env: { PATH, HOME: folder },
  });
}

test("npx finds the command", async () => {
  const { stdout } = await execa("npx", ["throughline", "--version"], { cwd: folder });
  expect(stdout).toBe(manifest.version);
});

test(
  "its own Go sources are whole: with Go, bin/k6 is built of them",
  async () => {
    const sources = join(folder, "node_modules/throughline/xk6");
    // The flags of bin/k6, so that little is compiled a second time.
    const build = ["build", "-C", sources, "-trimpath", "-o", join(folder, "k6"), "."];
    expect(await execa("go", build, { reject: false })).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await execa(join(folder, "k6"), ["version"])).stdout).toContain("k6/x/nats");
  },
  INSTALLING_MS,
);

test("what needs bin/k6 says so in one line", async () => {
  await throughline("init", "with-nats", "--from", "nats", "--to", "list");
  const { exitCode, stderr } = await throughline("run", "with-nats");
  expect(stderr).toBe(
    "throughline: with-nats.pipeline.ts imports k6/x/nats, which bin/k6 has, and that was not built: install Go 1.26 or later (https://go.dev/dl), with which it is built",
  );
  expect(exitCode).toBe(3);
  rmSync(join(folder, "with-nats.pipeline.ts"));
});

/** Takes events and sends each on by webhooks, as the file that `init` writes expects it; one it loses. */
function startPlatform(receiver: string, lost: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    response.writeHead(202).end();
    const { ref, kind } = JSON.parse(body) as { ref: string; kind: string };
    // The number of an event stands behind the run and the publisher; canaries have a publisher of their own.
    const [publisher, seq] = [ref.slice(32, 36), Number.parseInt(ref.slice(36, 44), 16)];
    for (const to of [kind, "all"]) {
      if (to === "all" && seq === lost && publisher !== "ffff") continue;
      await fetch(`${receiver}/hooks/${to}`, { method: "POST", body });
    }
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

test("init, doctor and a run account for every event, and a lost one is named", async () => {
  expect((await throughline("init", "orders", "--from", "http", "--to", "webhook")).exitCode).toBe(0);
  const receiver: Service = await startService(
    "receiver",
    [process.execPath, join(folder, "node_modules/throughline/dist/node/receiver.js"), "--port", "0"],
    join(folder, "receiver.log"),
  );
  const platform = await startPlatform(receiver.url, 17);
  try {
    const url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}/events`;
    const file = join(folder, "orders.pipeline.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace("http://127.0.0.1:3000/events", url));
    const to = ["--receiver-url", receiver.url];
    const untried = await onPath(withoutK6, "doctor", "orders", ...to);
    expect(untried.stdout).toMatch(/^note +k6 +not built yet; Go is there/m);
    expect(untried.stderr).toContain("building bin/k6 (a few minutes the first time): go ended with code 1");
    expect(untried.exitCode).toBe(3);
    const doctor = await throughline("doctor", "orders", ...to);
    expect(doctor.stdout).toMatch(/^ok +k6 +k6 on the PATH, 1\.8\.1: runs ingest, http, /m);
    expect(doctor.stdout).toMatch(/^ok +canary +canaries reached 3 of 3/m);
    expect(doctor.exitCode).toBe(0);
    const load = ["--rate", "20", "--events", "40", "--run-id", "first", "--set", "DRAIN_QUIET=1s"];
    const run = await throughline("run", "orders", ...to, ...load);
    const { account } = await recordIn(join(folder, "results"), "first");
    expect(account, run.stdout + run.stderr).toMatchObject({ acknowledged: 40, lost: 1, duplicated: 0 });
    expect(run.stdout).toMatch(/^ {2}lost +all: 1 of \d+.*\n +events 17$/m);
    expect(run.exitCode).not.toBe(0);
    const report = await throughline("report", "latest", "--markdown", "report.md");
    expect(report.exitCode, report.stderr).toBe(0);
    const saved = await throughline("baseline", "save", "latest", "--failed");
    expect(saved.stdout).toContain("baselines/orders-smoke.json now holds 1 run");
  } finally {
    platform.closeAllConnections();
    platform.close();
    await receiver.stop();
  }
});

test("the types of the package are those of a pipeline's file", async () => {
  const compilerOptions = { strict: true, module: "esnext", moduleResolution: "bundler", target: "es2022", types: [] };
  const options = { ...compilerOptions, skipLibCheck: true, noEmit: true };
  const check = (text: string) => {
    writeFileSync(join(folder, "checked.pipeline.ts"), text);
    const config = { compilerOptions: options, files: ["checked.pipeline.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    return execa(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], { cwd: folder, reject: false });
  };
  const written = readFileSync(join(folder, "orders.pipeline.ts"), "utf8");
  expect((await check(written)).stdout).toBe("");
  expect((await check(written.replace('kind: "a"', 'kind: "mars"'))).stdout).toContain('"mars"');
});
