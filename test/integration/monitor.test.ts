/** The monitor on real processes. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { collectDefaultMetrics, Registry } from "prom-client";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Monitor, startMonitor } from "../../cli/health/monitor.ts";
import { reportOf } from "../../cli/health/report.ts";
import type { Watch } from "../../cli/health/sample.ts";
import { root } from "./k6.ts";

/** A server that starts as many children as it is told, each with 20 MB, and says on which port it listens. */
const SERVER = `
  const { fork } = require("node:child_process");
  if (process.env.CHILD) {
    globalThis.kept = Buffer.alloc(20 * 2 ** 20, 1);
    process.on("disconnect", () => process.exit());
    process.send("ready");
  } else {
    const server = require("node:http").createServer((_, answer) => answer.end("ok"));
    const start = (left) => {
      const child = fork(__filename, { env: { CHILD: "1" } });
      child.on("exit", () => start(1)).once("message", () => left > 1 ? start(left - 1) : listen());
    };
    let listening = false;
    const listen = () => {
      if (listening) return;
      listening = true;
      server.listen(Number(process.argv[2]), "127.0.0.1", () => {
        console.log(JSON.stringify({ port: server.address().port }));
      });
    };
    start(Number(process.argv[3]));
    process.stdin.on("end", () => process.exit()).resume();
  }`;

const monitors: Monitor[] = [];
afterEach(async () => {
  for (const monitor of monitors.splice(0)) await monitor.stop();
});

async function watch(what: Watch): Promise<Monitor> {
  const monitor = await startMonitor({ process: "server", role: "target", watch: what, everyMs: 50 });
  monitors.push(monitor);
  return monitor;
}

async function startServer(port = 0, children = 1) {
  const folder = await mkdtemp(join(tmpdir(), "throughline-monitor-"));
  const file = join(folder, "server.cjs");
  await writeFile(file, SERVER);
  const server = execa(process.execPath, [file, String(port), String(children)], { reject: false, stdin: "pipe" });
  onTestFinished(async () => {
    server.kill("SIGKILL");
    await server;
    await rm(folder, { recursive: true, force: true });
  });
  const [line] = (await new Promise<Buffer>((resolve) => server.stdout.once("data", resolve))).toString().split("\n");
  return { pid: server.pid as number, port: (JSON.parse(line as string) as { port: number }).port, server };
}

const kinds = (monitor: Monitor) => monitor.events().map(({ kind }) => kind);
const soon = (holds: () => void) => vi.waitFor(holds, { timeout: 15_000, interval: 20 });

