/** Runs that would not end: a k6 that is not done in time, and gateways that fall silent. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { runK6 } from "../../cli/k6.ts";
import { linesOf } from "../../core/reason.ts";
import { root } from "./k6.ts";

async function folder(): Promise<string> {
  const results = await mkdtemp(join(tmpdir(), "throughline-test-"));
  onTestFinished(() => rm(results, { recursive: true, force: true }));
  return results;
}

test("k6 is ended at its deadline, and said to have hung", async () => {
  const server = createServer((_, answer) => answer.end("{}")).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const variables = { HTTP_URL: `http://127.0.0.1:${port}`, VUS: "1", DURATION: "10m" };
  const signal = new AbortController().signal;
  let pid = 0;
  const started = (own: number) => {
    pid = own;
  };
  const run = { test: "http" as const, variables, results: await folder(), signal, started };
  const { verdict, reasons, complete } = await runK6(root, { ...run, deadline: 5_000 });
  expect({ verdict, complete }).toEqual({ verdict: "INVALID", complete: false });
  expect(reasons.map(({ text }) => text)).toEqual([expect.stringContaining("k6 did not end when its load was over")]);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

/** What a gateway answers to the few frames of a session. */
const ANSWERS: Readonly<Record<string, object>> = {
  subscribe: { type: "subscribed", data: { subscription_id: "sub_1" } },
  list_subscriptions: { type: "subscriptions", data: { count: 1 } },
  ping: { type: "pong" },
  unsubscribe: { type: "unsubscribed" },
};

/**
 * A gateway that hears and says nothing more from a moment on, not even goodbye; its connections stay open.
 *
 * @param subscriptions how many it takes before; below 0 it never says a word.
 */
async function silentAfter(subscriptions: number): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  let taken = 0;
  server.on("connection", (socket, { socket: stream }) => {
    if (subscriptions < 0) return void stream.pause();
    socket.send(JSON.stringify({ type: "connected" }));
    socket.on("message", (text) => {
      const { type } = JSON.parse(String(text)) as { type: string };
      socket.send(JSON.stringify(ANSWERS[type]));
      if (type === "list_subscriptions" && ++taken > subscriptions) stream.pause();
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SHORT = { VUS: "2", DURATION: "6s", CONNECT_TIMEOUT: "1s", PING_EVERY: "500ms" };

test("a gateway that falls silent in mid-run is left, and the run ends and fails", async () => {
  // The first proves the gateway before the load.
  const variables = { ...SHORT, WS_URL: await silentAfter(1) };
  const signal = new AbortController().signal;
  const run = { test: "websocket" as const, variables, results: await folder(), signal, deadline: 60_000 };
  const { verdict, reasons, complete } = await runK6(root, run);
  expect({ verdict, complete }).toEqual({ verdict: "FAIL", complete: true });
  expect(reasons.flatMap(linesOf).join()).toContain("ws_sessions_lost");
});

test("a gateway that is silent from the start ends the run before its load", async () => {
  const variables = { ...SHORT, WS_URL: await silentAfter(-1) };
  const signal = new AbortController().signal;
  const run = { test: "websocket" as const, variables, results: await folder(), signal, deadline: 60_000 };
  const { verdict, reasons } = await runK6(root, run);
  expect(verdict).not.toBe("PASS");
  expect(reasons.flatMap(linesOf).join()).toContain("no answer within 1 s");
});
