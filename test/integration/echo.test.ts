/** A target that repeats what it is shown, in bodies and when it closes: no secret comes to anything that is kept. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { adopt } from "../../cli/children.ts";
import { authority } from "./certificates.ts";
import { runBundle } from "./k6.ts";
import { commandLinesDuring } from "./processes.ts";
import { throughlineWith } from "./throughline.ts";

const SECRETS = {
  token: "eyJ0.t0ken-of-nobody_1",
  password: "p/@#%25 w0rd-of-nobody",
  cookie: "c00kie-of-nobody==",
  header: "k3y-of-nobody",
  form: "f0rm-of-nobody",
} as const;

/** As HTTP sends it. */
const LOGIN = Buffer.from(`somebody:${SECRETS.password}`).toString("base64");

const hasNats = spawnSync("nats-server", ["--version"]).status === 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-echo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An ingestor that takes the first messages, and refuses the others with all that it was shown. */
function echoing(): Promise<string> {
  let taken = 0;
  return listen(
    createServer((request, reply) => {
      request.resume().on("end", () => {
        if (request.method === "GET") return reply.end('{"status":"healthy"}');
        if (taken++ < 3) return reply.writeHead(201).end(`{"message_id":${taken}}`);
        return reply.writeHead(taken % 2 === 0 ? 403 : 500).end(shownIn(request));
      });
    }),
  );
}

/** What a request shows, as it stands there and as it is meant. */
function shownIn({ headers }: IncomingMessage): string {
  const basic = /^Basic (.*)$/.exec(headers.authorization ?? "")?.[1] ?? "";
  const shown = [headers.authorization, headers.cookie, headers["x-api-key"], Buffer.from(basic, "base64").toString()];
  return JSON.stringify({ detail: `who is ${shown.join(" and ")}?` });
}

/** All files of a folder, in it and below. */
async function textsIn(path: string): Promise<string> {
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), "latin1"));
  return (await Promise.all(texts)).join("\n");
}

/** In which forms a secret may be repeated. */
function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64"),
  ];
}

function expectNone(text: string, secrets: readonly string[]): void {
  for (const secret of secrets.flatMap(formsOf)) {
    const place = text.indexOf(secret);
    expect(place < 0 ? "" : text.slice(Math.max(0, place - 200), place + secret.length + 50)).toBe("");
  }
}

const tokens = (asked: string[]) =>
  listen(
    createServer((request, reply) => {
      let body = "";
      request
        .on("data", (chunk) => (body += chunk))
        .on("end", () => {
          asked.push(body);
          reply.end(JSON.stringify({ access_token: SECRETS.token, expires_in: 2 }));
        });
    }),
  );

describe("throughline run", () => {
  const PROOFS: Record<string, (host: string) => Promise<{ env?: Record<string, string>; set?: string[] }>> = {
    "a token": async () => ({ env: { THROUGHLINE_INGEST_TOKEN: SECRETS.token } }),
    "user and password": async () => ({ env: { THROUGHLINE_INGEST_BASIC: `somebody:${SECRETS.password}` } }),
    "a file of tokens": async () => {
      const file = join(folder, "tokens");
      await writeFile(file, `${SECRETS.token}\n`);
      return { set: [`INGEST_TOKENS=${file}`] };
    },
    "a token's address with a form": async () => {
      const url = `http://somebody:${encodeURIComponent(SECRETS.password)}@${await tokens([])}/t?key=${SECRETS.header}`;
      return { env: { THROUGHLINE_INGEST_TOKEN_URL: url, THROUGHLINE_INGEST_TOKEN_FORM: `secret=${SECRETS.form}` } };
    },
    "a login in the address": async (host) => ({
      env: { THROUGHLINE_INGEST_URL: `http://somebody:${encodeURIComponent(SECRETS.password)}@${host}` },
    }),
    "a login in a file of headers": async () => {
      const file = join(folder, "headers");
      await writeFile(file, `Authorization: Basic ${LOGIN}\r\nX-Tenant: a\r\n`);
      return { set: [`INGEST_HEADERS_FILE=${file}`] };
    },
    "a token's command": async () => ({
      env: { THROUGHLINE_INGEST_TOKEN_COMMAND: 'printf %s "$TOKEN_OF_NOBODY"', TOKEN_OF_NOBODY: SECRETS.token },
    }),
  };

  test.each(Object.entries(PROOFS))("%s, a header, a cookie and a client key are told nowhere", async (name, make) => {
    const host = await echoing();
    const { env = {}, set = [] } = await make(host);
    const address = env["THROUGHLINE_INGEST_URL"] === undefined ? ["--ingest-url", `http://${host}`] : [];
    const { client } = await authority(await mkdtemp(join(folder, "authority-")));
    const settings = [`INGEST_CERT=${client.certFile}`, `INGEST_KEY=${client.keyFile}`, ...set];
    const run = name.replaceAll(/\W+/g, "-");
    const shell = {
      ...env,
      THROUGHLINE_INGEST_HEADERS: `x-api-key: ${SECRETS.header}`,
      THROUGHLINE_INGEST_COOKIES: `session=${SECRETS.cookie}`,
    };
    const running = throughlineWith(
      shell,
      folder,
      ...["run", "ingest", ...address, "--receiver-url", "none"],
      ...["--rate", "50", "--events", "100", "--run-id", run, "--out", "results"],
      ...settings.flatMap((setting) => ["--set", setting]),
    );
    const commands = await commandLinesDuring(running);
    const { stdout, stderr, exitCode } = await running;
    const written = await textsIn(join(folder, "results", run));
    expect([1, 3], stdout + stderr).toContain(exitCode);
    // What it said is told, or this test would show nothing.
    expect(written, stdout + stderr).toContain("who is ");
    expectNone([stdout, stderr, written].join("\n"), [
      ...Object.values(SECRETS),
      LOGIN,
      client.key.split("\n")[2] as string,
    ]);
    expectNone(commands.join("\n"), Object.values(SECRETS));
  });
});

