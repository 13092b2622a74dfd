import { clearTimeout, setTimeout } from "k6/timers";
import { beginningOf } from "../../../core/beginning.ts";
import { type CloseEvent, closeWords } from "../../../core/closewords.ts";
import type { Filter } from "../filters.ts";
import { areJoined, type ControlFrame, frames, isEventFrame, messagesIn, readControlFrame } from "../frames.ts";
import { ANSWERS, type Operation } from "./operations.ts";
import { PendingOperations } from "./pending.ts";
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
  private readonly pending: PendingOperations;
  private finish: (end: SessionEnd) => void = () => undefined;
  private timers: number[] = [];
  private subscription: string | null = null;
  private leavingAt: number | null = null;
  /** It has unsubscribed, to subscribe again. */
  private changing = false;
  private changed = false;
  private framesRead = 0;
  /** Why we closed the connection, if the gateway was at fault. */
  private gaveUp: string | null = null;
  private words: string | null = null;

  constructor(config: SessionSettings, source: SocketSource, filter: Filter, plan: SessionPlan, events: SessionEvents) {
    this.config = config;
    this.pending = new PendingOperations(config.CONNECT_TIMEOUT * 1000);
    this.filter = filter;
    this.plan = plan;
    this.events = events;
    this.over = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.socket = source.open(this);
    this.ask("connect");
  }

  /** Unix ms up to which the session listened, once it is over. */
  get listenedThrough(): number | null {
    return this.leavingAt;
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
      this.ask("unsubscribe", frames.unsubscribe(this.subscription));
      return;
    }
    this.pending.forget();
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
    this.pending.forget();
    if (closes || this.socket.readyState === CONNECTING) this.close();
  }

  /** Replaces the subscription by another one. */
  private resubscribe(): void {
    if (this.leavingAt !== null || this.gaveUp !== null || this.subscription === null) return;
    this.changing = true;
    this.events.leaving();
    this.ask("unsubscribe", frames.unsubscribe(this.subscription));
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
    this.framesRead++;
    if (typeof frame !== "string") {
      this.unknown("a binary frame came");
      return;
    }
    if (areJoined(frame)) for (const message of messagesIn(frame)) this.readMessage(message, readAt);
    else this.readMessage(frame, readAt);
  }

  /** Only the few messages that are no events are parsed. */
  private readMessage(message: string, readAt: number): void {
    if (isEventFrame(message)) this.events.event(message, readAt);
    else this.readControl(message);
  }

  private readControl(text: string): void {
    const frame = readControlFrame(text);
    const operation = ANSWERS.get(frame?.type ?? "");
    if (frame === null || operation === undefined) {
      const { code = "unknown frame", message = beginningOf(text, 100) } = frame?.data ?? {};
      this.unknown(`${code}: ${message}`);
      return;
    }
    const failure = failureOf(operation, frame);
    if (failure !== null) this.lacks(operation, failure);
    else if (this.answered(operation, null)) this.goOn(operation, frame);
  }

  /** An unknown message counts as the answer to the first pending operation, if there is one. */
  private unknown(what: string): void {
    const { first } = this.pending;
    if (first === undefined) this.events.strange(what);
    else this.lacks(first, what);
  }

  /** Continues after an answer. */
  private goOn(operation: Operation, frame: ControlFrame): void {
    if (operation === "connect") {
      this.subscribe();
    } else if (operation === "subscribe") {
      this.subscription = frame.data?.subscription_id ?? null;
      this.events.live(this.socket);
      this.ask("list", frames.listSubscriptions());
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
    this.ask("subscribe", frames.subscribe(this.filter, ttl));
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
      this.ask("ping", frames.ping());
      this.schedulePing();
    }, this.config.PING_EVERY * 1000);
    this.timers.push(timer);
  }

  private get frames(): number {
    return this.socket.framesRead ?? this.framesRead;
  }

  private ask(operation: Operation, frame?: string): void {
    const before = this.frames;
    this.pending.add(operation, () => this.unanswered(operation, before));
    if (frame !== undefined) this.socket.send(frame);
  }

  /**
   * A gateway that neither answers nor sends anything else is gone, even if its connection looks open. What it sent long
   * before the question and is read only now is a sign of life: the answer waits behind it.
   *
   * @param before frames that were read before it was asked.
   */
  private unanswered(operation: Operation, before: number): void {
    const silence = `no answer within ${this.config.CONNECT_TIMEOUT} s`;
    this.lacks(operation, silence);
    if (this.frames === before) this.giveUp(`${silence}, and no other frame`);
  }

  /** An operation failed; without a connection or a subscription the session cannot go on. */
  private lacks(operation: Operation | undefined, failure: string): void {
    if (!this.answered(operation, failure)) return;
    if (operation !== "ping" && operation !== "list") this.giveUp(failure);
  }

  private giveUp(reason: string): void {
    this.gaveUp ??= reason;
    this.close();
  }

  /** Nobody waits for a socket that is still connecting, whether that can be ended or not. */
  private close(): void {
    const { readyState } = this.socket;
    if (readyState === OPEN || readyState === CONNECTING) this.socket.cut();
    if (readyState === CONNECTING) this.isOver("still connecting");
  }

  /** Reports the result of an operation. @returns whether it was pending. */
  private answered(operation: Operation | undefined, failure: string | null): boolean {
    const took = this.pending.take(operation);
    if (operation === undefined || took === null) return false;
    this.events.operation(operation, failure, took);
    return true;
  }

  /** The connection is over or given up; later events change nothing. */
  private isOver(reason: string): void {
    while (this.pending.first !== undefined) this.answered(this.pending.first, this.gaveUp ?? reason);
    for (const timer of this.timers) clearTimeout(timer);
    const planned = this.leavingAt !== null;
    if (!planned) this.words ??= this.gaveUp ?? reason;
    this.leavingAt ??= Date.now();
    if (planned) this.finish("ended");
    else this.finish(this.subscription === null && !this.changed ? "failed" : "lost");
  }
}

/** What is wrong with an answer, or null. */
function failureOf(operation: Operation, { data }: ControlFrame): string | null {
  if (operation === "list" && data?.count !== 1) return `lists ${data?.count} subscriptions, not 1`;
  if (operation === "subscribe" && data?.subscription_id === undefined) return "the subscription has no id";
  return null;
}
