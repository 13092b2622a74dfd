/** Subscribers that come and go, against the reference gateway. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gatewayWith, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";

useNats();

test("a client that would stay beyond the end of the load leaves with it, and is not cut off", async () => {
  const { wsUrl } = await gatewayWith();
  const churn = { SCENARIO: "churn", VUS: "2", DURATION: "4s", SESSION: "5m", PING_EVERY: "500ms" };
  const folder = await mkdtemp(join(tmpdir(), "throughline-churn-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const SUMMARY = join(folder, "websocket.json");
  const { stdout } = await runBundle("websocket", { WS_URL: wsUrl, ...churn, SUMMARY });
  expect(stdout).toMatch(/websocket, scenario churn[\s\S]*script_errors +count == 0 +0$/m);
  // Both have unsubscribed: only then does an iteration end by itself.
  expect(await readFile(SUMMARY, "utf8")).toMatch(/"script_errors_samples":\s*\{\s*"count":\s*[2-9]/);
});

test.each([
  [404, "status 404: is the path of WS_URL right?"],
  [500, "status 500"],
  [503, "status 503"],
])("an upgrade that is answered with %i is told with its status", async (status, told) => {
  const server = createServer((_, answer) => void answer.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const WS_URL = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  const { exitCode, errors } = await runBundle("websocket", { WS_URL, DURATION: "1s" });
  expect(exitCode).toBe(108);
  expect(errors.join()).toContain(`no working gateway: connect: websocket: bad handshake, ${told}`);
});
