import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket } from "ws";
import type { Manner } from "../../../target/manner.ts";
import type { Burst } from "./burst.ts";
import type { Send } from "./faultysockets.ts";
import { write } from "./manner.ts";
import { Refusal, type Request, readRequest } from "./requests.ts";
import type { Subscription, Subscriptions } from "./subscriptions.ts";
import { timestamp } from "./time.ts";

/** What the sessions of a gateway share. */
export interface SessionContext {
  readonly subscriptions: Subscriptions;
  readonly burst: Burst;
  /** The names of the known chains. */
  readonly chains: readonly string[];
  /** Bytes that may wait for a client before it is disconnected as too slow. */
  readonly maxBufferedBytes: number;
  /** Called when a client is disconnected because it reads too slowly. */
  readonly onSlow: () => void;
  /** How events are written to a new client. */
  readonly events: (send: Send, socket: WebSocket) => Send;
  /** Ms until a subscription is confirmed; 0 confirms at once. */
  readonly granting: number;
  /** Ended subscriptions stay: a planted fault. */
  readonly keeping: boolean;
  readonly manner: Manner;
}

const MAX_SUBSCRIPTIONS = 1000;

/** WebSocket close codes, RFC 6455 section 7.4.1. */
const POLICY_VIOLATION = 1008;

/** Frames are given to `ws` as bytes that are known to be text. */
const TEXT = { binary: false } as const;

interface HeldSubscription {
  readonly subscription: Subscription;
  readonly expiry: NodeJS.Timeout;
}

/** One WebSocket client: answers its requests, holds its subscriptions, sends it events. */
export class Session {
  private readonly socket: WebSocket;
  private readonly stream: Duplex;
  private readonly context: SessionContext;
  private readonly sendEvent: Send;
  private readonly held = new Map<string, HeldSubscription>();

  /** Begins to serve a client. @param stream the connection under the WebSocket. */
  constructor(socket: WebSocket, stream: Duplex, context: SessionContext) {
    this.socket = socket;
    this.stream = stream;
    this.context = context;
    this.sendEvent = context.events((frame) => this.send(frame), socket);
    socket.on("message", (data, isBinary) => this.answer(data, isBinary));
    socket.on("close", () => this.release());
    // ws closes the connection after a protocol error, and "close" follows; without a listener it would throw.
    socket.on("error", () => {});
    this.reply("connected", { client_id: `client_${randomUUID()}`, timestamp: timestamp() });
  }

  /** Ends the session. @param code a WebSocket close code. @param reason for the client. */
  close(code: number, reason: string): void {
    this.release();
    this.socket.close(code, reason);
  }

  /** Cuts the connection at once. */
  terminate(): void {
    this.socket.terminate();
  }

  private answer(data: RawData, isBinary: boolean): void {
    this.refusable(() => {
      if (isBinary) throw new Refusal("invalid_message", "messages are JSON text frames, not binary");
      const request = readRequest(data.toString());
      const { granting } = this.context;
      if (request.type !== "subscribe" || granting === 0) this.grant(request);
      else setTimeout(() => this.refusable(() => this.grant(request)), granting).unref();
    });
  }

  private refusable(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.reply("error", { data: { code: error.code, message: error.message } });
    }
  }

  private grant(request: Request): void {
    switch (request.type) {
      case "ping":
        this.reply("pong", { timestamp: timestamp() });
        break;
      case "subscribe":
        this.subscribe(request);
        break;
      case "list_subscriptions":
        this.reply("subscriptions", { data: this.list() });
        break;
      case "unsubscribe":
        this.unsubscribe(request.subscriptionId);
        break;
    }
  }

  private subscribe({ filter, ttlSeconds }: Extract<Request, { type: "subscribe" }>): void {
    const { chains, subscriptions } = this.context;
    const unknown = filter.chains.find((chain) => !chains.includes(chain));
    if (unknown !== undefined) {
      throw new Refusal("subscribe_failed", `"${unknown.slice(0, 64)}" is no chain; known are ${chains.join(", ")}`);
    }
    if (this.held.size >= MAX_SUBSCRIPTIONS) {
      throw new Refusal("subscribe_failed", `a client may hold ${MAX_SUBSCRIPTIONS} subscriptions`);
    }
    const createdAt = Date.now();
    const expiresAt = createdAt + ttlSeconds * 1000;
    const subscription = { id: `sub_${randomUUID()}`, filter, createdAt, expiresAt, send: this.sendEvent };
    const expiry = setTimeout(() => this.end(subscription.id), ttlSeconds * 1000).unref();
    this.held.set(subscription.id, { subscription, expiry });
    subscriptions.add(subscription);
    this.reply("subscribed", { data: { subscription_id: subscription.id, filter }, timestamp: timestamp(createdAt) });
  }

  private unsubscribe(id: string): void {
    if (!this.held.has(id)) throw new Refusal("invalid_data", `"${id.slice(0, 64)}" is no subscription of this client`);
    if (!this.context.keeping) this.end(id);
    this.reply("unsubscribed", { data: { subscription_id: id } });
  }

  private list() {
    const subscriptions = [...this.held.values()].map(({ subscription: { id, filter, createdAt, expiresAt } }) => ({
      id,
      filter,
      created_at: timestamp(createdAt),
      expires_at: timestamp(expiresAt),
    }));
    return { count: subscriptions.length, subscriptions };
  }

  private end(id: string): void {
    const held = this.held.get(id);
    if (held === undefined) return;
    clearTimeout(held.expiry);
    this.held.delete(id);
    this.context.subscriptions.remove(held.subscription);
  }

  private release(): void {
    for (const id of this.held.keys()) this.end(id);
  }

  private reply(type: string, rest: Readonly<Record<string, unknown>>): void {
    this.send(Buffer.from(write(this.context.manner, { type, ...rest })));
  }

  private readonly send = (frame: Buffer): void => {
    const { burst, maxBufferedBytes, onSlow } = this.context;
    // Judged once per turn by data of earlier turns: the client cannot have read this turn's yet.
    if (burst.hold(this.stream) && this.socket.bufferedAmount > maxBufferedBytes) {
      if (this.socket.readyState === WebSocket.OPEN) onSlow();
      this.close(POLICY_VIOLATION, `slow consumer: more than ${maxBufferedBytes} bytes were waiting to be read`);
    } else {
      this.socket.send(frame, TEXT);
    }
  };
}
