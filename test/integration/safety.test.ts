/** What the services let in: from this machine only, and no more than they can hold. */
import { get, type OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { startPipeline } from "./pipeline.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await startPipeline();
});
afterAll(() => pipeline?.close());

/** Addresses of this machine that others can reach; a machine without any cannot be reached at all. */
const OUTSIDE = Object.values(networkInterfaces()).flatMap((all = []) =>
  all.flatMap(({ address, internal, scopeid }) => (internal || scopeid ? [] : [address])),
);

test.each(["nats", "receiver", "gateway"] as const)("the %s listens on loopback only", async (name) => {
  const { hostname, port } = new URL(pipeline[name].url);
  expect(hostname).toBe("127.0.0.1");
  expect(await accepts("127.0.0.1", Number(port))).toBe(true);
  for (const address of OUTSIDE) expect(await accepts(address, Number(port)), address).toBe(false);
});

test("the receiver reads no report beyond its limit, and goes on", async () => {
  const headers = { "Content-Type": "application/json" };
  const post = (path: string, size: number) =>
    fetch(pipeline.receiver.url + path, { method: "POST", headers, body: " ".repeat(size) }).then(
      ({ status }) => status,
      // It may close the connection while we are still sending.
      () => 413,
    );
  expect(await post("/runs/limits", 33 * 1024 * 1024)).toBe(413);
  expect(await post("/webhook/any", 300 * 1024)).toBe(413);
  await expect.poll(() => post("/runs/limits", 1024)).toBe(400);
  expect(await statusOf(`${pipeline.receiver.url}/health`)).toBe(200);
});

test("the gateway takes no bodies, no long headers and no long paths", async () => {
  const { url } = pipeline.gateway;
  const body = " ".repeat(2 * 1024 * 1024);
  expect(
    await fetch(`${url}/health`, { method: "POST", body }).then(
      ({ status }) => status,
      () => 413,
    ),
  ).toBeGreaterThan(399);
  expect(await statusOf(`${url}/health`, { "X-Long": "x".repeat(20_000) })).toBe(431);
  expect(await statusOf(`${url}/api/v1/manifests/${"x".repeat(10_000)}`)).toBeLessThan(500);
  expect(await statusOf(`${url}/health`)).toBe(200);
});

/** The status of a request on a connection of its own: a kept one may be closing, after what was refused on it. */
function statusOf(url: string, headers: OutgoingHttpHeaders = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 }, () => tell(true));
    const tell = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("error", () => tell(false)).on("timeout", () => tell(false));
  });
}
