/** k6/x/sockets: WebSocket clients that vanish, that read slowly, and whose events are read in Go. */
declare module "k6/x/sockets" {
  /**
   * Keeps hold of the connections that this virtual user opens from now on.
   *
   * @param bytesPerSecond how fast they are read; 0 as fast as it goes.
   */
  export function follow(bytesPerSecond: number): void;

  /** Ends them without a closing frame. @returns how many there were. */
  export function vanish(): number;

  /** How a gateway writes its messages; the patterns are regular expressions of Go. */
  export interface Wire {
    /** Begins most messages with events. */
    readonly first: string;
    /** Ends most messages with events. */
    readonly last: string;
    /** The end of a message, a character, and the beginning of the next one in the same frame. */
    readonly between: string;
    /** Somewhere in other messages with events. */
    readonly event: string;
    /** Somewhere in messages that answer, even where they tell an event's id. */
    readonly answer: string;
    /** Right before the id of an event. */
    readonly key: string;
  }

  export interface SocketsOptions {
    readonly wire: Wire;
    /** Whether arrivals are kept and looked at; else they are counted. */
    readonly judges: boolean;
    /** Arrivals that are kept as samples each second. */
    readonly samplesPerSecond: number;
    /** Which of those who share the samples this is. */
    readonly place: number;
    /** Messages that are kept for a comparison each second. */
    readonly comparedPerSecond: number;
    /** Events of which `news` is told. */
    readonly enough: number;
    /** Ms after which a subscription with nothing to tell is reported all the same. */
    readonly heartbeat: number;
  }

  export interface SocketsListener {
    /** Something arrived for the first time on a subscription, or there is enough to take. */
    news(first: boolean, enough: boolean): void;
  }

  /** Is told of a connection, in order. */
  export interface SocketListener {
    opened(): void;
    /** A message came that carries no events; null for a binary frame. @param readAt Unix ms. */
    read(message: string | null, readAt: number): void;
    failed(error: string): void;
    /** It is over. @param code 0 without a closing frame. */
    closed(code: number, reason: string): void;
  }

  /** What came since it was taken the last time. */
  export interface Batch {
    readonly events: number;
    /** Those that came before their subscription was confirmed. */
    readonly foreign: number;
    /**
     * At which Unix ms some arrived. The lag of each is for how many ms it may have waited in this machine: its socket had
     * not been read empty for so long, or the process got no core, or the script was told of what came before it.
     */
    readonly samples: { readonly ids: string; readonly at: number[]; readonly lags: number[] };
    readonly compared: { readonly ids: string; readonly messages: string[] };
    /** Messages with events, but without an id, on subscriptions that were confirmed. */
    readonly strays: readonly string[];
  }

  /** Sockets of one virtual user; each is a number. */
  export class Sockets {
    constructor(options: SocketsOptions, listener: SocketsListener);
    /** Opens a connection. @param params as those of k6/websockets, without a jar. */
    open(url: string, params: object, listener: SocketListener): number;
    send(socket: number, text: string): void;
    /** Closes it without waiting for the other side. */
    cut(socket: number): void;
    framesRead(socket: number): number;
    /**
     * What it receives arrives on a subscription from now on.
     *
     * @param from Unix ms.
     * @param head of its reports: the members of the JSON object that stay the same.
     * @param first members that only its first report has.
     */
    listen(socket: number, from: number, head: string, first: string): void;
    /** The subscription is about to end, and no longer among the {@link reports}. */
    leave(socket: number): void;
    /** What it receives arrives on none. */
    ignore(socket: number): void;
    /** Takes out ids, one behind the other, and us since {@link listen} of each. */
    takeArrivals(socket: number): { readonly ids: string; readonly times: number[] };
    /**
     * Takes out what is to be reported, as members of a list in JSON. Each is complete up to now, less the lag of its
     * subscription.
     *
     * @param now Unix ms by the receiver's clock.
     * @param all of subscriptions without anything to tell, too.
     */
    reports(now: number, all: boolean): string;
    /** For how many ms what came on its subscription had waited when it was read last, or still may wait unread. */
    lag(socket: number): number;
    take(): Batch;
  }
}
