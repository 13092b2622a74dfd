/**
 * k6/x/nats: NATS and JetStream in k6, with an outcome for every published message.
 *
 * The methods throw an `Error` whose message names the operation, the subject or stream, and the servers, and never
 * a password or token: `nats: publish to "events.x" on nats://127.0.0.1:4222: no responders (no stream captures
 * this subject)`.
 */
declare module "k6/x/nats" {
  export interface NatsOptions {
    /** URLs of the servers: `nats://host:port`, also with `tls`, `ws` or `wss`. One is enough to reach a cluster. */
    servers: string | readonly string[];
    /** Trusts whatever certificate a server shows. Does not ask for TLS by itself. Default false. */
    unsafe?: boolean | undefined;
    /** Token to authenticate with. */
    token?: string | undefined;
    /** User to authenticate as, with `password`. */
    user?: string | undefined;
    password?: string | undefined;
    /** Credentials file (JWT and seed), relative to the directory k6 was started in. */
    creds?: string | undefined;
    /** File with the seed of an nkey to authenticate with, relative to the directory k6 was started in. */
    nkey?: string | undefined;
    /** JetStream domain to publish into; the server's own where there is none. */
    domain?: string | undefined;
    /** Connects with TLS. The files are PEM, relative to the directory k6 was started in. */
    tls?:
      | {
          /** Certificates of the authorities to trust instead of the system's. */
          ca?: string | undefined;
          /** Client certificate, together with `key`. */
          cert?: string | undefined;
          key?: string | undefined;
          /** Trusts whatever certificate the server shows. Default false. */
          insecureSkipVerify?: boolean | undefined;
        }
      | undefined;
    /** Name of the connection, as the server's monitoring shows it. Default `k6`. */
    name?: string | undefined;
    /** Longest wait for a connection, in milliseconds. Default 2000. */
    timeout?: number | undefined;
    /** Attempts to reconnect to each server before giving up, -1 for no limit. Default -1. */
    maxReconnects?: number | undefined;
    /** Wait between attempts to reconnect to the same server, in milliseconds. Default 2000. */
    reconnectWait?: number | undefined;
  }

  /** What a message carries: text is sent as UTF-8, an array holds one byte per number. */
  export type Payload = string | ArrayBuffer | Uint8Array | readonly number[];

  export type Headers = Readonly<Record<string, string>>;

  /** A message for {@link Nats.publishMsg}: `raw` goes before `data`, and `header` is another name for `headers`. */
  export interface OutgoingMessage {
    topic: string;
    data?: Payload | undefined;
    raw?: Payload | undefined;
    headers?: Headers | undefined;
    header?: Headers | undefined;
  }

  /** A received message. Its properties are made when they are read, and read-only. */
  export interface Message {
    /** Subject that the message was published to. */
    readonly topic: string;
    /** The payload as text. */
    readonly data: string;
    /** The payload as bytes. */
    readonly raw: Uint8Array;
    /** The first value of each header. */
    readonly headers: Headers;
    /** Another name for `headers`. */
    readonly header: Headers;
  }

  export interface SubscribeOptions {
    /**
     * Has the iteration wait for messages until the subscription or its client is closed, or k6 ends the iteration,
     * as an open WebSocket does. Default false.
     */
    keepAlive?: boolean | undefined;
  }

  export interface Subscription {
    /** Ends the subscription. Messages that have not reached the handler yet are dropped. */
    close(): void;
  }

  /**
   * Configuration of a stream, with the names and values of the JetStream API; the most used ones are listed.
   * Unknown names are an error.
   */
  export interface StreamConfig {
    name: string;
    description?: string;
    /** Subjects that the stream captures, wildcards included. */
    subjects?: readonly string[];
    /** 0, 1 and 2 stand for `limits`, `interest` and `workqueue`. */
    retention?: "limits" | "interest" | "workqueue" | 0 | 1 | 2;
    max_consumers?: number;
    max_msgs?: number;
    max_msgs_per_subject?: number;
    max_bytes?: number;
    /** Nanoseconds, or text like `"90s"` or `"24h"`. */
    max_age?: number | string;
    /** Bytes. */
    max_msg_size?: number;
    /** 0 and 1 stand for `old` and `new`. */
    discard?: "old" | "new" | 0 | 1;
    /** 0 and 1 stand for `file` and `memory`. */
    storage?: "file" | "memory" | 0 | 1;
    replicas?: number;
    no_ack?: boolean;
    /** Window in which a `Nats-Msg-Id` is recognized again: nanoseconds, or text like `"2m"`. */
    duplicate_window?: number | string;
    [setting: string]: unknown;
  }

  export interface StreamInfo {
    readonly name: string;
    readonly subjects: readonly string[];
    /** Messages that the stream holds. */
    readonly messages: number;
    /** Bytes that the stream holds. */
    readonly bytes: number;
    readonly firstSequence: number;
    readonly lastSequence: number;
    /** Number of consumers. */
    readonly consumers: number;
  }

