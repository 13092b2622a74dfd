import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { FaultySockets } from "./faultysockets.ts";
import { Session, type SessionContext } from "./session.ts";

export const SOCKET_PATH = "/ws";

const MAX_MESSAGE_BYTES = 64 * 1024;
const KEEP_ALIVE_MS = 30_000;
const GOODBYE_MS = 1_000;

/** WebSocket close codes, RFC 6455 section 7.4.1. */
const GOING_AWAY = 1001;

/** The WebSocket side of a gateway: turns upgrade requests into sessions and ends them all. */
export class Sockets {
  private readonly context: SessionContext;
  private readonly faulty: FaultySockets;
  private readonly sessions = new Set<Session>();
  private readonly upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  private ended: (() => void) | null = null;

  constructor(server: Server, context: SessionContext, faulty: FaultySockets) {
    this.context = context;
    this.faulty = faulty;
    server.on("upgrade", (request, stream, head) => this.accept(request, stream, head));
  }

  /** Number of connected clients. */
  get size(): number {
    return this.sessions.size;
  }

  /** Closes every connection and cuts off clients that do not answer within a second. */
  async close(): Promise<void> {
    const allEnded = new Promise<void>((resolve) => {
      this.ended = resolve;
    });
    if (this.sessions.size === 0) return;
    for (const session of this.sessions) session.close(GOING_AWAY, "the gateway is stopping");
    const cut = setTimeout(() => {
      for (const session of this.sessions) session.terminate();
    }, GOODBYE_MS);
    await allEnded;
    clearTimeout(cut);
  }

  private accept(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (this.ended !== null) refuse(stream, "503 Service Unavailable");
    else if (request.url?.split("?")[0] !== SOCKET_PATH) refuse(stream, "404 Not Found");
    else if (this.faulty.refuses(this.sessions.size)) refuse(stream, "503 Service Unavailable");
    else this.upgrades.handleUpgrade(request, stream, head, (socket) => this.open(socket, request.socket));
  }

  private open(socket: WebSocket, stream: Socket): void {
    // A client that vanished would otherwise keep its session for ever.
    stream.setKeepAlive(true, KEEP_ALIVE_MS);
    this.faulty.opened(socket);
    const session = new Session(socket, stream, this.context);
    this.sessions.add(session);
    socket.on("close", () => {
      this.sessions.delete(session);
      if (this.sessions.size === 0) this.ended?.();
    });
  }
}

function refuse(stream: Duplex, status: string): void {
  stream.on("error", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
