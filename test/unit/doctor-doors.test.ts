/** What doctor finds behind addresses that answer, asked of servers of this file. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { credentialsOf } from "../../cli/doctor/credentials.ts";
import { settings } from "../../k6/support/settings.ts";
import { messagesCheck } from "../../systems/ingestor/cli/door.ts";
import { tableCheck } from "../../systems/ingestor/cli/table.ts";
import { endpointsCheck } from "../../systems/pulse/cli/httpdoor.ts";
import { handshakeCheck } from "../../systems/pulse/cli/socketdoor.ts";
import { signalsCheck } from "../../systems/signals/cli/door.ts";
import { listener, serverThat, shown } from "./doctor-servers.ts";

const asking = (wanted: string, reply: ServerResponse, request: IncomingMessage) =>
  reply.writeHead(request.headers.authorization === wanted ? 200 : 401).end("{}");

describe("endpoints", () => {
  const check = async (variables: Record<string, string>, answers: RequestListener) =>
    shown(await endpointsCheck(settings("http", { HTTP_URL: await serverThat(answers), ...variables })));
  const answering = (status: (url: string) => number): RequestListener => {
    return (request, reply) => reply.writeHead(status(request.url ?? "")).end("{}");
  };
  const right = (url: string) => (url.endsWith("no-such-chain") ? 400 : 200);

  test.each<[string, (url: string) => number, boolean, RegExp]>([
    ["that are all there", right, true, /^9 of 9 answer -> $/],
    ["of a wrong path", () => 404, false, /^GET \/health: status 404 .* -> --http-url must lead to the gateway's root/],
    ["that nobody may ask", () => 401, false, /^GET \/health: status 401 .* -> set THROUGHLINE_HTTP_TOKEN/],
    [
      "of which only health is open",
      (url) => (url === "/health" ? 200 : 403),
      false,
      /^GET \/ready: status 403 \(and 7 more of 9\) -> set THROUGHLINE_HTTP_TOKEN/,
    ],
    [
      "of a gateway that is not ready",
      (url) => (url === "/ready" ? 503 : right(url)),
      false,
      /\/ready: status 503 -> /,
    ],
    ["without a manifest repository", (url) => (url.includes("/manifests") ? 503 : 200), false, /MANIFESTS=0/],
    ["that fail", () => 500, false, /GET \/health: status 500 .* -> look at the gateway's log/],
  ])("%s", async (_, status, ok, text) => {
    expect(await check({}, answering(status))).toEqual([ok, expect.stringMatching(text)]);
  });

  test("of a server that never ends an answer", { timeout: 30_000 }, async () => {
    const url = await serverThat((_, reply) => void reply.writeHead(200).write("{"));
    const check = await messagesCheck(settings("ingest", { INGEST_URL: url }));
    expect(shown(check)).toEqual([false, expect.stringMatching(/no whole answer within 5 s/)]);
  });

  test("are asked with the token of the settings, also when it comes from an address", async () => {
    const tokens = await serverThat((_, reply) => reply.end('{"access_token":"t0"}'));
    const answers: RequestListener = (request, reply) =>
      request.url?.endsWith("no-such-chain") ? reply.writeHead(400).end() : asking("Bearer t0", reply, request);
    expect((await check({}, answers))[0]).toBe(false);
    expect((await check({ HTTP_TOKEN: "t0" }, answers))[0]).toBe(true);
    expect((await check({ HTTP_TOKEN_URL: tokens }, answers))[0]).toBe(true);
  });
});

describe("credentials", () => {
  test("that cannot be had name their variable", async () => {
    const refused = await serverThat((_, reply) => reply.writeHead(500).end());
    await expect(credentialsOf(settings("http", { HTTP_TOKENS: "/none" }), "HTTP")).rejects.toThrow(
      "HTTP_TOKENS=/none: cannot be read: there is none of that name",
    );
    await expect(credentialsOf(settings("http", { HTTP_TOKEN_URL: refused }), "HTTP")).rejects.toThrow(
      /^HTTP_TOKEN_URL=.*: no token comes: status 500$/,
    );
  });
});

describe("a handshake", () => {
  const check = async (url: string, variables: Record<string, string> = {}) =>
    shown(await handshakeCheck(settings("websocket", { WS_URL: url.replace("http", "ws"), ...variables })));

  test.each<[string, number, RegExp]>([
    ["a path that is not there", 404, /^GET \/ws is answered 404, not 101 -> --ws-url must name the path/],
    ["a page", 200, /^GET \/ws is answered 200, not 101 -> --ws-url must name the path/],
    ["a gateway that cannot upgrade", 500, /^GET \/ws is answered 500, not 101 -> the gateway cannot upgrade/],
    ["a gateway that wants a token", 401, /^GET \/ws is answered 401, not 101 -> set THROUGHLINE_WS_TOKEN/],
  ])("with %s is not ok", async (_, status, text) => {
    const url = await serverThat((_request, reply) => reply.writeHead(status).end());
    expect(await check(`${url}/ws`)).toEqual([false, expect.stringMatching(text)]);
  });

  async function gateway(greeting: string | null): Promise<string> {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.authorization === "Bearer t0",
    });
    server.on("connection", (socket) => (greeting === null ? socket.close(1008, "quota") : socket.send(greeting)));
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  }

  test.each<[string, string | null, boolean, RegExp]>([
    ["a gateway", '{"type":"connected","client_id":"1"}', true, /says that we are connected/],
    ["another socket", '{"op":10}', false, /its first frame is not connected -> is this the path/],
    ["one that closes at once", null, false, /closed at once: 1008 quota/],
  ])("with %s", async (_, greeting, ok, text) => {
    const url = await gateway(greeting);
    expect(await check(url, { WS_TOKEN: "t0" })).toEqual([ok, expect.stringMatching(text)]);
    expect((await check(url))[1]).toMatch(/is answered 401/);
  });

  test("with a port that speaks something else is not ok", async () => {
    const address = await listener((socket) => socket.end("+PONG\r\n"));
    expect((await check(`ws://${address}/ws`))[0]).toBe(false);
  });
});

describe("a login to signals", () => {
  const USER = { SIGNALS_USER: "trader", SIGNALS_PASSWORD: "s3cret" };
  const check = (url: string, variables: Record<string, string>) =>
    signalsCheck(settings("webhook", { SIGNALS_URL: url, ...variables }));

  test.each<[string, number, string, boolean, string]>([
    ["is taken", 200, '{"access_token":"t"}', true, "gives a token"],
    ["is refused", 401, "{}", false, "status 401"],
    ["gives no token", 200, "{}", false, "without access_token"],
    ["is nowhere", 404, "", false, "status 404"],
  ])("that %s", async (_, status, body, ok, found) => {
    const url = await serverThat((_request, reply) => reply.writeHead(status).end(body));
    const found_ = await check(url, USER);
    expect([found_.ok, found_.found]).toEqual([ok, expect.stringContaining(found)]);
    expect(JSON.stringify(found_)).not.toContain("s3cret");
  });

  test("is sent as the settings say", async () => {
    const seen: string[] = [];
    const url = await serverThat((request, reply) => {
      request.on("data", (text) => seen.push(`${request.url} ${request.headers["content-type"]} ${text}`));
      request.on("end", () => reply.end('{"access_token":"t"}'));
    });
    await check(url, USER);
    await check(url, { ...USER, LOGIN_AS: "json", LOGIN_FIELD: "email", LOGIN_PATH: "/login" });
    expect(seen).toEqual([
      "/api/v1/auth/login application/x-www-form-urlencoded username=trader&password=s3cret",
      '/login application/json {"email":"trader","password":"s3cret"}',
    ]);
  });

  test("of nobody is missing", async () => {
    expect(shown(await check("http://127.0.0.1:1", {}))).toEqual([
      false,
      expect.stringMatching(/^nobody to log in as -> set THROUGHLINE_SIGNALS_USER/),
    ]);
  });

  test.each<[string, number, boolean, string]>([
    ["takes us", 422, true, "accepts the secret"],
    ["has another secret", 401, false, "WEBHOOK_SECRET is not that of WEBHOOK_TOKEN"],
    ["is not known", 404, false, "WEBHOOK_TOKEN is not known there"],
    ["fails", 500, false, "look at the server's log"],
  ])("is not needed for a webhook that is given: one that %s", async (_, status, ok, text) => {
    const url = await serverThat((_request, reply) => reply.writeHead(status).end());
    const found = await check(url, { WEBHOOK_TOKEN: "t0k", WEBHOOK_SECRET: "s3cret" });
    expect(shown(found)).toEqual([ok, expect.stringContaining(text)]);
    expect(JSON.stringify(found)).not.toMatch(/t0k|s3cret/);
  });
});

describe("messages", () => {
  test.each<[string, number, boolean | null, RegExp]>([
    ["are refused when empty", 422, true, /accepts our credentials/],
    ["go to a wrong path", 404, false, /status 404 -> --ingest-url must lead to the ingestor's root/],
    ["need a login", 401, false, /status 401 -> set THROUGHLINE_INGEST_TOKEN/],
    ["fail", 503, false, /status 503 -> look at the ingestor's log/],
    ["are taken when empty", 201, null, /takes a message without contents/],
  ])("that %s", async (_, status, ok, text) => {
    const url = await serverThat((request, reply) => reply.writeHead(request.method === "POST" ? status : 200).end());
    const check = await messagesCheck(settings("ingest", { INGEST_URL: url }));
    expect(shown(check)).toEqual([ok, expect.stringMatching(text)]);
  });
});

describe("a receiver's table", () => {
  test.each<[string, number, object, object, boolean, string]>([
    ["can be read", 200, {}, { storage: { problem: null } }, true, "is read"],
    ["cannot be read", 200, {}, { storage: { problem: "password authentication failed" } }, false, "password"],
    ["is none", 422, { error: "this receiver watches no database" }, {}, false, "watches no database"],
  ])("that %s", async (_, status, opened, account, ok, found) => {
    const url = await serverThat((request, reply) => {
      const body = request.method === "POST" ? opened : account;
      reply.writeHead(request.method === "POST" ? status : 200).end(JSON.stringify(body));
    });
    const check = await tableCheck(url, "doctor-1");
    expect([check.ok, check.found]).toEqual([ok, expect.stringContaining(found)]);
  });

  test("of a receiver that is gone", async () => {
    expect(await tableCheck("http://127.0.0.1:1", "doctor-1")).toMatchObject({ ok: false });
  });
});
