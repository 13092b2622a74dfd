/** The ways into a target: what lets nobody in without credentials is asked by the real k6 tests. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Authority, authority } from "./certificates.ts";
import { bearer, gateFor, shownBy } from "./gate.ts";
import { gatewayWith, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";
import { loginFor } from "./login.ts";

const ABORTED = 108;

useNats();

let folder: string;
let certificates: Authority;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-access-"));
  certificates = await authority(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A gateway, and a run so short that it is not judged: what is looked at is who was let in. */
const SHORT = { VUS: "2", DURATION: "2s" };

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** An ingestor that takes everything. */
async function ingestor(): Promise<string> {
  let id = 0;
  const server = createServer((request, reply) => {
    request
      .resume()
      .on("end", () => reply.writeHead(request.method === "POST" ? 201 : 200).end(`{"message_id":${++id}}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("websocket", () => {
  test("brings headers, cookies, a token and a subprotocol, and offers permessage-deflate", async () => {
    const { url } = await gatewayWith();
    const gate = await gateFor({ upstream: url, admit: bearer("s3cr3t") });
    const { log } = await runBundle("websocket", {
      ...SHORT,
      WS_URL: `ws://127.0.0.1:${gate.port}/ws`,
      WS_TOKEN: "s3cr3t",
      WS_COOKIES: "session=a; theme=b",
      WS_HEADERS: "X-Tenant: one\nX-Zone: two",
      WS_HEADERS_FILE: await file("headers", "X-Filed: three\nX-Zone: overridden"),
      WS_PROTOCOLS: "events.v1,events.v2",
      WS_DEFLATE: "1",
    });
    expect(gate.seen.length, log).toBeGreaterThanOrEqual(3);
    for (const { status, headers } of gate.seen) {
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        authorization: "Bearer s3cr3t",
        cookie: "session=a; theme=b",
        "x-tenant": "one",
        "x-zone": "two",
        "x-filed": "three",
        "sec-websocket-protocol": "events.v1, events.v2",
      });
      expect(headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    }
    expect(log).not.toContain("s3cr3t");
  });

  test("stops at the first refused credentials, with their status and the settings that change them", async () => {
    const { url } = await gatewayWith();
    const gate = await gateFor({ upstream: url, admit: bearer("s3cr3t") });
    const { exitCode, errors, stdout } = await runBundle("websocket", {
      WS_URL: `ws://127.0.0.1:${gate.port}/ws`,
      WS_TOKEN: "wrong",
    });
    expect(exitCode).toBe(ABORTED);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/is answered 401 Unauthorized.*WS_TOKEN/);
    expect(errors[0]).not.toContain("wrong");
    expect(stdout).toContain("INVALID");
  });

  test("renews its token before it ends: no connection is refused and none is ended by the gateway", async () => {
    const { url } = await gatewayWith();
    const tokens = await loginFor({ lasts: 4 });
    const gate = await gateFor({
      upstream: url,
      admit: tokens.admit,
      close: { code: 4401, reason: "token expired", after: () => 4_500 },
    });
    const form = "grant_type=client_credentials&client_secret=s3cr3t";
    const { stdout, log } = await runBundle("websocket", {
      ...SHORT,
      DURATION: "11s",
      WS_URL: `ws://127.0.0.1:${gate.port}/ws`,
      WS_TOKEN_URL: tokens.url,
      WS_TOKEN_FORM: form,
    });
    expect(new Set(tokens.asked)).toEqual(new Set([`POST ${form}`]));
    expect(tokens.given.size).toBeGreaterThanOrEqual(5);
    expect(gate.seen.filter(({ status }) => status !== 200)).toEqual([]);
    expect(gate.seen.length).toBeGreaterThanOrEqual(7);
    expect(stdout).toMatch(/ws_sessions_lost +count == 0 +0$/m);
    expect(stdout).toMatch(/ws_connection_errors_total +count == 0 +0$/m);
    expect(log).not.toContain("s3cr3t");
  });

  test("takes the next token after a 401 where nobody says how long one lasts", async () => {
    const { url } = await gatewayWith();
    const tokens = await loginFor({ lasts: 3, told: "nobody" });
    const gate = await gateFor({
      upstream: url,
      admit: tokens.admit,
      close: { code: 1008, reason: "quota", after: () => 4_000 },
    });
    const settings = { WS_URL: `ws://127.0.0.1:${gate.port}/ws`, WS_TOKEN_URL: tokens.url };
    const { log } = await runBundle("websocket", { VUS: "1", DURATION: "8s", ...settings });
    expect(gate.seen.some(({ status }) => status === 401)).toBe(true);
    expect(gate.seen.at(-1)?.status).toBe(200);
    expect(tokens.given.size).toBeGreaterThanOrEqual(3);
    // Without a receiver the log tells in what words connections were ended.
    expect(log).toContain("connections ended by the target: 1008 quota: 1");
    expect(log).toContain("refused by the target: the handshake with 401: 1");
  });

  test("trusts an own authority and shows a client certificate", async () => {
    const { url } = await gatewayWith();
    const names: (string | undefined)[] = [];
    const { server, client, ca } = certificates;
    const gate = await gateFor({
      upstream: url,
      tls: { ...server, ca: ca.cert },
      admit: (request) => {
        names.push(shownBy(request));
        return null;
      },
    });
    const settings = {
      ...SHORT,
      WS_URL: `wss://localhost:${gate.port}/ws`,
      WS_CERT: client.certFile,
      WS_KEY: client.keyFile,
    };
    const trusting = { ...settings, WS_CA: ca.certFile };
    const { log } = await runBundle("websocket", trusting, "k6", { SSL_CERT_FILE: ca.certFile });
    expect(new Set(names), log).toEqual(new Set(["client"]));
    const unknown = await runBundle("websocket", settings);
    expect(unknown.exitCode).toBe(ABORTED);
    expect(unknown.errors[0]).toContain("certificate signed by unknown authority");
    const untold = await runBundle("websocket", trusting);
    expect(untold.errors).toEqual([expect.stringContaining(`start it as SSL_CERT_FILE=${ca.certFile}`)]);
  });
});

