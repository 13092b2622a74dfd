/** The reference gateway as a program: its flags, its announcement and its end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Program, ROOT, run } from "./gateway.ts";

describe("as a program", () => {
  const program = join(ROOT, `dist/test/pulse-${process.pid}.mjs`);

  beforeAll(async () => {
    await build({
      entryPoints: [join(ROOT, "systems/pulse/target/main.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
    });
  });
  afterAll(() => rm(program, { force: true }));

  async function start(...flags: string[]): Promise<Program> {
    const running = await run(process.execPath, [
      program,
      "--nats",
      "nats://127.0.0.1:1",
      "--exit-with-stdin",
      ...flags,
    ]);
    onTestFinished(() => running.stop());
    return running;
  }

  it("announces itself, and stops when its standard input closes", async () => {
    const { announced, child, stop } = await start();
    expect(announced).toEqual({
      service: "pulse",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      wsUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/),
    });
    expect((await fetch(`${announced.url}/health`)).status).toBe(200);
    await stop();
    expect(child.exitCode).toBe(0);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("stops cleanly on %s", async (signal) => {
    const { child } = await start("--fault", "drop=5", "--chain-ids", "ethereum=100");
    const ended = once(child, "exit");
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    [["--port", "70000"], "--port", "70000", "65535"],
    [["--nats", "localhost"], "--nats", "localhost", "nats://"],
    [["--stream", "a b"], "--stream", "a b", "allowed"],
    [["--chain-ids", "ethereum"], "--chain-ids", "ethereum", "ethereum=1"],
    [["--chain-ids", "ethereum=2,solana=2"], "--chain-ids", "ethereum=2,solana=2", "once"],
    [["--fault", "drip=1"], "--fault", "drip=1", "drop=N"],
    [["--fault", "drop=often"], "--fault", "drop=often", "whole number"],
    [["--volume", "11"], "--volume", "", "--help"],
  ])("refuses %j in one line", async (flags, flag, value, allowed) => {
    const child = spawn(process.execPath, [program, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        output += text;
      });
    }
    expect(await once(child, "close")).toEqual([2, null]);
    expect(output.trimEnd().split("\n")).toHaveLength(1);
    for (const part of [flag, value, allowed]) expect(output).toContain(part);
  });

  it("fails when its port is taken", async () => {
    const { announced } = await start();
    const { port } = new URL(announced.url as string);
    await expect(run(process.execPath, [program, "--port", port])).rejects.toThrow(/ended with 1 .*EADDRINUSE/s);
  });
});
