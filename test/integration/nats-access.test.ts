/** The ways into a real nats-server: an nkey, a JetStream domain, and users that may do nothing but publish. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, nkeys } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { adopt } from "../../cli/children.ts";
import { runBundle } from "./k6.ts";
import { untimed } from "./untimed.ts";

const hasServer = spawnSync("nats-server", ["--version"]).status === 0;
const DOMAIN = "hub";
const PUBLISHER = '{ publish: ["events.canonical.>"], subscribe: ["_INBOX.>"] }';
const STRANGER = '{ publish: ["elsewhere.>", "$JS.API.>"], subscribe: ["_INBOX.>"] }';

let folder: string;
let server: ChildProcess;
let port: number;
let seedFile: string;

describe.skipIf(!hasServer)("nats.js on a server with accounts", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "throughline-nats-access-"));
    const user = nkeys.createUser();
    seedFile = join(folder, "user.nk");
    await writeFile(seedFile, user.getSeed(), { mode: 0o600 });
    const config = join(folder, "nats.conf");
    await writeFile(
      config,
      `listen: "127.0.0.1:-1"
       ports_file_dir: "${folder}"
       jetstream { store_dir: "${join(folder, "store")}", domain: ${DOMAIN} }
       accounts { APP { jetstream: enabled, users: [
         { user: admin, password: secret }
         { user: publisher, password: secret, permissions: ${PUBLISHER} }
         { user: stranger, password: secret, permissions: ${STRANGER} }
         { nkey: ${user.getPublicKey()} }
       ] }, SMALL { jetstream: { max_file: 64KB, max_memory: 0 }, users: [ { user: small, password: secret } ] } }`,
    );
    server = spawn("nats-server", ["--config", config], { stdio: "ignore", detached: true });
    adopt(server);
    const url = await vi.waitFor(async () => {
      const file = (await readdir(folder)).find((name) => name.endsWith(".ports")) as string;
      const { nats } = JSON.parse(await readFile(join(folder, file), "utf8")) as { nats: string[] };
      return new URL(nats[0] as string);
    }, 20_000);
    port = Number(url.port);
    const connection = await connect({ servers: `127.0.0.1:${port}`, user: "admin", pass: "secret" });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "CANONICAL_EVENTS", subjects: ["events.canonical.>"] });
    await connection.close();
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  const publish = (variables: Record<string, string>) =>
    runBundle(
      "nats",
      untimed("nats", { NATS_URL: `nats://127.0.0.1:${port}`, RATE: "400", EVENTS: "800", BATCH: "5", ...variables }),
    );
  const as = (user: string) => ({ NATS_USER: user, NATS_PASSWORD: "secret" });

  test.each([
    ["a user that may do nothing but publish", () => as("publisher"), /may not ask for it \(\$JS\.API\.STREAM\.INFO/],
    ["an nkey", () => ({ NATS_NKEY: seedFile }), null],
    ["a domain", () => ({ ...as("admin"), NATS_DOMAIN: DOMAIN }), null],
  ])("publishes as %s", async (_, way, note) => {
    const { exitCode, stdout, log, errors } = await publish(way());
    expect({ exitCode, errors }, stdout + log).toEqual({ exitCode: 0, errors: [] });
    for (const outcome of ["refused", "unknown", "unsent"]) {
      expect(stdout).toMatch(new RegExp(`ok +nats +events_${outcome} +count == 0 +0$`, "m"));
    }
    if (note !== null) expect(log).toMatch(note);
  });

  test("says in one line that a domain is not there", async () => {
    const { exitCode, errors } = await publish({ ...as("admin"), NATS_DOMAIN: "nowhere" });
    expect(exitCode).toBe(108);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain("CANONICAL_EVENTS");
  });

  test("tells in the server's words that a user may not publish", async () => {
    const few = { RATE: "10", EVENTS: "10", BATCH: "5", ACK_TIMEOUT: "1s" };
    const { exitCode, log, stdout } = await publish({ ...as("stranger"), ...few });
    expect(exitCode).toBe(99);
    expect(stdout).toMatch(/^\s*FAIL/);
    expect(log.toLowerCase()).toContain('permissions violation for publish to \\"events.canonical.');
  });

  test("tells in the server's words that an account may store no more", async () => {
    const { exitCode, log, stdout } = await publish({ ...as("small"), CREATE_STREAM: "1" });
    expect(exitCode).toBe(99);
    expect(stdout).toMatch(/^\s*FAIL/);
    expect(stdout + log).toMatch(/seen: .*(?:resource limits exceeded|storage)/i);
    expect(log).not.toContain("secret");
  });

  test("never prints the seed", async () => {
    const seed = (await readFile(seedFile, "utf8")).trim();
    const { stdout, log } = await publish({ NATS_NKEY: seedFile });
    expect(stdout + log).not.toContain(seed);
  });
});
