/** `throughline doctor` against a target. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { STREAM } from "../../systems/pulse/wire.ts";
import { addStream } from "./gateway.ts";
import { root } from "./k6.ts";
import { startPipeline } from "./pipeline.ts";
import { addressesOf, throughlineIn, throughlineWith } from "./throughline.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await startPipeline();
});
afterAll(() => pipeline?.close());

const doctor = (...args: string[]) => throughlineIn(tmpdir(), "doctor", ...args);

test("names the stream that is missing, and sends one through a target that has it all", async () => {
  const without = await doctor("websocket", "nats", ...addressesOf(pipeline));
  expect(without.stdout, without.stderr).toMatch(
    /MISSING +nats stream +stream CANONICAL_EVENTS: stream not found -> start/,
  );
  expect(without.exitCode).toBe(1);

  const connection = await connect({ servers: pipeline.nats.url });
  await addStream(connection).finally(() => connection.close());
  const { exitCode, stdout, stderr } = await doctor("websocket", "nats", ...addressesOf(pipeline));
  expect(stdout, stderr).toMatch(/ok +clock +the receiver is -?\d+\.\d+ ms ahead of us, known to \d+\.\d+ ms/);
  expect(stdout, stderr).toMatch(
    /ok +canary +canaries reached 1 of 1 subscriptions; \d+ canar(?:y|ies) and 1 event of the load stay in the stream/,
  );
  expect(exitCode).toBe(0);
});

test("takes what init wrote, and what a target of one's own has alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-doctor-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { gateway, nats } = pipeline;
  const url = gateway.url.replace("://", "://user:password@");
  // With a login it is the shell's: init writes none into a file.
  const shell = await throughlineWith({ THROUGHLINE_HTTP_URL: url }, folder, "doctor", "http");
  expect(await throughlineIn(folder, "init", "http", "--http-url", gateway.url)).toMatchObject({ exitCode: 0 });
  for (const { stdout, exitCode } of [shell, await throughlineIn(folder, "doctor")]) {
    expect(stdout).toMatch(/ok +http address +\S+ answers\n/);
    expect(stdout).toMatch(/ok +http endpoints +9 of 9 answer/);
    expect(exitCode).toBe(0);
  }
  expect((await doctor("websocket", "--ws-url", gateway.wsUrl as string)).exitCode).toBe(0);
  expect((await doctor("nats", "--nats-url", nats.url)).exitCode).toBe(0);
});

test("asks the path of a socket, and not only its port", async () => {
  const path = (pipeline.gateway.wsUrl as string).replace("/ws", "/wss");
  const { exitCode, stdout } = await doctor("websocket", "--ws-url", path);
  expect(stdout).toMatch(
    /ok +ws address +.*\nMISSING +websocket handshake +GET \/wss is answered 404, not 101 -> --ws-url/,
  );
  expect(exitCode).toBe(1);
});

test("says its version, and which tests a pipeline has", async () => {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  expect(await throughlineIn(tmpdir(), "--version")).toMatchObject({ exitCode: 0, stdout: version });
  const { stdout: help } = await throughlineIn(tmpdir(), "--help");
  expect(help).toMatch(/\n +ethhook +redis +events go into a stream of Redis and come out as signed webhooks/);
  // What is said to everybody names no system.
  const [general = "", ofSystem] = help.split("\nOnly for ethhook:\n");
  expect(general).toMatch(/\n +run [\s\S]*\n +monitor /);
  expect(general).not.toMatch(/EthHook|PostgreSQL|\n +stimulate/);
  expect(ofSystem).toMatch(/^ +setup [\s\S]*\n +endpoints [\s\S]*\n +stimulate /);
});

test("names what cannot be reached", async () => {
  const { exitCode, stdout } = await doctor("http", "--http-url", "http://127.0.0.1:1");
  expect(stdout).toMatch(/MISSING +http address +http:\/\/127.0.0.1:1: .*ECONNREFUSED/);
  expect(exitCode).toBe(1);
});

test("sends few canaries where nothing comes out, and says what stays behind", async () => {
  const silent = await startPipeline("stale-health");
  onTestFinished(() => silent.close());
  const connection = await connect({ servers: silent.nats.url });
  onTestFinished(() => connection.close());
  await addStream(connection);
  // The canaries are spread over the time; as many come in a quarter of it.
  const shorter = ["--set", "nats.CANARY_TIMEOUT=8s"];
  const { exitCode, stdout } = await doctor("websocket", "nats", ...addressesOf(silent), ...shorter);
  expect(stdout).toMatch(
    /MISSING +canary +canaries reached 0 of 1 subscriptions; (?:1\d|20) canaries stay in the stream/,
  );
  expect(stdout).toContain("has fetched the canaries");
  expect(exitCode).toBe(1);
  const manager = await jetstreamManager(connection);
  expect((await manager.streams.info(STREAM)).state.messages).toBeLessThanOrEqual(20);
});
