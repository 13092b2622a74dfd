import { clearTimeout, setTimeout } from "k6/timers";
import { type CloseEvent, closeWords } from "../../../core/closewords.ts";
import type { Filter } from "../filters.ts";
import { type ControlFrame, frames } from "../frames.ts";
import { Conversation } from "./conversation.ts";
import type { Operation } from "./operations.ts";
import type { SessionEvents, SessionPlan, SessionSocket, SocketListener, SocketSource } from "./sessionparts.ts";

/** How one connection ended. */
export type SessionEnd =
  /** As planned: we unsubscribed, then closed. */
  | "ended"
  /** It never became live: no connection, or no subscription. */
  | "failed"
  /** The gateway closed it too early. */
  | "lost";

export interface SessionSettings {
  readonly CONNECT_TIMEOUT: number;
  readonly PING_EVERY: number;
}

/** States of a socket by the WebSocket standard: the handshake is under way, or done. */
const CONNECTING = 0;
const OPEN = 1;

/** A subscription outlives its session by this, so that it never expires under it. */
const TTL_MARGIN_SECONDS = 60;

/** One connection with one subscription: connect, subscribe, list, ping, and at the end unsubscribe and close. */
export class Session implements SocketListener {
  /** Settles when the connection is over. */
  readonly over: Promise<SessionEnd>;
  private readonly config: SessionSettings;
  private readonly filter: Filter;
  private readonly events: SessionEvents;
  private readonly socket: SessionSocket;
  private readonly plan: SessionPlan;
  private readonly conversation: Conversation;
  private finish: (end: SessionEnd) => void = () => undefined;
  private timers: number[] = [];
  private subscription: string | null = null;
  private leavingAt: number | null = null;
  /** It has unsubscribed, to subscribe again. */
  private changing = false;
  private changed = false;
  /** Why we closed the connection, if the gateway was at fault. */
  private gaveUp: string | null = null;
  private words: string | null = null;

  constructor(config: SessionSettings, source: SocketSource, filter: Filter, plan: SessionPlan, events: SessionEvents) {
    this.config = config;
    this.filter = filter;
    this.plan = plan;
    this.events = events;
    this.over = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.socket = source.open(this);
    this.conversation = new Conversation(this.socket, config.CONNECT_TIMEOUT, events, this);
    this.conversation.ask("connect");
  }

  /** How the gateway closed it, in its own words; null where it did not. */
  get closedWith(): string | null {
    return this.words;
  }

  /** Unsubscribes now, and closes after the answer. */
  end(): void {
    if (this.leavingAt !== null) return;
    if (this.plan.vanish !== undefined) {
      this.plan.vanish();
      return;
    }
    this.leavingAt = Date.now();
    this.events.leaving();
    if (this.changing) {
      this.changing = false;
      return;
    }
    if (this.subscription !== null) {
      this.conversation.ask("unsubscribe", frames.unsubscribe(this.subscription));
      return;
    }
    this.conversation.forget();
    this.close();
  }

  /**
   * The session is about to vanish: no answer is awaited any more.
   *
   * @param closes sends a close frame, where nothing ruder is possible.
   */
  abandon(closes: boolean): void {
    if (this.leavingAt !== null) return;
    this.leavingAt = Date.now();
    this.events.leaving();
    this.conversation.forget();
    if (closes || this.socket.readyState === CONNECTING) this.close();
  }

  /** Replaces the subscription by another one. */
  private resubscribe(): void {
    if (this.leavingAt !== null || this.gaveUp !== null || this.subscription === null) return;
    this.changing = true;
    this.events.leaving();
    this.conversation.ask("unsubscribe", frames.unsubscribe(this.subscription));
  }

  /** A connection that was given up while it was opened is closed now. */
  opened(): void {
    if (this.leavingAt !== null) this.socket.cut();
  }

  /** k6 reports a close as an error first, and then as a close with code and reason. */
  failed(error: string): void {
    if (!error.startsWith("websocket: close ")) this.isOver(error);
  }

  closed(end?: CloseEvent): void {
    this.isOver(closeWords(end));
  }

  read(frame: unknown, readAt: number): void {
    this.conversation.read(frame, readAt);
  }

  /** Continues after an answer. */
  answered(operation: Operation, { data }: ControlFrame): void {
    if (operation === "connect") {
      this.subscribe();
    } else if (operation === "subscribe") {
      this.subscription = data?.subscription_id ?? null;
      this.events.live(this.socket);
      this.conversation.ask("list", frames.listSubscriptions());
      if (!this.changed) this.schedule();
    } else if (operation === "unsubscribe" && this.changing) {
      this.changing = false;
      this.changed = true;
      this.subscription = null;
      this.events.unsubscribed();
      this.subscribe();
    } else if (operation === "unsubscribe") {
      this.socket.cut();
    }
  }

  private subscribe(): void {
    const ttl = Math.ceil((this.plan.until - Date.now()) / 1000) + TTL_MARGIN_SECONDS;
    this.conversation.ask("subscribe", frames.subscribe(this.filter, ttl));
  }

  /** Schedules the rest of a live session. */
  private schedule(): void {
    const { until, resubscribesAt } = this.plan;
    const at = (moment: number, what: () => void) =>
      this.timers.push(setTimeout(what, Math.max(0, moment - Date.now())));
    this.schedulePing();
    at(until, () => this.end());
    if (resubscribesAt !== undefined) at(resubscribesAt, () => this.resubscribe());
  }

  private schedulePing(): void {
    const timer = setTimeout(() => {
      if (this.leavingAt !== null || this.gaveUp !== null) return;
      this.conversation.ask("ping", frames.ping());
      this.schedulePing();
    }, this.config.PING_EVERY * 1000);
    this.timers.push(timer);
  }

  /** Closes a connection that is of no use. */
  giveUp(reason: string): void {
    this.gaveUp ??= reason;
    this.close();
  }

  /** Nobody waits for a socket that is still connecting, whether that can be ended or not. */
  private close(): void {
    const { readyState } = this.socket;
    if (readyState === OPEN || readyState === CONNECTING) this.socket.cut();
    if (readyState === CONNECTING) this.isOver("still connecting");
  }

  /** The connection is over or given up; later events change nothing. */
  private isOver(reason: string): void {
    this.conversation.end(this.gaveUp ?? reason);
    for (const timer of this.timers) clearTimeout(timer);
    const planned = this.leavingAt !== null;
    if (!planned) this.words ??= this.gaveUp ?? reason;
    this.leavingAt ??= Date.now();
    if (planned) this.finish("ended");
    else this.finish(this.subscription === null && !this.changed ? "failed" : "lost");
  }
}