describe("http", () => {
  test("each virtual user has a token of its own from a file", async () => {
    const { url } = await gatewayWith();
    const gate = await gateFor({
      upstream: url,
      admit: ({ headers }) => (/^Bearer u-[1-3]$/.test(headers.authorization ?? "") ? null : 403),
    });
    const { exitCode } = await runBundle("http", {
      VUS: "3",
      DURATION: "2s",
      HTTP_URL: `http://127.0.0.1:${gate.port}`,
      HTTP_TOKENS: await file("tokens", "# three users\nu-1\nu-2\nu-3\n"),
    });
    const shown = new Set(gate.seen.map(({ headers }) => headers.authorization));
    expect(shown).toEqual(new Set(["Bearer u-1", "Bearer u-2", "Bearer u-3"]));
    expect([0, 99]).toContain(exitCode);
  });

  test("stops where health is open to all and the rest is not", async () => {
    const { url } = await gatewayWith();
    const gate = await gateFor({ upstream: url, admit: ({ url: path }) => (path === "/health" ? null : 401) });
    const { exitCode, errors } = await runBundle("http", {
      HTTP_URL: `http://127.0.0.1:${gate.port}`,
      HTTP_BASIC: "u:s3cr3t",
    });
    expect(exitCode).toBe(ABORTED);
    expect(errors).toEqual([
      expect.stringMatching(/GET .*\/ready is answered 401 Unauthorized, asks for Bearer.*HTTP_BASIC/),
    ]);
    expect(errors[0]).not.toContain("s3cr3t");
    expect(gate.seen.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from("u:s3cr3t").toString("base64")}`);
  });
});

describe("ingest", () => {
  const LOAD = { RECEIVER_URL: "none", RATE: "50", EVENTS: "300" };

  test("sends nothing into a 401", async () => {
    const gate = await gateFor({
      upstream: await ingestor(),
      admit: (request) => (request.method === "GET" ? null : bearer("T")(request)),
    });
    const { exitCode, errors } = await runBundle("ingest", { ...LOAD, INGEST_URL: `http://127.0.0.1:${gate.port}` });
    expect(exitCode).toBe(ABORTED);
    expect(errors).toEqual([expect.stringContaining("is answered 401 Unauthorized, asks for Bearer")]);
    expect(gate.seen.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test("a message that is refused for its token is sent again with the next one, and none is lost", async () => {
    const tokens = await loginFor({ lasts: 2, told: "nobody" });
    const gate = await gateFor({ upstream: await ingestor(), admit: tokens.admit });
    const settings = { INGEST_URL: `http://127.0.0.1:${gate.port}`, INGEST_TOKEN_URL: tokens.url };
    const { stdout, log } = await runBundle("ingest", { ...LOAD, ...settings });
    expect(gate.seen.some(({ status }) => status === 401)).toBe(true);
    expect(stdout, log).toMatch(/2xx +300 answers/);
    expect(tokens.given.size).toBeGreaterThanOrEqual(3);
  });
});

test.each([
  [{ WS_TOKEN: "a", WS_BASIC: "u:p" }, "WS_BASIC, WS_TOKEN: each sets the Authorization header; give one of them"],
  [{ WS_CERT: "/nowhere" }, "WS_CERT and WS_KEY: a client certificate needs its key; give both"],
  [{ WS_TOKENS: "/nowhere/tokens" }, "WS_TOKENS=/nowhere/tokens: cannot be read"],
  [{ WS_HEADERS: "s3cr3t" }, 'WS_HEADERS=(hidden): allowed: JSON such as {"X-Tenant":"a"}'],
  [{ WS_TOKEN_LASTS: "20s" }, "WS_TOKEN_LASTS: needs WS_TOKEN_URL"],
])("%j is refused in one line", async (settings, line) => {
  const { errors } = await runBundle("websocket", settings as unknown as Record<string, string>);
  expect(errors).toEqual([expect.stringContaining(line)]);
});
