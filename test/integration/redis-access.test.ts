/** Ways into Redis: users with few rights, TLS, Sentinel and clusters, each a real redis-server. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { runBundle } from "./k6.ts";

const ABORTED = 108;
const STREAM = "events:11155111";
const LOAD = { RECEIVER_URL: "none", RATE: "40", EVENTS: "40", STREAM };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-redis-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a redis-server for one test and waits until it takes connections. */
async function redis(...lines: readonly string[]): Promise<number> {
  const port = await freePort();
  const own = await mkdtemp(join(folder, "server-"));
  const file = join(own, "redis.conf");
  await writeFile(file, [`port ${port}`, "bind 127.0.0.1", 'save ""', `dir ${own}`, ...lines, ""].join("\n"));
  const isSentinel = lines.some((line) => line.startsWith("sentinel "));
  const server: ChildProcess = spawn("redis-server", [file, ...(isSentinel ? ["--sentinel"] : [])], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(async () => {
    server.kill("SIGKILL");
    await once(server, "exit");
  });
  let log = "";
  server.stdout?.on("data", (chunk) => (log += chunk));
  await vi.waitFor(() => expect(log).toMatch(/eady to accept connections|Sentinel ID is/), 20_000);
  return port;
}

async function withRedis<Result>(port: number, work: (client: ReturnType<typeof createClient>) => Promise<Result>) {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  await client.connect();
  try {
    return await work(client as ReturnType<typeof createClient>);
  } finally {
    client.destroy();
  }
}

const added = (port: number) => withRedis(port, (client) => client.xLen(STREAM));

const PUBLISHER = "user pub on >s3cr3t ~events:* +xadd";

test("a user who may only add publishes, and no promise is left", async () => {
  const port = await redis("user default on nopass ~* +@all", PUBLISHER);
  const { exitCode, log, stdout } = await runBundle("redis", {
    ...LOAD,
    REDIS_URL: `redis://pub:s3cr3t@127.0.0.1:${port}`,
  });
  expect(await added(port), log).toBe(40);
  expect(stdout).toMatch(/events_refused +count == 0 +0 +40 of 1/);
  expect([0, 99]).toContain(exitCode);
  expect(log).not.toContain("Uncaught");
  expect(log).not.toContain("s3cr3t");
});

test("a user who may not add is refused in the server's words", async () => {
  const port = await redis("user default on nopass ~* +@all", "user pub on >s3cr3t ~events:* +ping");
  const { exitCode, log } = await runBundle("redis", { ...LOAD, REDIS_URL: `redis://pub:s3cr3t@127.0.0.1:${port}` });
  expect(log).toMatch(/refused by the target: NOPERM .*xadd/);
  expect(log).not.toContain("Uncaught");
  expect(exitCode).toBe(99);
});

test("a wrong password ends the test in one line", async () => {
  const port = await redis("user default off", PUBLISHER);
  const { exitCode, errors } = await runBundle("redis", { ...LOAD, REDIS_URL: `redis://pub:wrong@127.0.0.1:${port}` });
  expect(exitCode).toBe(ABORTED);
  expect(errors).toEqual([expect.stringContaining("WRONGPASS")]);
  expect(errors[0]).not.toContain("wrong@");
});

test("a master that Sentinel watches is found", async () => {
  const master = await redis();
  const sentinel = await redis(`sentinel monitor events 127.0.0.1 ${master} 1`);
  const { log } = await runBundle("redis", {
    ...LOAD,
    REDIS_URL: `redis://127.0.0.1:${sentinel}`,
    REDIS_MASTER: "events",
  });
  expect(await added(master), log).toBe(40);
});

test("a node of a cluster that does not hold the stream is refused in one line", async () => {
  const [one, other] = [await redis("cluster-enabled yes"), await redis("cluster-enabled yes")];
  await withRedis(one, async (client) => {
    await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "8191"]);
    await client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", String(other)]);
  });
  await withRedis(other, (client) => client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "8192", "16383"]));
  const whole = (port: number) => withRedis(port, (client) => client.sendCommand(["CLUSTER", "INFO"]).then(String));
  for (const port of [one, other])
    await vi.waitFor(async () => expect(await whole(port)).toContain("cluster_state:ok"), 30_000);
  const slot = await withRedis(one, (client) => client.sendCommand(["CLUSTER", "KEYSLOT", STREAM]).then(Number));
  const stranger = slot < 8192 ? other : one;
  const settings = { ...LOAD, REDIS_URL: `redis://127.0.0.1:${stranger}` };
  const refused = await runBundle("redis", settings);
  expect(refused.exitCode).toBe(ABORTED);
  expect(refused.errors).toEqual([
    expect.stringMatching(/node of a cluster that does not hold events:11155111 \(MOVED .*\): give the node that does/),
  ]);
});
