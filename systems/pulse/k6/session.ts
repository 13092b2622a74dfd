import { type CloseEvent, closeWords } from "../../../core/closewords.ts";
import type { Filter } from "../filters.ts";
import { type ControlFrame, frames } from "../frames.ts";
import type { Scheduled } from "./agenda.ts";
import { Conversation } from "./conversation.ts";
import type { Operation } from "./operations.ts";
import type { SessionEvents, SessionPlan, SessionSocket, SocketListener, SocketSource } from "./sessionparts.ts";

export interface SessionSettings {
  /** Seconds within which an answer must come. */
  readonly CONNECT_TIMEOUT: number;
}

/** States of a socket by the WebSocket standard: the handshake is under way, or done. */
const CONNECTING = 0;
const OPEN = 1;

/** A subscription outlives its session by this, so that it never expires under it. */
const TTL_MARGIN_SECONDS = 60;

/**
 * One connection with one subscription: connect, subscribe, list, ping, and at the end unsubscribe and close. It tells
 * all by calls: promises and timers of ten thousand took 80 MB, which every collection of garbage went through.
 */
export class Session implements SocketListener, Scheduled {
  /** The moment of what its plan has next. */
  dueAt = Number.POSITIVE_INFINITY;
  private readonly filter: Filter;
  private readonly events: SessionEvents;
  private readonly socket: SessionSocket;
  private readonly plan: SessionPlan;
  private readonly conversation: Conversation;
  private pingAt = Number.POSITIVE_INFINITY;
  private subscription: string | null = null;
  private leavingAt: number | null = null;
  /** Of its subscription: it has unsubscribed, to subscribe again. */
  private change: "none" | "under way" | "done" = "none";
  /** Why we closed the connection, if the gateway was at fault. */
  private gaveUp: string | null = null;
  private words: string | null = null;
  private isFinished = false;

  constructor(config: SessionSettings, source: SocketSource, filter: Filter, plan: SessionPlan, events: SessionEvents) {
    this.filter = filter;
    this.plan = plan;
    this.events = events;
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
    if (this.change === "under way") {
      this.change = "none";
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
  private resubscribe(subscription: string): void {
    this.change = "under way";
    this.events.leaving();
    this.conversation.ask("unsubscribe", frames.unsubscribe(subscription));
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
      if (this.change === "none") this.schedule();
    } else if (operation === "unsubscribe" && this.change === "under way") {
      this.change = "done";
      this.subscription = null;
      this.events.unsubscribed();
      this.subscribe();
    } else if (operation === "unsubscribe") {
      this.socket.cut();
    }
  }

  private subscribe(): void {
    const ttl = Math.ceil((this.plan.until - this.plan.agenda.now()) / 1000) + TTL_MARGIN_SECONDS;
    this.conversation.ask("subscribe", frames.subscribe(this.filter, ttl));
  }

  /** Plans the rest of a live session. */
  private schedule(): void {
    this.pingAt = this.plan.agenda.now() + this.plan.pingEvery;
    this.dueAt = this.nextMoment;
    this.plan.agenda.add(this);
  }

  private get nextMoment(): number {
    if (this.leavingAt !== null || this.gaveUp !== null) return Number.POSITIVE_INFINITY;
    return Math.min(this.plan.until, this.pingAt, this.resubscribesAt);
  }

  /** When it is to change its subscription; infinite once it does. */
  private get resubscribesAt(): number {
    const { resubscribesAt = Number.POSITIVE_INFINITY } = this.plan;
    return this.change !== "none" || this.subscription === null ? Number.POSITIVE_INFINITY : resubscribesAt;
  }

  due(): void {
    const now = this.plan.agenda.now();
    if (this.nextMoment <= now) {
      if (now >= this.plan.until) this.end();
      else if (this.subscription !== null && now >= this.resubscribesAt) this.resubscribe(this.subscription);
      else this.ping(now);
    }
    this.dueAt = this.nextMoment;
  }

  private ping(now: number): void {
    this.conversation.ask("ping", frames.ping());
    this.pingAt = now + this.plan.pingEvery;
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
    if (this.isFinished) return;
    this.isFinished = true;
    if (Number.isFinite(this.pingAt)) this.plan.agenda.leave();
    this.conversation.end(this.gaveUp ?? reason);
    const planned = this.leavingAt !== null;
    if (!planned) this.words ??= this.gaveUp ?? reason;
    this.leavingAt ??= Date.now();
    const unplanned = this.subscription === null && this.change !== "done" ? "failed" : "lost";
    this.events.over(planned ? "ended" : unplanned);
  }
}
