/**
 * A reverse proxy on loopback in front of a gateway: it demands credentials, closes connections, and records requests.
 */
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecure } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";

/** What the proxy demands. */
export interface GateOptions {
  /** Address of the server behind it, with or without a path. */
  readonly upstream: string;
  /** Decides about a request: null lets it pass, otherwise the status of the answer. */
  readonly admit?: (request: IncomingMessage) => number | null;
  /** How and after how many ms each connection is closed. */
  readonly close?: {
    readonly code: number;
    readonly reason: string;
    readonly after: (request: IncomingMessage) => number;
  };
  /** Certificates as PEM; with an authority, clients must show one that it signed. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
}

/** A running proxy. */
export interface Gate {
  readonly port: number;
  /** The headers of all requests. */
  readonly seen: { readonly status: number; readonly url: string; readonly headers: IncomingMessage["headers"] }[];
  close(): Promise<void>;
}

/** Opens a proxy in front of a server. */
export async function openGate({ upstream, admit = () => null, close, tls }: GateOptions): Promise<Gate> {
  const behind = new URL(upstream);
  const seen: Gate["seen"] = [];
  const sockets = new Set<Socket>();
  const server =
    tls === undefined
      ? createServer()
      : createSecure({ ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined });
  const pass = (request: IncomingMessage): number | null => {
    const status = admit(request);
    seen.push({ status: status ?? 200, url: request.url ?? "", headers: request.headers });
    return status;
  };
  server.on("connection", (socket) => {
    sockets.add(socket.once("close", () => sockets.delete(socket)).on("error", () => undefined));
  });
  server.on("request", (request, reply) => {
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", async () => {
        const status = pass(request);
        if (status !== null) {
          reply.writeHead(status, { "WWW-Authenticate": "Bearer", "Content-Type": "application/json" });
          return reply.end('{"error":"who are you"}');
        }
        const { method = "GET" } = request;
        const headers = { "Content-Type": request.headers["content-type"] ?? "application/json" };
        const body = method === "GET" ? null : Buffer.concat(chunks);
        const answer = await fetch(new URL(request.url ?? "/", behind), { method, headers, body }).catch(() => null);
        reply.writeHead(answer?.status ?? 502, { "Content-Type": "application/json" });
        return reply.end((await answer?.text()) ?? "");
      });
  });
  server.on("upgrade", (request, client: Socket) => {
    const status = pass(request);
    if (status !== null) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const up = connect(Number(behind.port), behind.hostname, () => {
      const lines = request.rawHeaders.flatMap((name, place, all) =>
        place % 2 === 0 ? [`${name}: ${all[place + 1]}`] : [],
      );
      up.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      up.pipe(client).pipe(up);
    });
    const end = () => {
      up.destroy();
      client.destroy();
    };
    up.on("error", end).on("close", end);
    client.on("error", end).on("close", end);
    if (close === undefined) return;
    const timer = setTimeout(() => {
      up.unpipe(client);
      const frame = Buffer.concat([Buffer.from([close.code >> 8, close.code & 255]), Buffer.from(close.reason)]);
      client.end(Buffer.concat([Buffer.from([0x88, frame.length]), frame]));
    }, close.after(request));
    client.once("close", () => clearTimeout(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const gate = {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return gate;
}

/** The same for one test. */
export async function gateFor(options: GateOptions): Promise<Gate> {
  const gate = await openGate(options);
  onTestFinished(() => gate.close());
  return gate;
}

/** Accepts requests with this bearer token. */
export const bearer = (token: string) => (request: IncomingMessage) =>
  request.headers.authorization === `Bearer ${token}` ? null : 401;

/** The name in the client's certificate. */
export function shownBy(request: IncomingMessage): string | undefined {
  const name = (request.socket as TLSSocket).getPeerCertificate?.().subject?.CN;
  return typeof name === "string" ? name : name?.[0];
}