  /** The server's acknowledgement of one message. */
  export interface PublishAck {
    /** Place of the message in its stream; of its first copy, for a duplicate. */
    readonly sequence: number;
    /** Whether the stream has had a message with this `Nats-Msg-Id` already, and kept only that one. */
    readonly duplicate: boolean;
    /** Milliseconds from sending the message to its acknowledgement. */
    readonly latencyMs: number;
  }

  /** One message of a batch. */
  export interface BatchMessage {
    subject: string;
    data: Payload;
    /** `Nats-Msg-Id`, by which the stream recognizes duplicates. */
    id?: string | number | undefined;
    headers?: Headers | undefined;
  }

  /** What a {@link Template} is made of; what its fields mean stands in `core/template.ts`. */
  export interface TemplateOptions {
    /** Draws the variant of each message by its number. */
    seed: number;
    variants: readonly { readonly subject: string; readonly pieces: readonly (string | TemplateSlot)[] }[];
  }

  export type TemplateSlot =
    | { readonly slot: "identity"; readonly spelling: "text" | "hash" | "uuid" | "number" }
    | { readonly slot: "time"; readonly unit: "unix" | "unixms" }
    | {
        readonly slot: "time";
        readonly unit: "iso";
        readonly from?: number | undefined;
        readonly to?: number | undefined;
      }
    | {
        readonly slot: "number";
        readonly every?: number | undefined;
        readonly modulo?: number | undefined;
        readonly from?: number | undefined;
        readonly seed?: number | undefined;
        readonly below?: number | undefined;
        readonly plus?: number | undefined;
        readonly digits?: number | undefined;
        readonly times?: number | undefined;
      };

  /** Messages of which each differs from the others in little. They are written without the script, when they are sent. */
  export class Template {
    /** @throws when an option is unknown, missing or malformed. */
    constructor(options: TemplateOptions);

    /** The message of one event, as it is published. @param trace `publishedAt` in milliseconds since the epoch. */
    write(trace: { run: number; publisher: number; seq: number; publishedAt: number }): {
      subject: string;
      data: string;
    };
  }

  /**
   * A template that all virtual users share by its name: the first that publishes makes it, as k6's SharedArray is made.
   */
  export interface SharedTemplate {
    readonly name: string;
    make(): object;
  }

  /** Consecutive events of a template. */
  export interface Series {
    run: number;
    publisher: number;
    firstSeq: number;
    count: number;
    /** Milliseconds that are added to the time that each event is stamped with. Default 0. */
    clockCorrection?: number | undefined;
  }

  export interface BatchOptions {
    /** Longest wait for the whole batch, in milliseconds. Default 5000. */
    timeout?: number | undefined;
    /**
     * Most messages of this batch waiting for their acknowledgement at a time; the call itself waits before it sends
     * more. Default 4096.
     */
    maxPending?: number | undefined;
  }

  /**
   * - `acked`: the stream has stored the message.
   * - `duplicate`: the stream had it already.
   * - `refused`: it is certain that the message was not stored: the server said so, no stream captures the subject,
   *   or the message could not be sent.
   * - `unknown`: no answer in time, or the connection broke before it. The message may have been stored.
   */
  export type PublishStatus = "acked" | "duplicate" | "refused" | "unknown";

  /** What became of one message of a batch. */
  export interface PublishOutcome {
    readonly subject: string;
    readonly status: PublishStatus;
    /** When the message was sent, in milliseconds since the epoch with a fraction; null when it was not. */
    readonly sentAt: number | null;
    /** Place in the stream; null unless acked or duplicate. */
    readonly sequence: number | null;
    /** Milliseconds from sending to acknowledgement; null unless acked or duplicate. */
    readonly latencyMs: number | null;
    /** Why the message was refused or is unknown; null for the others. */
    readonly error: string | null;
  }

  /** A message of a batch that was not acknowledged. */
  export interface PublishFailure {
    /** Its place in the batch. */
    readonly index: number;
    /** False when it never left. */
    readonly sent: boolean;
    /** True when the server did not take it, or would not have: it is too large, or its subject is none. */
    readonly refused: boolean;
    readonly error: string;
  }

  /** What became of a batch. Every message is in exactly one of the four counts. */
  export interface BatchResult {
    readonly acked: number;
    readonly duplicates: number;
    readonly refused: number;
    readonly unknown: number;
    /** When sending began, in milliseconds since the epoch with a fraction. */
    readonly sentAt: number;
    /** Of the acked and duplicate messages; 0 when there are none. */
    readonly latencySumMs: number;
    readonly latencyMinMs: number;
    readonly latencyMaxMs: number;
    /** The latency of every acked and duplicate message, in the order of the batch. Made when it is first read. */
    readonly latenciesMs: Float64Array;
    /** The messages that are neither acked nor duplicate. Made when it is first read. */
    readonly failures: readonly PublishFailure[];
    /** One outcome per message, in the order of the batch. Each is made when it is read. */
    readonly outcomes: readonly PublishOutcome[];
  }