describe.runIf(process.platform === "linux")("a process", () => {
  test("is watched with its descendants, and with nothing else", async () => {
    const { pid, port } = await startServer(0, 2);
    const sockets: Socket[] = Array.from({ length: 5 }, () => connect(port, "127.0.0.1"));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (const what of [{ pid }, { port }]) {
      const monitor = await watch(what);
      await soon(() =>
        expect(monitor.record().samples.at(-1)).toMatchObject({ connections: 5, cpu: expect.any(Number) }),
      );
      const last = monitor.record().samples.at(-1);
      // Three runtimes, of which two hold 20 MB more; this test's own process is far larger than that.
      expect(last?.rssMb).toBeGreaterThan(120);
      expect(last?.rssMb).toBeLessThan(400);
      expect(last?.threads).toBeGreaterThan(3);
      expect(last?.fds).toBeGreaterThan(20);
      expect(last?.cpu).toBeGreaterThanOrEqual(0);
      expect(monitor.events()).toEqual([]);
    }
  });

  test("busy for a second shows in its CPU", async () => {
    const busy = execa(process.execPath, ["-e", "for (const end = Date.now() + 1500; Date.now() < end; );"]);
    const monitor = await watch({ pid: busy.pid as number });
    await busy;
    const most = Math.max(...monitor.record().samples.map(({ cpu }) => cpu ?? 0));
    expect(most).toBeGreaterThan(20);
    await soon(() => expect(kinds(monitor)).toEqual(["died"]));
  });

  test("whose child dies and is replaced: both are noted", async () => {
    const { pid } = await startServer(0, 1);
    const monitor = await watch({ pid });
    const [child = 0] = await childrenOf(pid);
    // 0 and 1 are not children: the first would be this process's own group.
    expect(child).toBeGreaterThan(1);
    process.kill(child, "SIGKILL");
    await soon(() => expect(kinds(monitor)).toEqual(["died", "restarted"]));
    const [after = 0] = await childrenOf(pid);
    expect(monitor.events().map(({ what }) => what)).toEqual([
      expect.stringMatching(new RegExp(`^died: pid ${child} \\(`)),
      `restarted: pid ${child} became ${after}`,
    ]);
    expect(monitor.health(60)).toMatchObject({ deaths: 1 });
    expect(reportOf(monitor)).toMatchObject({
      verdict: "FAIL",
      summary: { deaths: 1, restarts: 1, critical_alerts: 1 },
    });
  });

  test("that is started again on its port is watched again", async () => {
    const first = await startServer(0, 1);
    const monitor = await watch({ port: first.port });
    first.server.kill("SIGKILL");
    await first.server;
    await soon(() => expect(kinds(monitor)).toContain("died"));
    const second = await startServer(first.port, 1);
    await soon(() => expect(kinds(monitor)).toContain("restarted"));
    expect(monitor.events().map(({ what }) => what)).toContain(`restarted: pid ${first.pid} became ${second.pid}`);
    await soon(() => expect(monitor.record().samples.at(-1)?.rssMb).toBeGreaterThan(60));
  });

  test("by its command: a death fails it, and the report has the fields of the old one", async () => {
    const { pid, port, server } = await startServer(0, 1);
    const out = await mkdtemp(join(tmpdir(), "throughline-monitor-"));
    onTestFinished(() => rm(out, { recursive: true, force: true }));
    const watching = command(
      "--port",
      String(port),
      "--every",
      "50ms",
      "--probe",
      `http://127.0.0.1:${port}`,
      "--out",
      out,
    );
    // The first line says that it watches.
    await new Promise((resolve) => watching.stderr.once("data", resolve));
    server.kill("SIGKILL");
    await new Promise<void>((resolve) => {
      watching.stderr.on("data", (text: Buffer) => text.toString().includes("CRITICAL") && resolve());
    });
    watching.kill("SIGINT");
    const { exitCode, stderr } = await watching;
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`CRITICAL  port ${port}: died: pid ${pid}`);
    const [file = ""] = await readdir(out);
    expect(file).toMatch(/^server_health_report_\d{8}T\d{6}Z\.json$/);
    const { summary } = JSON.parse(await readFile(join(out, file), "utf8"));
    expect(summary.total_alerts).toBeGreaterThan(0);
    for (const field of ["max_memory_mb", "avg_response_time_ms"]) expect(summary[field]).toBeGreaterThan(0);
    // Of a single sample no share of CPU is known.
    expect(summary).toHaveProperty("max_cpu_percent");
  });
});

test("what tells of itself is watched by URL: silence, return and a new start are noted", async () => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const text = await register.metrics();
  let answer: string | null = text;
  const server = createServer((_, reply) => reply.writeHead(answer === null ? 503 : 200).end(answer ?? ""));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const monitor = await watch({ url });
  expect(monitor.record().samples[0]?.rssMb).toBeGreaterThan(10);
  answer = null;
  await soon(() => expect(kinds(monitor)).toEqual(["silent"]));
  answer = text.replace(/^process_start_time_seconds .*/m, "process_start_time_seconds 1");
  await soon(() => expect(kinds(monitor)).toEqual(["silent", "back", "died"]));
  expect(monitor.health(60).deaths).toBe(2);
});

test.each([
  [["--pid", "999999999"], 3, "there is nothing to watch: pid 999999999, no such process"],
  [["--port", "1"], 3, "there is nothing to watch: port 1, no process"],
  [["--url", "http://127.0.0.1:1"], 3, "there is nothing to watch: http://127.0.0.1:1, does not answer"],
  [["--pid", "x"], 2, "--pid x: allowed: a whole number from 1"],
  [["--port", "1", "--every", "soon"], 2, "--every soon: allowed: a duration"],
])("monitor %j ends with %i and one line", async (flags, code, line) => {
  const { exitCode, stderr } = await command(...flags);
  expect(exitCode).toBe(code);
  expect(stderr).toContain(line);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

function command(...flags: string[]) {
  return execa(process.execPath, [join(root, "dist/node/throughline.js"), "monitor", ...flags], { reject: false });
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

test("whose port is taken says so and ends, though its target lives", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const command = [join(root, "dist/node/throughline.js"), "monitor", "--pid", String(process.pid)];
  const ended = await execa(process.execPath, [...command, "--serve", String(port)], { reject: false });
  expect(ended.exitCode).toBe(3);
  expect(ended.stderr).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
});
