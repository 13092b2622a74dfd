import type { Door } from "../../k6/support/door.ts";

/** The WebSocket of k6, as far as a session uses it. The tests act as the gateway, which answers a close at once. */
export class Socket {
  static last: Socket;
  readonly sent: string[] = [];
  /** By the WebSocket standard: 0 during the handshake, then 1. */
  readyState = 1;
  onmessage: (message: { data: string; timestamp: number }) => void = () => undefined;
  onopen: () => void = () => undefined;
  onclose: (end?: { code?: number; reason?: string }) => void = () => undefined;
  onerror: (problem: { error: string }) => void = () => undefined;

  constructor() {
    Socket.last = this;
  }

  /** k6 inspects binary frames by ArrayBuffer. */
  send(frame: string | Uint8Array): void {
    if (typeof frame !== "string") {
      ArrayBuffer.isView(frame);
      return;
    }
    this.sent.push((JSON.parse(frame) as { type: string }).type);
  }

  /** During the handshake k6 blocks in it, perhaps for ever. */
  close(): void {
    if (this.readyState === 0) throw new Error("closed while it was connecting");
    this.onclose();
  }

  /** The gateway sends a frame. @param readAt when the socket is read, in Unix ms. */
  says(type: string, data: object = {}, readAt = Date.now()): void {
    this.onmessage({ data: JSON.stringify({ type, data }), timestamp: readAt });
  }

  /** The gateway answers everything up to a live subscription. */
  goesLive(): void {
    this.says("connected");
    this.says("subscribed", { subscription_id: "s-1" });
    this.says("subscriptions", { count: 1 });
  }
}

/** A door without access control. */
export const DOOR = {
  endsAt: Number.POSITIVE_INFINITY,
  isDue: false,
  ready: async () => undefined,
  open: () => new Socket(),
  refused: async () => ({ status: 0, renewed: false }),
} as unknown as Door;
