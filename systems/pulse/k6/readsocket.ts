import type { ErrorEvent, MessageEvent } from "k6/websockets";
import type { Sockets } from "k6/x/sockets";
import type { CloseEvent } from "../../../core/closewords.ts";
import type { ArrivalSource } from "../../../k6/support/arrivals.ts";
import type { Door } from "../../../k6/support/door.ts";
import type { SessionSocket } from "./sessionparts.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

function unheard(): void {}

/** A socket whose events are read in Go: a session sees what else comes. */
export class ReadSocket implements SessionSocket, ArrivalSource {
  readyState = CONNECTING;
  onopen: SessionSocket["onopen"] = unheard;
  onmessage: SessionSocket["onmessage"] = unheard;
  onerror: SessionSocket["onerror"] = unheard;
  onclose: (end?: CloseEvent) => void = unheard;
  private readonly sockets: Sockets;
  private readonly number: number;

  constructor(sockets: Sockets, door: Door) {
    this.sockets = sockets;
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

  /** From now on arrivals are kept. @param from Unix ms. */
  listen(from: number): ArrivalSource {
    this.sockets.listen(this.number, from);
    return this;
  }

  ignore(): void {
    this.sockets.ignore(this.number);
  }

  get hasArrivals(): boolean {
    return this.sockets.hasArrivals(this.number);
  }

  takeArrivals(): { readonly ids: string; readonly times: number[] } {
    return this.sockets.takeArrivals(this.number);
  }

  opened(): void {
    this.readyState = OPEN;
    this.onopen();
  }

  read(message: string | null, timestamp: number): void {
    this.onmessage({ data: message as string, timestamp } as MessageEvent);
  }

  failed(error: string): void {
    this.onerror({ error } as ErrorEvent);
  }

  closed(code: number, reason: string): void {
    this.readyState = CLOSED;
    this.onclose(code === 0 ? {} : { code, reason });
  }
}
