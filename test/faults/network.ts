import { connect, createServer, type Server, type Socket } from "node:net";

/** What a network does to its traffic. */
export interface Conditions {
  /** Delay in ms, in each direction. */
  latency?: number;
  /** Additional delay in ms towards the server. */
  lopsided?: number;
  /** Bytes per second towards the client. */
  bandwidth?: number;
  /** Drops everything in both directions without notice. */
  silent?: boolean;
}

/** Most bytes that wait in a slow network before it stops reading. */
const BUFFER_BYTES = 64 * 1024;

/** A network between a client and a server, with settable defects. */
export class Network {
  /** The defects from now on. */
  readonly conditions: Conditions = {};
  private readonly server: Server;
  private readonly target: URL;
  private readonly sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.target = target;
    this.server = createServer((client) => this.accept(client));
  }

  /** Opens a network to a server. @param url of the server. */
  static async to(url: string, conditions: Conditions = {}): Promise<Network> {
    const network = new Network(new URL(url));
    Object.assign(network.conditions, conditions);
    await new Promise<void>((resolve) => network.server.listen(0, "127.0.0.1", resolve));
    return network;
  }

  /** The server's URL through this network. */
  get url(): string {
    const address = this.server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return this.target.href.replace(this.target.host, `127.0.0.1:${port}`).replace(/\/$/, "");
  }

  /** Resets every connection, like a router that has lost its state. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    }
    this.carry(client, server, false);
    this.carry(server, client, true);
  }

  private carry(from: Socket, to: Socket, towardsClient: boolean): void {
    const { conditions } = this;
    let free = 0;
    let waiting = 0;
    from.on("data", (chunk) => {
      if (conditions.silent === true) return;
      const now = performance.now();
      const { latency = 0, lopsided = 0, bandwidth = Number.POSITIVE_INFINITY } = conditions;
      free = Math.max(now, free) + (towardsClient ? (chunk.length * 1000) / bandwidth : 0);
      waiting += chunk.length;
      if (waiting > BUFFER_BYTES) from.pause();
      const pass = () => {
        waiting -= chunk.length;
        if (waiting <= BUFFER_BYTES) from.resume();
        if (!to.destroyed && conditions.silent !== true) to.write(chunk);
      };
      const late = free - now + latency + (towardsClient ? 0 : lopsided);
      if (late <= 0) pass();
      else setTimeout(pass, late);
    });
    from.on("end", () => to.end());
    from.on("close", () => to.destroy());
  }
}
