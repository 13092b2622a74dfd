/** A k6 that would not end: the other end of its connection fell silent. */
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { runK6 } from "../../cli/k6.ts";
import { root } from "./k6.ts";

test("is ended at its deadline, and said to have hung", async () => {
  const results = await mkdtemp(join(tmpdir(), "throughline-test-"));
  // It takes every connection and never says anything on it, not even goodbye.
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (_, { socket }) => socket.pause());
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(async () => {
    for (const client of server.clients) client.terminate();
    server.close();
    await rm(results, { recursive: true, force: true });
  });
  const { port } = server.address() as AddressInfo;
  const variables = { WS_URL: `ws://127.0.0.1:${port}`, VUS: "1", DURATION: "2s", CONNECT_TIMEOUT: "1s" };
  const signal = new AbortController().signal;
  let pid = 0;
  const started = (own: number) => {
    pid = own;
  };
  const run = { test: "websocket" as const, variables, results, signal, started };
  const { verdict, reasons, complete } = await runK6(root, { ...run, deadline: 5_000 });
  expect({ verdict, complete }).toEqual({ verdict: "INVALID", complete: false });
  expect(reasons).toEqual([expect.stringContaining("k6 did not end when its load was over")]);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
