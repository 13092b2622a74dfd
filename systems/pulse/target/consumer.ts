import { setTimeout as delay } from "node:timers/promises";
import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
} from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { withoutCredentials } from "../../../core/redaction.ts";
import { subjectsBelow } from "../wire.ts";
import { Place } from "./place.ts";

/** The stream of a consumer, and its callbacks. */
export interface ConsumerOptions {
  readonly url: string;
  readonly stream: string;
  /** Prefix of the subjects of events. */
  readonly subject: string;
  /** Reads through the durable consumer of that name, which others may share; null reads through its own. */
  readonly durable: string | null;
  /** Creates the stream with the retention that it needs, and reads no stream with another one. */
  readonly ownStream: boolean;
  /** Called for every message, in order. */
  readonly onMessage: (message: JsMsg) => void;
  /** Called when the consumer starts (null) or stops (reason). */
  readonly onChange: (trouble: string | null) => void;
}

const RETRY_MS = 200;
const ANSWER_TIMEOUT_MS = 2_000;
/** A server that does not answer two of these is gone, even if its connection still looks open. */
const PING_INTERVAL_MS = 5_000;
/** The server deletes a consumer whose gateway is away for this long. */
const FORGET_MS = 30_000;

/** JetStream's code for a stream that exists with other settings. */
const STREAM_NAME_IN_USE = 10058;

/** Messages that the server may send ahead: at most about 8 MB, enough never to wait for a request. */
const MESSAGES_AHEAD = 10_000;
const REQUEST_EXPIRES_MS = 5_000;
const HEARTBEAT_MS = 1_000;

function durableConsumer(name: string, subjects: string) {
  return {
    durable_name: name,
    filter_subject: subjects,
    deliver_policy: DeliverPolicy.New,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: MESSAGES_AHEAD,
  };
}

/**
 * Reads a JetStream stream from the moment it is started, through its own consumer, so that every gateway gets every
 * event. It never gives up: it waits for NATS and for the stream, and after an interruption it goes on after the last
 * message.
 */
export class StreamConsumer {
  private readonly options: ConsumerOptions;
  private readonly stopped = new AbortController();
  private readonly place = new Place();
  private running: Promise<void> = Promise.resolve();
  private reason: string | null = "the consumer has not started yet";

  constructor(options: ConsumerOptions) {
    this.options = options;
  }

  /** Why no messages are being read; null while they are. */
  get trouble(): string | null {
    return this.reason;
  }

  start(): void {
    this.running = this.run();
  }

  /** Stops reading and deletes its consumer on the server. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { url } = this.options;
    while (!this.stopped.signal.aborted) {
      try {
        // The client's own reconnecting is off: it would go on with a consumer that may be gone.
        const connection = await connect({
          servers: url,
          name: "throughline pulse gateway",
          reconnect: false,
          timeout: ANSWER_TIMEOUT_MS,
          pingInterval: PING_INTERVAL_MS,
        });
        await this.serve(connection);
        this.tell(withoutCredentials(`the connection to NATS at ${url} is lost`));
      } catch (error) {
        this.tell(withoutCredentials(`NATS at ${url} is not reached: ${(error as Error).message}`));
      }
      await this.pause();
    }
  }

  private async serve(connection: NatsConnection): Promise<void> {
    while (!connection.isClosed() && !this.stopped.signal.aborted) {
      try {
        await this.consume(connection);
      } catch (error) {
        if (!connection.isClosed()) this.tell(this.explain(error as Error));
      }
      await this.pause();
    }
    await connection.close();
  }

  /** Reads the stream until that fails; always throws the reason. */
  private async consume(connection: NatsConnection): Promise<void> {
    const { stream, onMessage, durable } = this.options;
    const subjects = subjectsBelow(this.options.subject);
    const limits = { checkAPI: false, timeout: ANSWER_TIMEOUT_MS };
    const manager = await jetstreamManager(connection, limits);
    if (this.options.ownStream) await this.ensureStream(manager, subjects);
    const start = this.place.find(await manager.streams.info(stream));
    // Starts by number instead of "new": if an ordered consumer with "new" is recreated before its first message, it
    // starts at the beginning of the stream.
    const consumers = jetstream(connection, limits).consumers;
    if (durable !== null) await manager.consumers.add(stream, durableConsumer(durable, subjects));
    const consumer =
      durable !== null
        ? await consumers.get(stream, durable)
        : await consumers.get(stream, {
            opt_start_seq: start,
            filter_subjects: subjects,
            inactive_threshold: FORGET_MS,
          });
    const messages = await consumer.consume({
      max_messages: MESSAGES_AHEAD,
      expires: REQUEST_EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
      callback: (message) => {
        this.place.passed(message.seq);
        onMessage(message);
        if (durable !== null) message.ack();
      },
    });
    const stop = () => void messages.close();
    this.stopped.signal.addEventListener("abort", stop);
    if (this.stopped.signal.aborted) stop();
    this.tell(null);
    const error = await messages.closed();
    this.stopped.signal.removeEventListener("abort", stop);
    if (!connection.isClosed() && durable === null) await consumer.delete().catch(() => {});
    throw error instanceof Error ? error : new Error("the consumer has ended");
  }

  /** Creates the stream, or sets the retention of an existing one, which the server may refuse. */
  private async ensureStream(manager: JetStreamManager, subjects: string): Promise<void> {
    const { stream } = this.options;
    const wanted = { subjects: [subjects], retention: RetentionPolicy.Interest };
    try {
      await manager.streams.add({ name: stream, ...wanted });
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error;
      await manager.streams.update(stream, wanted);
    }
  }

  private explain(error: Error): string {
    const { stream } = this.options;
    const missing = error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
    if (!missing) return `stream ${stream} is not read: ${error.message}`;
    this.place.lost();
    return `stream ${stream} does not exist yet`;
  }

  private tell(trouble: string | null): void {
    if (trouble === this.reason || this.stopped.signal.aborted) return;
    this.reason = trouble;
    this.options.onChange(trouble);
  }

  private async pause(): Promise<void> {
    // Rejects when the wait is aborted, which is what a stop does.
    await delay(RETRY_MS, undefined, { signal: this.stopped.signal }).catch(() => {});
  }
}
