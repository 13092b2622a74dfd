import { clearTimeout, setTimeout } from "k6/timers";
import type { WebSocket } from "k6/websockets";
import { type CloseEvent, closeWords } from "../../../core/closewords.ts";
import type { Filter } from "../filters.ts";
import { areJoined, type ControlFrame, frames, isEventFrame, messagesIn, readControlFrame } from "../frames.ts";
import { cut } from "./cut.ts";
import { ANSWERS, type Operation } from "./operations.ts";

/** How one connection ended. */
export type SessionEnd =
  /** As planned: unsubscribed, then closed by us. */
  | "ended"
  /** It never became live: no connection, or no subscription. */
  | "failed"
  /** The gateway ended it before its time. */
  | "lost";

/** What a session tells the one who opened it. */
export interface SessionEvents {
  /** An operation was answered rightly, or not; milliseconds from asking to answer. */
  operation(operation: Operation, failure: string | null, milliseconds: number): void;
  /** The subscription is confirmed: from now on every matching event must arrive. */
  live(): void;
  /** The session, or its subscription, says goodbye: what is published from now on may not arrive. */
  leaving(): void;
  /** The subscription is over, and another one follows on the same connection. */
  unsubscribed(): void;
  /** A message with one event or several came; `readAt` is when the socket was read, in Unix ms. */
  event(message: string, readAt: number): void;
  /** Something came that is no event and answers nothing. */
  strange(what: string): void;
}

/** Where a session gets its socket. */
export interface SocketSource {
  open(): WebSocket;
}

/** How a session goes beside its length; as a well-behaved one unless told. */
export interface SessionPlan {
  /** Unix ms at which it says goodbye. */
  readonly until: number;
  /** Unix ms at which it unsubscribes and subscribes again. */
  readonly resubscribesAt?: number | undefined;
  /** Ends the session in its place, without a word. */
  readonly vanish?: (() => void) | undefined;
}

export interface SessionSettings {
  readonly CONNECT_TIMEOUT: number;
  readonly PING_EVERY: number;
}

interface PendingOperation {
  readonly operation: Operation;
  readonly at: number;
  readonly timer: number;
}

/** States of a socket by the WebSocket standard: the handshake is under way, or done. */
const CONNECTING = 0;
const OPEN = 1;

/** A subscription outlives its session by this, so that it never expires under it. */
const TTL_MARGIN_SECONDS = 60;

/** One connection with one subscription: connect, subscribe, list, ping, and at the end unsubscribe and close. */
export class Session {
  /** Settles when the connection is over. */
  readonly over: Promise<SessionEnd>;
  private readonly config: SessionSettings;
  private readonly filter: Filter;
  private readonly events: SessionEvents;
  private readonly socket: WebSocket;
  private readonly plan: SessionPlan;
  private readonly asked: PendingOperation[] = [];
  private finish: (end: SessionEnd) => void = () => undefined;
  private timers: number[] = [];
  private subscription: string | null = null;
  private leavingAt: number | null = null;
  /** It has unsubscribed, to subscribe again. */
  private changing = false;
  private changed = false;
  /** Unix ms of the last frame. */
  private readAt = 0;
  /** Why we closed the connection, where the gateway gave reason to. */
  private gaveUp: string | null = null;
  private words: string | null = null;

  constructor(config: SessionSettings, door: SocketSource, filter: Filter, plan: SessionPlan, events: SessionEvents) {
    this.config = config;
    this.filter = filter;
    this.plan = plan;
    this.events = events;
    this.over = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.socket = door.open();
    this.ask("connect");
    this.socket.onmessage = (message) => {
      if (message !== undefined) this.read(message.data, message.timestamp);
    };
    this.socket.onerror = (problem) => {
      const why = problem?.error ?? "connection error";
      // What k6 calls an error here is told again with code and reason.
      if (!why.startsWith("websocket: close ")) this.closed(why);
    };
    this.socket.onclose = (end?: CloseEvent) => this.closed(closeWords(end));
  }

  /** Unix ms up to which the session listened, once it is over. */
  get listenedThrough(): number | null {
    return this.leavingAt;
  }

  /** How the gateway ended it, in its own words; null where it did not. */
  get closedWith(): string | null {
    return this.words;
  }

