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

/** What a consumer reads, and to whom it tells what. */
export interface ConsumerOptions {
  readonly url: string;
  readonly stream: string;
  /** What the subjects of events start with. */
  readonly subject: string;
  /** Reads through the durable consumer of that name, which others may share; null reads through one of its own. */
  readonly durable: string | null;
  /** Makes the stream, with the retention that it needs, and reads no stream that has another one. */
  readonly ownStream: boolean;
  /** Called for every message, in stream order. */
  readonly onMessage: (message: JsMsg) => void;
  /** Called when the consumer starts (null) or stops to run (why). */
  readonly onChange: (trouble: string | null) => void;
}

const RETRY_MS = 200;
const ANSWER_TIMEOUT_MS = 2_000;
/** A server that does not answer two of these is gone, even if its connection still looks open. */
const PING_INTERVAL_MS = 5_000;
/** The server forgets a consumer whose gateway has been away for so long. */
const FORGET_MS = 30_000;

/** JetStream's code for a stream that is there with other settings. */
const STREAM_NAME_IN_USE = 10058;

/** Messages that the server may send ahead: about 8 MB at most, enough to never wait for a request. */
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
 * Reads a JetStream stream from the moment it is started, through a consumer of its own, so that
 * every gateway gets every event. It never gives up: it waits for NATS and for the stream, and after
 * an interruption it goes on behind the last message it read.
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

  /** Why no messages are being read, or null while they are. */
  get trouble(): string | null {
    return this.reason;
  }

  start(): void {
    this.running = this.run();
  }

  /** Stops reading and leaves nothing behind on the server. */
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

  /** Reads the stream until that ends; it always ends with an error that says why. */
  private async consume(connection: NatsConnection): Promise<void> {
    const { stream, onMessage, durable } = this.options;
    const subjects = subjectsBelow(this.options.subject);
    const limits = { checkAPI: false, timeout: ANSWER_TIMEOUT_MS };
    const manager = await jetstreamManager(connection, limits);
    if (this.options.ownStream) await this.ensureStream(manager, subjects);
    const start = this.place.find(await manager.streams.info(stream));
    // A start by number, not "new": when it has to begin again before its first message, an ordered
    // consumer that said "new" begins at the first message of the stream.
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

  /** Makes the stream, or gives one that is there the retention that this gateway needs, which the server may refuse. */
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
    // Rejects when the wait is cut short, which is just what a stop is to do.
    await delay(RETRY_MS, undefined, { signal: this.stopped.signal }).catch(() => {});
  }
}
