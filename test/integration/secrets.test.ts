/** Secrets are nowhere but where they are needed: not in output, logs, records, metrics or archives. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { root } from "./k6.ts";
import { startPipeline } from "./pipeline.ts";
import { processesTold } from "./processes.ts";

/** Its own: other files run beside it, and what they put on command lines is theirs. */
const SECRET = "hunter2-of-this-shell";

let folder: string;
let pipeline: Pipeline;
/** Nothing listens on the first port, and nobody but root could. */
const closed = "127.0.0.1:1";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-secrets-"));
  pipeline = await startPipeline();
});
afterAll(async () => {
  await pipeline?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Everything that a command leaves behind: what it printed, and the files it was told to write. */
async function tracesOf(program: string, args: readonly string[], files: readonly string[] = []) {
  const { all, exitCode } = await execa(program, args, {
    cwd: root,
    all: true,
    reject: false,
    stdin: "ignore",
    timeout: 60_000,
    extendEnv: false,
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" },
  });
  const written = await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")));
  return { exitCode, text: [all, ...written].join("\n") };
}

const login = (url: string) => url.replace("://", `://user:${SECRET}@`);
const authority = (url: string) => new URL(url).host;

/** A k6 test, what it is told, and its exit code: 0, 99 for too few samples, 107 and 108 for a start that failed. */
const RUNS: readonly [what: string, test: string, settings: () => Record<string, string>, codes: number[]][] = [
  ["a gateway is asked", "http", () => ({ HTTP_URL: login(pipeline.gateway.url), VUS: "1", DURATION: "2s" }), [0, 99]],
  ["no gateway is there", "http", () => ({ HTTP_URL: login(`http://${closed}`) }), [108]],
  [
    "a socket is held",
    "websocket",
    () => ({
      WS_URL: `${pipeline.gateway.wsUrl}?token=${SECRET}`,
      RECEIVER_URL: login(pipeline.receiver.url),
      ...{ RUN_ID: "secrets", VUS: "1", DURATION: "2s", DRAIN_QUIET: "1s" },
    }),
    [0, 99],
  ],
  ["no socket is there", "websocket", () => ({ WS_URL: `${login(`ws://${closed}/ws`)}?token=${SECRET}` }), [108]],
  [
    "no receiver is there",
    "websocket",
    () => ({ WS_URL: pipeline.gateway.wsUrl as string, RECEIVER_URL: login(`http://${closed}`) }),
    [108],
  ],
  [
    "events are published",
    "nats",
    () => ({ NATS_URL: pipeline.nats.url, NATS_TOKEN: SECRET, CREATE_STREAM: "1", RATE: "50", DURATION: "2s" }),
    [0, 99],
  ],
  ["no server is there for a password", "nats", () => ({ NATS_URL: login(`nats://${closed}`) }), [108]],
  ["no server is there for a token", "nats", () => ({ NATS_URL: `nats://${closed}`, NATS_TOKEN: SECRET }), [108]],
  [
    "the stream is missing",
    "nats",
    () => ({
      NATS_URL: `nats://${authority(pipeline.nats.url)}`,
      NATS_USER: "u",
      NATS_PASSWORD: SECRET,
      STREAM: "none",
    }),
    [108],
  ],
  ["no Redis is there", "redis", () => ({ REDIS_URL: login(`redis://${closed}`), RECEIVER_URL: "none" }), [108]],
  ["the port is none", "redis", () => ({ REDIS_URL: login("redis://localhost:none"), RECEIVER_URL: "none" }), [107]],
  ["no ingestor is there", "ingest", () => ({ INGEST_URL: login(`http://${closed}`), RECEIVER_URL: "none" }), [108]],
  [
    "no monitor is there",
    "ingest",
    () => ({ INGEST_URL: `http://${closed}`, RECEIVER_URL: "none", HEALTH_URL: login(`http://${closed}`) }),
    [108],
  ],
  [
    "nobody lets us in",
    "webhook",
    () => ({ SIGNALS_URL: login(`http://${closed}`), SIGNALS_USER: "u", SIGNALS_PASSWORD: SECRET }),
    [108],
  ],
  [
    "no signal is taken",
    "webhook",
    () => ({ SIGNALS_URL: login(`http://${closed}`), WEBHOOK_TOKEN: "t", WEBHOOK_SECRET: SECRET }),
    [108],
  ],
  ["the host asks for consent", "nats", () => ({ NATS_URL: login("nats://nats.example"), RATE: "max" }), [107]],
];

test.each(RUNS)("k6: %s", async (_, name, settings, codes) => {
  const files = ["summary.json", "metrics.json"].map((file) => join(folder, file));
  await Promise.all(files.map((file) => rm(file, { force: true })));
  const variables = Object.entries({ ...settings(), SUMMARY: files[0] as string });
  const given = variables.flatMap(([variable, value]) => ["-e", `${variable}=${value}`]);
  const args = ["run", "--address", "", "--verbose", "--out", `json=${files[1]}`, ...given, `dist/${name}.js`];
  const { exitCode, text } = await tracesOf(join(root, "bin/k6"), args, files);
  expect(codes, text.slice(-2_000)).toContain(exitCode);
  expect(text).not.toContain(SECRET);
});

test("k6: an archive without the environment holds no secret", async () => {
  const archive = join(folder, "archive.tar");
  const given = ["-e", `NATS_TOKEN=${SECRET}`, "-e", `NATS_URL=nats://u:${SECRET}@localhost`];
  const args = ["archive", "--exclude-env-vars", "-O", archive, ...given, "dist/nats.js"];
  const { exitCode, text } = await tracesOf(join(root, "bin/k6"), args, [archive]);
  expect(exitCode, text.slice(0, 2_000)).toBe(0);
  expect(text).toContain("metadata.json");
  expect(text).not.toContain(SECRET);
});

const PROGRAMS: readonly [what: string, args: () => string[], code: number][] = [
  ["throughline setup ethhook: nobody there", () => database(`postgres://user:${SECRET}@${closed}/ethhook`), 3],
  ["throughline setup ethhook: no such host", () => database(`postgres://user:${SECRET}@nowhere.invalid/ethhook`), 3],
  ["throughline setup ethhook: no URL", () => database(`user:${SECRET}@host/ethhook`), 2],
  ["throughline setup ethhook: another scheme", () => database(`mysql://user:${SECRET}@host/ethhook`), 2],
  ["throughline setup ethhook: a misspelt option", () => ["throughline", "setup", "ethhook", `--secert=${SECRET}`], 2],
  [
    "throughline init: a login",
    () => ["throughline", "init", "http", "--http-url", login("http://gateway.example")],
    2,
  ],
  ["throughline init: a token", () => ["throughline", "init", "websocket", "--ws-url", `ws://h/?token=${SECRET}`], 2],
  ["pulse: another scheme", () => ["pulse", "--nats", `http://user:${SECRET}@h`], 2],
  ["pulse: a misspelt option", () => ["pulse", `--nast=nats://user:${SECRET}@h`], 2],
  ["ethhook: another scheme", () => ["ethhook", "--database", `mysql://user:${SECRET}@h`], 2],
  [
    "receiver: no database is there",
    () => ["receiver", "--port", "0", "--database", `postgres://user:p/${SECRET}@${closed}/ethhook`],
    1,
  ],
  ["receiver: a misspelt option", () => ["receiver", `--secert=${SECRET}`], 2],
  ["receiver: no URL", () => ["receiver", "--settle-at", `http://user:${SECRET}@h`], 2],
];

function database(url: string): string[] {
  return ["throughline", "setup", "ethhook", "--database", url];
}

test.each(PROGRAMS)("%s", async (_, args, code) => {
  const [program, ...rest] = args();
  const { exitCode, text } = await tracesOf(process.execPath, [join(root, `dist/node/${program}.js`), ...rest]);
  expect(exitCode, text).toBe(code);
  expect(text).not.toContain(SECRET);
  expect(text.trim().split("\n")).toHaveLength(1);
});

test("receiver: a misspelt variable of its shell is refused, and one of Kubernetes is not", () => {
  const start = (env: Record<string, string>) =>
    spawnSync(process.execPath, [join(root, "dist/node/receiver.js"), "--port", "0", "--host", "203.0.113.1"], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...env },
    }).stderr;
  expect(start({ RECEIVER_SECRTE: SECRET })).toBe(
    "receiver: RECEIVER_SECRTE: unknown variable; did you mean RECEIVER_SECRET?; see receiver --help\n",
  );
  expect(start({ RECEIVER_PORT: "4800" })).toContain("RECEIVER_PORT: unknown variable");
  const links = { RECEIVER_PORT: "tcp://10.0.0.1:4800", RECEIVER_SERVICE_HOST: "10.0.0.1", RECEIVER_URL: "http://h" };
  expect(start(links)).not.toContain("unknown variable");
});

describe("services that cannot reach what they need", () => {
  test("the gateway says so without the login", async () => {
    const gateway = execa(process.execPath, [join(root, "dist/node/pulse.js"), "--nats", login(`nats://${closed}`)], {
      all: true,
      reject: false,
      cleanup: true,
    });
    try {
      const { url } = JSON.parse(await firstLine(gateway.stdout)) as { url: string };
      await expect
        .poll(async () => (await fetch(`${url}/ready`)).text(), { timeout: 15_000 })
        .toContain("is not reached");
      expect(await (await fetch(`${url}/ready`)).text()).not.toContain(SECRET);
      expect(await (await fetch(`${url}/api/v1/correctness/halts`)).text()).not.toContain(SECRET);
    } finally {
      gateway.kill("SIGTERM");
    }
    const { all } = await gateway;
    expect(all).toContain("is not reached");
    expect(all).not.toContain(SECRET);
  });

  test("the EthHook pipeline says so without the login", async () => {
    const flags = ["--redis", login(`redis://${closed}`), "--database", login(`postgres://${closed}/ethhook`)];
    const target = execa(process.execPath, [join(root, "dist/node/ethhook.js"), ...flags], {
      all: true,
      reject: false,
      cleanup: true,
    });
    try {
      expect(await firstLine(target.stderr)).toContain("Redis");
    } finally {
      target.kill("SIGKILL");
    }
    expect((await target).all).not.toContain(SECRET);
  });
});

test("throughline run: a secret of the shell reaches k6, and stands on no command line", async () => {
  const args = ["--nats-url", pipeline.nats.url, "--set", "CREATE_STREAM=1", "--rate", "50", "--duration", "4s"];
  const command = [
    join(root, "dist/node/throughline.js"),
    "run",
    "nats",
    ...args,
    "--out",
    folder,
    "--run-id",
    "shell",
  ];
  const running = execa(process.execPath, command, {
    all: true,
    reject: false,
    env: { THROUGHLINE_NATS_TOKEN: SECRET },
  });
  await expect.poll(() => processesTold(`NATS_TOKEN=${SECRET}`, "environ"), { timeout: 30_000 }).toContain("nats.js");
  expect(await processesTold(SECRET, "cmdline")).toBe("");
  const { all, exitCode } = await running;
  expect([0, 1, 3], all).toContain(exitCode);
  const files = ["result.json", "nats.json", "nats.log"].map((file) => readFile(join(folder, "shell", file), "utf8"));
  expect([all, ...(await Promise.all(files))].join("\n")).not.toContain(SECRET);
});

test("throughline run: what is asked for, and what k6 says of it, are told without secrets", async () => {
  const url = `${login(`http://${closed}`)}/?token=${SECRET}`;
  const command = ["run", "http", "--http-url", url, "--out", folder, "--run-id", "told", "--"];
  const flags = ["--out", `influxdb=${login("http://h:none")}/k6`];
  const args = [join(root, "dist/node/throughline.js"), ...command, ...flags];
  const { exitCode, text } = await tracesOf(process.execPath, args, [join(folder, "told/result.json")]);
  expect(exitCode, text).toBe(3);
  expect(text).toContain('"version": 1');
  expect(text).toContain("invalid port");
  expect(text).not.toContain(SECRET);
});

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    stream.on("end", () => reject(new Error(`it ended and had said: ${text}`)));
  });
}

test("nothing that is kept in the repository looks like a secret of somebody", () => {
  const { status, stdout } = spawnSync(
    "git",
    ["grep", "-lE", "AKIA[0-9A-Z]{16}|BEGIN (RSA|EC|OPENSSH) PRIVATE KEY|ghp_[A-Za-z0-9]{36}"],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  // 0 where it found some, 1 where there is none; all else means that it did not look.
  expect([0, 1]).toContain(status);
  expect(stdout.split("\n").filter((file) => file !== "" && !file.endsWith("secrets.test.ts"))).toEqual([]);
});
