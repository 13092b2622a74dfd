/** What a session is given: a socket, a plan, and a listener for its events. */
import type { CloseEvent } from "../../../core/closewords.ts";
import type { ArrivalSource } from "../../../k6/support/arrivals.ts";
import type { Agenda } from "./agenda.ts";
import type { Operation } from "./operations.ts";

/** How one connection ended. */
export type SessionEnd =
  /** As planned: we unsubscribed, then closed. */
  | "ended"
  /** It never became live: no connection, or no subscription. */
  | "failed"
  /** The gateway closed it too early. */
  | "lost";

/** What a session needs of a socket: k6's own has it, and one whose events are read in Go. */
export interface SessionSocket {
  readonly readyState: number;
  send(text: string): void;
  /** Closes it without waiting for the other side; nothing happens where it is connecting and that cannot be ended. */
  cut(): void;
  /** Frames that came, where the session does not see all of them. */
  readonly framesRead?: number;
  /** Keeps and reports events, where the session does not see them. */
  readonly arrivals?: ArrivalSource;
}

/** Is told what becomes of a socket. */
export interface SocketListener {
  opened(): void;
  /** @param frame a text, or else a binary frame; @param readAt when the socket was read, in Unix ms. */
  read(frame: unknown, readAt: number): void;
  failed(error: string): void;
  closed(end?: CloseEvent): void;
}

/** Reports of a session. */
export interface SessionEvents {
  /** An operation succeeded, or failed, this many milliseconds after its request. */
  operation(operation: Operation, failure: string | null, milliseconds: number): void;
  /** The subscription is confirmed: from now on every matching event must arrive. */
  live(socket: SessionSocket): void;
  /** The session or its subscription is about to end: events published from now on may not arrive. */
  leaving(): void;
  /** The subscription is over, and another one follows on the same connection. */
  unsubscribed(): void;
  /** A message with one or several events arrived; `readAt` is when the socket was read, in Unix ms. */
  event(message: string, readAt: number): void;
  /** A message arrived that is neither an event nor an answer. */
  strange(what: string): void;
  /** The connection is over; nothing follows. */
  over(end: SessionEnd): void;
}

/** Opens the socket of a session. */
export interface SocketSource {
  open(listener: SocketListener): SessionSocket;
}

/** The course of a session; without options it is well-behaved. Those that end together share one. */
export interface SessionPlan {
  /** Where its pings and its end are kept, and whose clock its moments are by. */
  readonly agenda: Agenda;
  /** The moment at which it ends. */
  readonly until: number;
  /** Ms. */
  readonly pingEvery: number;
  /** The moment at which it unsubscribes and subscribes again. */
  readonly resubscribesAt?: number | undefined;
  /** Ends the session instead, without unsubscribe or close frame. */
  readonly vanish?: (() => void) | undefined;
}
