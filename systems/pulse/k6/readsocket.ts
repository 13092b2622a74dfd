import type { SocketListener as GoListener, Sockets } from "k6/x/sockets";
import type { ArrivalSource } from "../../../k6/support/arrivals.ts";
import type { Door } from "../../../k6/support/door.ts";
import type { SessionSocket, SocketListener } from "./sessionparts.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** A socket whose events are read in Go: its listener is told of what else comes. */
export class ReadSocket implements SessionSocket, ArrivalSource, GoListener {
  readyState = CONNECTING;
  private readonly sockets: Sockets;
  private readonly listener: SocketListener;
  private readonly number: number;

  constructor(sockets: Sockets, door: Door, listener: SocketListener) {
    this.sockets = sockets;
    this.listener = listener;
    this.number = sockets.open(door.url, door.params, this);
  }

  send(text: string): void {
    this.sockets.send(this.number, text);
  }

  cut(): void {
    this.sockets.cut(this.number);
  }

  get framesRead(): number {
    return this.sockets.framesRead(this.number);
  }

  get arrivals(): ArrivalSource {
    return this;
  }

  listen(from: number, head: string, first: string): void {
    this.sockets.listen(this.number, from, head, first);
  }

  leave(): void {
    this.sockets.leave(this.number);
  }

  get lag(): number {
    return this.sockets.lag(this.number);
  }

  ignore(): void {
    this.sockets.ignore(this.number);
  }

  takeArrivals(): { readonly ids: string; readonly times: number[] } {
    return this.sockets.takeArrivals(this.number);
  }

  opened(): void {
    this.readyState = OPEN;
    this.listener.opened();
  }

  read(message: string | null, readAt: number): void {
    this.listener.read(message, readAt);
  }

  failed(error: string): void {
    this.listener.failed(error);
  }

  closed(code: number, reason: string): void {
    this.readyState = CLOSED;
    this.listener.closed(code === 0 ? {} : { code, reason });
  }
}
