import type { PathLog } from "../../../k6/support/arrivals.ts";
import type { Filter } from "../filters.ts";
import type { Operation } from "./operations.ts";
import { Session, type SessionSettings } from "./session.ts";
import type { SessionEnd, SessionEvents, SessionPlan, SessionSocket, SocketSource } from "./sessionparts.ts";

/** Receives the events of a virtual user's connections. */
export interface Listener {
  operated(operation: Operation, failure: string | null, milliseconds: number): void;
  opened(filter: Filter, socket: SessionSocket): PathLog;
  left(log: PathLog): void;
  unsubscribed(connection: Connection): void;
  arrived(log: PathLog | null, message: string, readAt: number): void;
  told(what: string): void;
  over(connection: Connection, session: Session, end: SessionEnd): void;
}

/** Reports of one connection to its subscriber; a class, because closures for ten thousand connections cost memory. */
export class Connection implements SessionEvents {
  log: PathLog | null = null;
  /** Unix ms when the subscription ended; null until then. */
  leftAt: number | null = null;
  readonly filter: Filter;
  /** Connections with this filter that have failed one after the other before it. */
  readonly failures: number;
  private readonly subscriber: Listener;
  private session: Session | null = null;

  constructor(subscriber: Listener, filter: Filter, failures = 0) {
    this.subscriber = subscriber;
    this.filter = filter;
    this.failures = failures;
  }

  open(settings: SessionSettings, source: SocketSource, plan: SessionPlan): Session {
    this.session = new Session(settings, source, this.filter, plan, this);
    return this.session;
  }

  operation(operation: Operation, failure: string | null, milliseconds: number): void {
    this.subscriber.operated(operation, failure, milliseconds);
  }

  live(socket: SessionSocket): void {
    this.log = this.subscriber.opened(this.filter, socket);
    this.leftAt = null;
  }

  unsubscribed(): void {
    this.subscriber.unsubscribed(this);
    this.log = null;
  }

  leaving(): void {
    this.leftAt ??= Date.now();
    if (this.log !== null) this.subscriber.left(this.log);
  }

  event(message: string, readAt: number): void {
    this.subscriber.arrived(this.log, message, readAt);
  }

  strange(what: string): void {
    this.subscriber.told(what);
  }

  over(end: SessionEnd): void {
    if (this.session !== null) this.subscriber.over(this, this.session, end);
  }
}
