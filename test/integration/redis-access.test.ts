/** Ways into Redis: users with few rights, TLS, Sentinel and clusters, each a real redis-server. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { adopt } from "../../cli/children.ts";
import { startService } from "../../cli/service.ts";
import { authority } from "./certificates.ts";
import { root, runBundle } from "./k6.ts";

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
  const kind = lines.some((line) => line.startsWith("tls-")) ? "tls-port" : "port";
  await writeFile(file, [`${kind} ${port}`, "bind 127.0.0.1", 'save ""', `dir ${own}`, ...lines, ""].join("\n"));
  const isSentinel = lines.some((line) => line.startsWith("sentinel "));
  const server: ChildProcess = spawn("redis-server", [file, ...(isSentinel ? ["--sentinel"] : [])], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  adopt(server);
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
  expect(stdout).toMatch(/events_refused +count == 0 +0$/m);
  expect([0, 99]).toContain(exitCode);
  expect(log).not.toContain("Uncaught");
  expect(log).not.toContain("s3cr3t");
});

test("a user who may not add is refused in the server's words", async () => {
  const port = await redis("user default on nopass ~* +@all", "user pub on >s3cr3t ~events:* +ping");
  const { exitCode, log, stdout } = await runBundle("redis", {
    ...LOAD,
    REDIS_URL: `redis://pub:s3cr3t@127.0.0.1:${port}`,
  });
  expect(stdout).toMatch(/seen: NOPERM .*xadd/s);
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

test("a Sentinel over TLS is refused before the load, in one line", async () => {
  const { exitCode, errors } = await runBundle("redis", {
    ...{ ...LOAD, REDIS_URL: "rediss://u:s3cr3t@localhost:26379", REDIS_MASTER: "events" },
  });
  expect({ exitCode, errors }).toEqual({
    exitCode: 107,
    errors: [expect.stringMatching(/REDIS_URL=rediss:.*REDIS_MASTER: a Sentinel is not asked over TLS; give redis:/)],
  });
  expect(errors[0]).not.toContain("s3cr3t");
});

describe("TLS", () => {
  /** A server that speaks TLS alone, and asks for a client certificate of its authority. */
  async function secured() {
    const made = await authority(await mkdtemp(join(folder, "authority-")));
    const port = await redis(
      "port 0",
      ...[`tls-cert-file ${made.server.certFile}`, `tls-key-file ${made.server.keyFile}`],
      ...[`tls-ca-cert-file ${made.ca.certFile}`, "tls-auth-clients yes"],
      ...["user default off", "user pub on >p%ss/@#w ~* &* +@all"],
    );
    const url = `rediss://pub:${encodeURIComponent("p%ss/@#w")}@localhost:${port}`;
    const { ca, client } = made;
    const shown = { REDIS_CERT: client.certFile, REDIS_KEY: client.keyFile, REDIS_CA: ca.certFile };
    const count = async () => {
      const tls = { tls: true as const, ca: ca.cert, cert: client.cert, key: client.key };
      const reader = createClient({ url, socket: tls });
      await reader.connect();
      return reader.xLen(STREAM).finally(() => reader.destroy());
    };
    return { url, ca: ca.certFile, shown, count };
  }

  test.each([
    ["at a rate", {}],
    ["as fast as acknowledged, in batches", { RATE: "max", BATCH: "10" }],
  ])(
    "events are published %s with a client certificate, an own authority and a password of all signs",
    async (_, more) => {
      const { url, ca, shown, count } = await secured();
      const settings = { ...LOAD, ...more, REDIS_URL: url, ...shown };
      const { exitCode, log, errors } = await runBundle("redis", settings, "k6", { SSL_CERT_FILE: ca });
      expect([0, 99], errors.join()).toContain(exitCode);
      expect(await count(), log).toBe(40);
      expect(log).not.toMatch(/p%ss|p%25ss/);
    },
  );

  test("events are published to whatever certificate is shown, where that is asked for", async () => {
    const { url, shown, count } = await secured();
    const { REDIS_CA: _, ...untrusting } = shown;
    const settings = { ...LOAD, REDIS_URL: url, ...untrusting, REDIS_INSECURE: "1" };
    const { exitCode, log, errors } = await runBundle("redis", settings);
    expect([0, 99], errors.join()).toContain(exitCode);
    expect(await count(), log).toBe(40);
  });

  test("is refused in one line without what it asks for", async () => {
    const { url, ca, shown } = await secured();
    const { REDIS_CERT: _, REDIS_KEY: __, ...nameless } = shown;
    const refusals = async (settings: Record<string, string>, environment: Record<string, string>) => {
      const { exitCode, errors } = await runBundle(
        "redis",
        { ...LOAD, REDIS_URL: url, ...settings },
        "k6",
        environment,
      );
      expect([107, ABORTED]).toContain(exitCode);
      expect(errors).toHaveLength(1);
      expect(errors[0]).not.toMatch(/p%ss|p%25ss/);
      return errors[0];
    };
    expect(await refusals(nameless, { SSL_CERT_FILE: ca })).toMatch(
      /cannot reach Redis: .*; does it ask for a client certificate\? REDIS_CERT and REDIS_KEY/,
    );
    const { REDIS_CA: ___, ...untrusting } = shown;
    expect(await refusals(untrusting, {})).toContain("certificate signed by unknown authority");
    expect(await refusals(shown, {})).toContain(`start it as SSL_CERT_FILE=${ca}`);
    expect(await refusals({ REDIS_CERT: shown.REDIS_CERT }, { SSL_CERT_FILE: ca })).toContain("needs its key");
    const plain = { ...shown, REDIS_URL: url.replace("rediss:", "redis:") };
    expect(await refusals(plain, { SSL_CERT_FILE: ca })).toContain("does nothing without TLS");
  });
});

