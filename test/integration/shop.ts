/** A user's shop behind a proxy: orders go in over HTTP, and come out of a list, a count and sockets. */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { type Gate, type GateOptions, gateFor } from "./gate.ts";
import { root } from "./k6.ts";

/** The common part of its pipeline files. */
const HEAD = `
  variables: { EVENTS_URL: "http://localhost:1/orders", WS_URL: "ws://localhost:1/live" },
  events: {
    attributes: { kind: ["a", "b"] },
    write: ({ id, kind, random }) => JSON.stringify({ ref: id, kind, amount: random % 1_000 }),
  },
  publish({ EVENTS_URL }, access) {
    const post = (event: string) => (headers: object) => http.asyncRequest("POST", EVENTS_URL, event, { headers });
    return async (event) => httpAnswer(await access.send(post(event)));
  },`;

/** A pipeline whose orders come over sockets. @param order what it promises, as its file says it. */
const live = (name: string, order = "") => `import http from "k6/http";
import { WebSocket } from "k6/websockets";
import { type CloseEvent, closeWords, definePipeline, httpAnswer } from "throughline";
export default definePipeline({
  name: "${name}",${HEAD}
  observe: {
    kind: "subscription",${order}
    paths: { a: { kind: "a" }, all: {} },
    open({ env, access, path, live, arrived, failed }) {
      const socket = new WebSocket(env.WS_URL, null, access.socket(env.WS_URL));
      socket.onopen = () => socket.send(path);
      socket.onmessage = (event) => (event?.data === "ready" ? live() : arrived(String(event?.data), event?.timestamp));
      socket.onerror = (event) => failed(String(event?.error));
      socket.onclose = (end?: CloseEvent) => failed(closeWords(end));
      return socket;
    },
  },
  damage: (text, _, sent) => (text === sent ? null : "it is " + text),
});
`;

/** Pipeline files by name, as a user would write them. */
const FILES = {
  live: live("live"),
  "by-kind": live("by-kind", ' order: { per: "kind" },'),
  "by-publisher": live("by-publisher", ' order: "per publisher",'),
  unordered: live("unordered", ' order: "none",'),
  listed: `import http from "k6/http";
import { definePipeline, httpAnswer } from "throughline";
export default definePipeline({
  name: "listed",${HEAD}
  observe: {
    kind: "list",
    paths: { orders: {} },
    async list({ EVENTS_URL }, access) {
      return (await (await access.fetch(EVENTS_URL)).json()) as string[];
    },
  },
});
`,
  counted: `import http from "k6/http";
import { definePipeline, httpAnswer } from "throughline";
export default definePipeline({
  name: "counted",${HEAD}
  observe: {
    kind: "count",
    paths: { all: {} },
    async count({ EVENTS_URL }, access) {
      return ((await (await access.fetch(EVENTS_URL)).json()) as string[]).length;
    },
  },
});
`,
};

/** The name of a shop: how its orders come out. */
export type ShopName = keyof typeof FILES;

/** A folder with all pipelines of the shop; the caller deletes it. */
export async function shopFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "throughline-shop-"));
  await symlink(join(root, "node_modules"), join(path, "node_modules"));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(path, `${name}.pipeline.ts`), text);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * What happens to an order on its way to a socket; by default nothing; null is not sent. @param age ms since the
 * connection. @param path of the socket.
 */
export type Spoiling = (order: string, age: number, path: string) => string | readonly string[] | null;

/** The shop itself, without access control. */
async function openShop(spoil: Spoiling = (order) => order): Promise<string> {
  const orders: string[] = [];
  const server = createServer((request, reply) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", () => {
        if (request.method !== "POST") return reply.end(JSON.stringify(orders));
        orders.push(body);
        for (const client of sockets.clients) {
          const { path, since } = listening.get(client) ?? {};
          if (path !== "all" && !body.includes(`"kind":"${path}"`)) continue;
          const told = spoil(body, Date.now() - (since ?? 0), path ?? "");
          for (const one of [told ?? []].flat()) client.send(one);
        }
        return reply.writeHead(201).end("{}");
      });
  });
  const listening = new WeakMap<object, { readonly path: string; readonly since: number }>();
  const sockets = new WebSocketServer({ server, handleProtocols: ([first]) => first ?? false });
  sockets.on("connection", (client) =>
    client.on("message", (path) => {
      listening.set(client, { path: String(path), since: Date.now() });
      client.send("ready");
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A running proxy, and the variables that lead there. */
export interface Shop {
  readonly gate: Gate;
  readonly addresses: { readonly EVENTS_URL: string; readonly WS_URL: string };
}

/** Opens the shop behind a proxy, for one test. */
export async function shopBehind(door: Omit<GateOptions, "upstream">, spoil?: Spoiling): Promise<Shop> {
  const gate = await gateFor({ upstream: await openShop(spoil), ...door });
  const [web, socket] = door.tls === undefined ? ["http", "ws"] : ["https", "wss"];
  const at = `localhost:${gate.port}`;
  return { gate, addresses: { EVENTS_URL: `${web}://${at}/orders`, WS_URL: `${socket}://${at}/live` } };
}
