/** What doctor finds behind addresses that answer, asked of servers of this file. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { loginCheck, tableCheck } from "../../cli/doctor/beyond.ts";
import { settings } from "../../k6/support/settings.ts";

async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const USER = { SIGNALS_USER: "trader", SIGNALS_PASSWORD: "s3cret" };

describe("a login", () => {
  test.each<[string, number, string, boolean, string]>([
    ["is taken", 200, '{"access_token":"t"}', true, "gives a token"],
    ["is refused", 401, "{}", false, "status 401"],
    ["gives no token", 200, "{}", false, "without access_token"],
    ["is nowhere", 404, "", false, "status 404"],
  ])("that %s", async (_, status, body, ok, found) => {
    const url = await serverThat((_request, reply) => reply.writeHead(status).end(body));
    const check = await loginCheck(url, settings("webhook", USER));
    expect([check.ok, check.found]).toEqual([ok, expect.stringContaining(found)]);
    expect(JSON.stringify(check)).not.toContain("s3cret");
  });

  test("is sent as the settings say", async () => {
    const seen: string[] = [];
    const url = await serverThat((request, reply) => {
      request.on("data", (text) => seen.push(`${request.url} ${request.headers["content-type"]} ${text}`));
      request.on("end", () => reply.end('{"access_token":"t"}'));
    });
    const others = { LOGIN_AS: "json", LOGIN_FIELD: "email", LOGIN_PATH: "/login" };
    await loginCheck(url, settings("webhook", USER));
    await loginCheck(url, settings("webhook", { ...USER, ...others }));
    expect(seen).toEqual([
      "/api/v1/auth/login application/x-www-form-urlencoded username=trader&password=s3cret",
      '/login application/json {"email":"trader","password":"s3cret"}',
    ]);
  });

  test("of nobody is missing, and that of a webhook that is given is not needed", async () => {
    expect(await loginCheck("http://127.0.0.1:1", settings("webhook", {}))).toMatchObject({ ok: false });
    const given = settings("webhook", { WEBHOOK_TOKEN: "t", WEBHOOK_SECRET: "s" });
    expect(await loginCheck("http://127.0.0.1:1", given)).toMatchObject({ ok: true });
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
