import type { Duplex } from "node:stream";

/**
 * Collects writes to sockets during a turn of the event loop and hands them to the kernel at its end: one system call
 * per socket instead of one per frame.
 */
export class Burst {
  private held: Duplex[] = [];

  /** Delays writes to a socket until this turn ends. @returns whether this is the first time in this turn. */
  hold(socket: Duplex): boolean {
    if (socket.writableCorked > 0) return false;
    if (this.held.length === 0) setImmediate(this.release);
    socket.cork();
    this.held.push(socket);
    return true;
  }

  private readonly release = (): void => {
    const sockets = this.held;
    this.held = [];
    for (const socket of sockets) socket.uncork();
  };
}
