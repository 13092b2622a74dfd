import type { WebSocket } from "ws";
import type { PulseFaults } from "./faults.ts";

/** Writes a frame to a client. */
export type Send = (frame: Buffer) => void;

/** WebSocket close codes, RFC 6455 section 7.4.1. */
const GOING_AWAY = 1001;

/** Faults of connections. Without faults it changes nothing. */
export class FaultySockets {
  private readonly faults: PulseFaults;
  private upgrades = 0;
  private ended = 0;
  private frames = 0;
  private readonly convoy = new Convoy();

  constructor(faults: PulseFaults) {
    this.faults = faults;
  }

  /** Whether an upgrade is refused. @param open number of connected clients. */
  refuses(open: number): boolean {
    const { "connection-cap": cap, "refuse-upgrade": oneIn } = this.faults;
    this.upgrades++;
    return (cap !== undefined && open >= cap) || (oneIn !== undefined && this.upgrades % oneIn === 0);
  }

  /** A client has connected. */
  opened(socket: WebSocket): void {
    socket.on("close", () => this.ended++);
    const end = this.faults["deaf-end"];
    if (end !== undefined) setTimeout(() => socket.close(GOING_AWAY, "enough"), end).unref();
    const idle = this.faults["close-idle"];
    if (idle === undefined) return;
    const timer = setTimeout(() => socket.close(GOING_AWAY, "idle"), idle).unref();
    socket.on("message", () => timer.refresh());
  }

  /** How events are written to a new client. */
  events(send: Send, socket: WebSocket): Send {
    if (this.faults["wait-for-slow"] === true) return this.convoy.join(send, socket);
    const { "deaf-end": end, "drop-after-reconnect": deaf, "slow-consumer-drop": queue, truncate } = this.faults;
    let plain = send;
    if (truncate !== undefined) plain = (frame) => send(++this.frames % truncate === 0 ? frame.subarray(0, -5) : frame);
    if (queue !== undefined) plain = boundedQueue(plain, queue);
    if (this.faults["join-frames"] === true) plain = joined(plain);
    if (end !== undefined) plain = until(performance.now() + end - LAST_MS, plain);
    if (deaf === undefined || this.ended === 0) return plain;
    const from = performance.now() + deaf;
    return (frame) => {
      if (performance.now() >= from) plain(frame);
    };
  }
}

/** Events beyond a queue's capacity are dropped; it is emptied once in a turn of the event loop. */
function boundedQueue(send: Send, length: number): Send {
  let queued = 0;
  return (frame) => {
    if (queued === 0) {
      setImmediate(() => {
        queued = 0;
      });
    }
    if (++queued <= length) send(frame);
  };
}

/** How long before its end a connection gets nothing. */
const LAST_MS = 1_000;

/** Sends nothing from a time on, by `performance.now()`. */
function until(moment: number, send: Send): Send {
  return (frame) => {
    if (performance.now() < moment) send(frame);
  };
}

const LINE_BREAK = Buffer.from("\n");

/** Events of one turn of the event loop become one frame, like from a gateway that empties a client's queue at once. */
function joined(send: Send): Send {
  let waiting: Buffer[] = [];
  return (frame) => {
    if (waiting.push(frame) > 1) return;
    setImmediate(() => {
      const [first, ...others] = waiting;
      waiting = [];
      if (first !== undefined) send(Buffer.concat([first, ...others.flatMap((other) => [LINE_BREAK, other])]));
    });
  };
}

const FULL_BYTES = 64 * 1024;
const LOOK_MS = 10;

/** No client gets anything while one of them has not read its data. */
class Convoy {
  private readonly sockets = new Set<WebSocket>();
  private waiting: (() => void)[] = [];

  join(send: Send, socket: WebSocket): Send {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    return (frame) => {
      if (this.waiting.push(() => send(frame)) === 1) this.goOn();
    };
  }

  private goOn(): void {
    while (this.waiting.length > 0) {
      if ([...this.sockets].some(({ bufferedAmount }) => bufferedAmount > FULL_BYTES)) {
        setTimeout(() => this.goOn(), LOOK_MS).unref();
        return;
      }
      this.waiting[0]?.();
      this.waiting.shift();
    }
  }
}
