import type { WebSocket } from "k6/websockets";
import type { CloseEvent } from "../../../core/closewords.ts";
import { cut } from "./cut.ts";
import type { SessionSocket, SocketListener, SocketSource } from "./sessionparts.ts";

const CONNECTING = 0;

/** The sockets that every k6 has. */
export function ownSockets(door: { open(): WebSocket }): SocketSource {
  return { open: (listener) => new OwnSocket(door.open(), listener) };
}

class OwnSocket implements SessionSocket {
  private readonly socket: WebSocket;

  constructor(socket: WebSocket, listener: SocketListener) {
    this.socket = socket;
    socket.onopen = () => listener.opened();
    socket.onmessage = (message) => {
      if (message !== undefined) listener.read(message.data, message.timestamp);
    };
    socket.onerror = (problem) => listener.failed(problem?.error ?? "connection error");
    socket.onclose = (end?: CloseEvent) => listener.closed(end);
  }

  get readyState(): number {
    return this.socket.readyState;
  }

  send(text: string): void {
    this.socket.send(text);
  }

  /** One that is still connecting cannot be closed: k6 would block until it is connected, or for ever. */
  cut(): void {
    if (this.socket.readyState !== CONNECTING) cut(this.socket);
  }
}