  /** Says goodbye now: unsubscribes, and closes when that is answered. */
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
    this.forget();
    this.close();
  }

  /**
   * Is about to vanish: nothing is awaited any more.
   *
   * @param closes says goodbye by a closing frame, for want of anything ruder.
   */
  abandon(closes: boolean): void {
    if (this.leavingAt !== null) return;
    this.leavingAt = Date.now();
    this.events.leaving();
    this.forget();
    if (closes || this.socket.readyState === CONNECTING) this.close();
  }

  /** What we no longer wait for has not failed. */
  private forget(): void {
    for (const { timer } of this.asked.splice(0)) clearTimeout(timer);
  }

  /** Gives the subscription up for another one. */
  private resubscribe(): void {
    if (this.leavingAt !== null || this.gaveUp !== null || this.subscription === null) return;
    this.changing = true;
    this.events.leaving();
    this.ask("unsubscribe", frames.unsubscribe(this.subscription));
  }

  private read(frame: unknown, readAt: number): void {
    this.readAt = readAt;
    if (typeof frame !== "string") {
      this.unknown("a binary frame came");
      return;
    }
    if (areJoined(frame)) for (const message of messagesIn(frame)) this.readMessage(message, readAt);
    else this.readMessage(frame, readAt);
  }

  /** Only the few messages that are no events are worth parsing. */
  private readMessage(message: string, readAt: number): void {
    if (isEventFrame(message)) this.events.event(message, readAt);
    else this.readControl(message);
  }

  private readControl(text: string): void {
    const frame = readControlFrame(text);
    const operation = ANSWERS.get(frame?.type ?? "");
    if (frame === null || operation === undefined) {
      const { code = "unknown frame", message = text.slice(0, 100) } = frame?.data ?? {};
      this.unknown(`${code}: ${message}`);
      return;
    }
    const failure = failureOf(operation, frame);
    if (failure !== null) this.failed(operation, failure);
    else if (this.answered(operation, null)) this.goOn(operation, frame);
  }

  /** It may be the answer to what was asked first; where nothing was, it is told as it is. */
  private unknown(what: string): void {
    const [first] = this.asked;
    if (first === undefined) this.events.strange(what);
    else this.failed(first.operation, what);
  }

  /** What follows an answer. */
  private goOn(operation: Operation, frame: ControlFrame): void {
    if (operation === "connect") {
      this.subscribe();
    } else if (operation === "subscribe") {
      this.subscription = frame.data?.subscription_id ?? null;
      this.events.live();
      this.ask("list", frames.listSubscriptions());
      if (!this.changed) this.schedule();
    } else if (operation === "unsubscribe" && this.changing) {
      this.changing = false;
      this.changed = true;
      this.subscription = null;
      this.events.unsubscribed();
      this.subscribe();
    } else if (operation === "unsubscribe") {
      cut(this.socket);
    }
  }

  private subscribe(): void {
    const ttl = Math.ceil((this.plan.until - Date.now()) / 1000) + TTL_MARGIN_SECONDS;
    this.ask("subscribe", frames.subscribe(this.filter, ttl));
  }

  /** What is to come of a session that is live. */
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

  private ask(operation: Operation, frame?: string): void {
    const at = Date.now();
    const timer = setTimeout(() => this.unanswered(operation, at), this.config.CONNECT_TIMEOUT * 1000);
    this.asked.push({ operation, at, timer });
    if (frame !== undefined) this.socket.send(frame);
  }

  /** A gateway that answers nothing and sends nothing else either is gone, however open its connection looks. */
  private unanswered(operation: Operation, askedAt: number): void {
    const silence = `no answer within ${this.config.CONNECT_TIMEOUT} s`;
    this.failed(operation, silence);
    if (this.readAt < askedAt) this.giveUp(`${silence}, and no other frame`);
  }

  /** An operation has failed; without a connection or a subscription there is nothing to go on with. */
  private failed(operation: Operation | undefined, failure: string): void {
    if (!this.answered(operation, failure)) return;
    if (operation !== "ping" && operation !== "list") this.giveUp(failure);
  }

  private giveUp(reason: string): void {
    this.gaveUp ??= reason;
    this.close();
  }

  /** A socket that is still connecting cannot be closed: k6 would stand still until it is connected, or for ever. */
  private close(): void {
    if (this.socket.readyState === OPEN) cut(this.socket);
    if (this.socket.readyState !== CONNECTING) return;
    this.socket.onopen = () => cut(this.socket);
    this.closed("still connecting");
  }

  /** @returns whether the operation was asked for and not answered yet. */
  private answered(operation: Operation | undefined, failure: string | null): boolean {
    const place = this.asked.findIndex((one) => one.operation === operation);
    const [asked] = place < 0 ? [] : this.asked.splice(place, 1);
    if (asked === undefined) return false;
    clearTimeout(asked.timer);
    this.events.operation(asked.operation, failure, Date.now() - asked.at);
    return true;
  }

  /** The connection is over, or given up; what comes later of it changes nothing. */
  private closed(reason: string): void {
    while (this.asked.length > 0) this.answered(this.asked[0]?.operation, this.gaveUp ?? reason);
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