test("a socket that is closed with its own token as the reason tells no token", async () => {
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    const reason = Buffer.from(`over: ${request.headers.authorization}`);
    socket.on("error", () => undefined);
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
    );
    const accept = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    socket.write(`${createHash("sha1").update(accept).digest("base64")}\r\n\r\n`);
    socket.end(Buffer.concat([Buffer.from([0x88, reason.length + 2, 0x0f, 0xa1]), reason]));
  });
  server.on("request", (request, reply) => reply.writeHead(401).end(shownIn(request)));
  const url = `ws://${await listen(server)}/ws`;
  const { errors, log, stdout } = await runBundle("websocket", { WS_URL: url, WS_TOKEN: SECRETS.token });
  expect(errors).toHaveLength(1);
  expectNone(log + stdout, [SECRETS.token]);
});

test.skipIf(!hasNats)("a refused nkey and refused credentials are told without seed and JWT", async () => {
  const port = await natsPort();
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());
  const jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJuYW1lIjoibm9ib2R5In0.c2lnbmF0dXJl";
  const nkey = join(folder, "user.nk");
  const creds = join(folder, "user.creds");
  const frame = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n\n`;
  await writeFile(nkey, seed);
  await writeFile(creds, frame("NATS USER JWT", jwt) + frame("USER NKEY SEED", seed));
  for (const settings of [{ NATS_NKEY: nkey }, { NATS_CREDS: creds }]) {
    const { errors, log, stdout, exitCode } = await runBundle("nats", {
      NATS_URL: `nats://127.0.0.1:${port}`,
      ...settings,
    });
    expect(exitCode).toBe(108);
    expect(errors).toHaveLength(1);
    expectNone(log + stdout, [seed, jwt, seed.slice(2, 30)]);
  }
});

/** A nats-server that lets in one user, by a password. */
async function natsPort(): Promise<number> {
  const own = await mkdtemp(join(folder, "nats-"));
  const config = join(own, "nats.conf");
  await writeFile(
    config,
    `listen: "127.0.0.1:-1"\nports_file_dir: "${own}"\nauthorization { user: somebody, password: ${JSON.stringify(SECRETS.token)} }\n`,
  );
  const server = spawn("nats-server", ["--config", config], { stdio: "ignore", detached: true });
  adopt(server);
  onTestFinished(async () => {
    server.kill();
    await once(server, "exit");
  });
  return vi.waitFor(async () => {
    const file = (await readdir(own)).find((name) => name.endsWith(".ports")) as string;
    const { nats } = JSON.parse(await readFile(join(own, file), "utf8")) as { nats: string[] };
    return Number(new URL(nats[0] as string).port);
  }, 20_000);
}