  /**
   * A client. It can be made in the init context: it connects when it is first used, so that `k6 inspect` and
   * `k6 archive` need no server, and reconnects by itself. Every VU has its own connection, which lasts until `close`
   * or the end of the test.
   *
   * @throws when an option is unknown, missing or malformed.
   */
  export class Nats {
    constructor(options: NatsOptions);

    /** Connects, where that was not done yet. Every other method does so by itself. */
    connect(): void;

    /** Publishes without acknowledgement. */
    publish(subject: string, payload: Payload): void;
    publishWithHeaders(subject: string, payload: Payload, headers: Headers): void;
    publishMsg(message: OutgoingMessage): void;

    /**
     * Publishes a request and waits for the answer.
     *
     * @throws when nobody answers on the subject, or not within 5 s.
     */
    request(subject: string, payload: Payload, headers?: Headers): Message;

    /**
     * Has the handler called for every message on the subject, wildcards allowed.
     *
     * Handlers run on the VU's event loop: not while the script computes, or blocks in `sleep`, but when it awaits
     * something or its function has returned. The iteration then delivers what has arrived, everything included that
     * this VU had published, and ends; with `keepAlive` it stays to wait for more. An error in a handler fails the
     * iteration.
     *
     * A subscription made in an iteration ends with it. One made in the init context opens when the VU first uses a
     * client in an iteration, and lasts.
     */
    subscribe(subject: string, handler: (message: Message) => void, options?: SubscribeOptions): Subscription;

    /** Creates the stream, or updates it when it exists. */
    jetStreamSetup(config: StreamConfig): void;

    /**
     * Deletes the stream with all its messages.
     *
     * @throws when there is no such stream.
     */
    jetStreamDelete(stream: string): void;

    /**
     * Reads the state of the stream.
     *
     * @throws when there is no such stream.
     */
    jetStreamInfo(stream: string): StreamInfo;

    /**
     * Publishes to the stream that captures the subject and waits for the acknowledgement.
     *
     * @throws when the message is refused, or not acknowledged within 5 s.
     */
    jetStreamPublish(subject: string, payload: Payload): PublishAck;
    jetStreamPublishWithHeaders(subject: string, payload: Payload, headers: Headers): PublishAck;
    jetStreamPublishMsg(message: OutgoingMessage): PublishAck;

    /**
     * Publishes the messages in order and promises what became of each. Batches of one client may overlap; the
     * order of their messages is kept.
     *
     * The promise is rejected only when nothing was sent: with a TypeError on malformed arguments, or without a
     * connection.
     */
    jetStreamPublishBatch(messages: readonly BatchMessage[], options?: BatchOptions): Promise<BatchResult>;

    /**
     * Publishes events of a template as {@link jetStreamPublishBatch} does messages. Each is written and stamped with
     * the time just before it is sent. With a `count` of 0 it connects and makes a shared template.
     */
    jetStreamPublishSeries(
      template: Template | SharedTemplate,
      series: Series,
      options?: BatchOptions,
    ): Promise<BatchResult>;

    /**
     * Publishes events of a template without JetStream, and a ping behind them: what the server has not refused by the
     * time it answers is acked. That says nothing of who was subscribed.
     */
    publishSeries(template: Template | SharedTemplate, series: Series, options?: BatchOptions): Promise<BatchResult>;

    /**
     * Has the handler called for every message that the stream holds on the subject and that is added, from the first
     * one on. Without a stream that captures the subject, the subject is taken for a stream's name. A message is
     * acknowledged when the handler gets it. For the rest see {@link subscribe}.
     */
    jetStreamSubscribe(subject: string, handler: (message: Message) => void, options?: SubscribeOptions): Subscription;

    /** Ends the subscriptions and the connection. What waits for an acknowledgement becomes unknown. */
    close(): void;
  }

  /** Counts of the messages that all VUs of this k6 process have published to JetStream. */
  export interface Totals {
    /** Messages handed over, those included that still wait for their acknowledgement. */
    readonly published: number;
    readonly acked: number;
    readonly duplicates: number;
    readonly refused: number;
    readonly unknown: number;
    /** Payload bytes of the published messages. */
    readonly bytes: number;
    /** Sum over the acked and duplicate messages, in milliseconds. */
    readonly ackLatencySumMs: number;
  }

  /** Reads the counts. A batch enters the counts of outcomes when it is over. */
  export function totals(): Totals;

  const nats: { Nats: typeof Nats; Template: typeof Template; totals: typeof totals };
  export default nats;
}