test("a group whose lag the server does not know is told of without it", async () => {
  const port = await redis();
  const known = await withRedis(port, async (client) => {
    await client.sendCommand(["XGROUP", "CREATE", STREAM, "workers", "0", "MKSTREAM"]);
    const add = () => client.sendCommand(["XADD", STREAM, "*", "tx_hash", "0x"]).then(String);
    const ids = [await add(), await add(), await add(), await add()];
    await client.sendCommand(["XREADGROUP", "GROUP", "workers", "one", "COUNT", "1", "STREAMS", STREAM, ">"]);
    // An entry that is taken out of what is not read yet: from then on nobody knows how many those are.
    await client.sendCommand(["XDEL", STREAM, ids[2] as string]);
    const [group] = (await client.sendCommand(["XINFO", "GROUPS", STREAM])) as unknown as object[];
    return group;
  });
  expect(known).toMatchObject({ name: "workers", lag: null });
  const receiver = await startService(
    "receiver",
    [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"],
    "/dev/null",
  );
  onTestFinished(() => receiver.stop());
  const { exitCode, errors, log } = await runBundle("redis", {
    ...{ ...LOAD, CANARY_TIMEOUT: "2s", CANARIES: "20" },
    ...{ REDIS_URL: `redis://127.0.0.1:${port}`, RECEIVER_URL: receiver.url },
  });
  expect(exitCode).toBe(ABORTED);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/no canary arrived/);
  expect(errors[0] + log).not.toMatch(/\bnull\b|NaN|undefined/);
});

describe("a cluster of three", () => {
  const NODES = 3;
  let ports: number[];
  let holder: number;
  let stranger: number;

  async function cluster(): Promise<void> {
    ports = [];
    for (let node = 0; node < NODES; node++) ports.push(await redis("cluster-enabled yes"));
    const [first = 0, ...others] = ports;
    for (const [node, port] of ports.entries()) {
      const [from, to] = [Math.ceil((node * 16_384) / NODES), Math.ceil(((node + 1) * 16_384) / NODES) - 1];
      await withRedis(port, (client) => client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", String(from), String(to)]));
    }
    for (const port of others)
      await withRedis(first, (client) => client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", String(port)]));
    const whole = (port: number) => withRedis(port, (client) => client.sendCommand(["CLUSTER", "INFO"]).then(String));
    for (const port of ports)
      await vi.waitFor(async () => expect(await whole(port)).toContain("cluster_state:ok"), 30_000);
    const slot = await withRedis(first, (client) => client.sendCommand(["CLUSTER", "KEYSLOT", STREAM]).then(Number));
    const place = Math.floor((slot * NODES) / 16_384);
    holder = ports[place] as number;
    stranger = ports[(place + 1) % NODES] as number;
  }

  test("is published to by the node that holds the stream; another is refused before the load, in one line", async () => {
    await cluster();
    const { log } = await runBundle("redis", { ...LOAD, REDIS_URL: `redis://127.0.0.1:${holder}` });
    expect(await added(holder), log).toBe(40);
    for (const more of [{}, { RATE: "max", BATCH: "10" }]) {
      const refused = await runBundle("redis", { ...LOAD, ...more, REDIS_URL: `redis://127.0.0.1:${stranger}` });
      expect(refused.exitCode).toBe(ABORTED);
      expect(refused.errors).toEqual([
        expect.stringMatching(
          new RegExp(
            `node of a cluster that does not hold ${STREAM} \\(MOVED \\d+ 127.0.0.1:${holder}\\): give the node`,
          ),
        ),
      ]);
    }
    expect(await added(holder)).toBe(40);
  });
});
