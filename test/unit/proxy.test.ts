import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { askThrough, proxyFor } from "../../cli/doctor/proxy.ts";

const PROXY = { HTTP_PROXY: "http://proxy:3128", HTTPS_PROXY: "secure:3129" };

test.each<[string, Record<string, string>, string | null]>([
  ["http://gateway.example/x", PROXY, "proxy:3128"],
  ["ws://gateway.example", PROXY, "proxy:3128"],
  ["https://gateway.example", PROXY, "secure:3129"],
  ["wss://gateway.example", { https_proxy: "http://small:1" }, "small:1"],
  ["http://localhost:8080", PROXY, null],
  ["http://127.0.0.2", PROXY, null],
  ["http://[::1]:80", PROXY, null],
  ["nats://broker.example", PROXY, null],
  ["http://gateway.example", {}, null],
  ["http://gateway.example", { ...PROXY, NO_PROXY: "other, .example" }, null],
  ["http://gateway.example:81", { ...PROXY, NO_PROXY: "gateway.example:81" }, null],
  ["http://gateway.example", { ...PROXY, NO_PROXY: "*" }, null],
  ["http://mygateway.example", { ...PROXY, NO_PROXY: "gateway.example" }, "proxy:3128"],
  ["http://gateway.example:82", { ...PROXY, NO_PROXY: "gateway.example:81" }, "proxy:3128"],
  ["https://gateway.example", { ...PROXY, NO_PROXY: "gateway.example:443" }, null],
  ["http://a.gateway.example", { ...PROXY, NO_PROXY: "gateway.example" }, null],
  ["http://gateway.example", { ...PROXY, NO_PROXY: ".gateway.example" }, "proxy:3128"],
  ["http://gateway.example", { ...PROXY, NO_PROXY: "*.gateway.example" }, "proxy:3128"],
  ["http://a.gateway.example", { ...PROXY, NO_PROXY: "*.Gateway.example" }, null],
  ["http://10.1.2.3", { ...PROXY, NO_PROXY: "10.0.0.0/8" }, null],
  ["http://11.1.2.3", { ...PROXY, NO_PROXY: "10.0.0.0/8" }, "proxy:3128"],
  ["http://10.1.2.3:90", { ...PROXY, NO_PROXY: "10.1.2.3:90" }, null],
  ["ws://[fd00::7]:90", { ...PROXY, NO_PROXY: "fd00::/8" }, null],
  ["http://10.example", { ...PROXY, NO_PROXY: "10.0.0.0/8,99/8,/" }, "proxy:3128"],
  ["http://127.example", PROXY, "proxy:3128"],
  ["http://gateway.example", { HTTP_PROXY: "", http_proxy: "small:1" }, "small:1"],
])("k6 goes to %s with %j by %j", (url, environment, host) => {
  expect(proxyFor(new URL(url), environment)?.host ?? null).toBe(host);
});

describe("an address behind a proxy", () => {
  async function proxy(status: number) {
    const seen: string[] = [];
    const server = createServer((request, reply) => {
      seen.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
      reply.writeHead(status).end();
    });
    server.on("connect", (request, socket) => {
      seen.push(`${request.method} ${request.url}`);
      socket.end(`HTTP/1.1 ${status} It\r\n\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return { seen, url: new URL(`http://u:p%40@127.0.0.1:${(server.address() as AddressInfo).port}`) };
  }

  test("is asked for its health in plain HTTP", async () => {
    const { url, seen } = await proxy(200);
    expect(await askThrough(url, new URL("http://gateway.example/base/"))).toBeNull();
    expect(seen).toEqual([`GET http://gateway.example/base/health Basic ${Buffer.from("u:p@").toString("base64")}`]);
  });

  test("is tunnelled to where it is encrypted or a socket", async () => {
    const { url, seen } = await proxy(200);
    expect(await askThrough(url, new URL("https://gateway.example"))).toBeNull();
    expect(await askThrough(url, new URL("ws://gateway.example:8080/ws"))).toBeNull();
    expect(seen).toEqual(["CONNECT gateway.example:443", "CONNECT gateway.example:8080"]);
  });

  test("that the proxy refuses is told with the status and no login", async () => {
    const { url } = await proxy(407);
    expect(await askThrough(url, new URL("http://gateway.example"))).toMatch(
      /^GET \/health by the proxy 127.*: status 407$/,
    );
    expect(await askThrough(url, new URL("https://gateway.example"))).toMatch(/^CONNECT by the proxy .*: status 407$/);
    expect(await askThrough(new URL("http://u:p@127.0.0.1:1"), new URL("http://a.example"))).toMatch(
      /^the proxy 127\.0\.0\.1:1: /,
    );
  });
});
