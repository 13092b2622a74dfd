import type { AddressInfo } from "node:net";
import type { JsMsg } from "@nats-io/jetstream";
import fastify, { type FastifyBaseLogger, LogController } from "fastify";
import type { WebSocket } from "ws";
import type { Manner } from "../../../target/manner.ts";
import { CHAIN_NUMBERS, type ChainNumbers, STREAM, SUBJECT } from "../wire.ts";
import { Chain } from "./blocks.ts";
import { Burst } from "./burst.ts";
import { StreamConsumer } from "./consumer.ts";
import { EventReader, MalformedEvent } from "./event.ts";
import type { PulseFaults } from "./faults.ts";
import { plantEventFaults, plantFaults } from "./faulty.ts";
import { plantHttpFaults } from "./faultyhttp.ts";
import { FaultySockets, type Send } from "./faultysockets.ts";
import { addRoutes } from "./routes.ts";
import { SOCKET_PATH, Sockets } from "./sockets.ts";
import { type Deliver, Subscriptions } from "./subscriptions.ts";

/** Settings of a gateway. */
export interface GatewayOptions {
  /** Address of NATS: `nats://host:port`. */
  readonly natsUrl: string;
  readonly stream?: string;
  /** Prefix of the subjects of events. */
  readonly subject?: string;
  readonly manner?: Manner;
  readonly host?: string;
  /** 0 for any free port. */
  readonly port?: number;
  readonly chainNumbers?: ChainNumbers;
  readonly faults?: PulseFaults;
  /** Bytes that may wait for a client before it is disconnected as too slow. */
  readonly maxBufferedBytes?: number;
  /** Gets log lines; none by default. */
  readonly log?: NodeJS.WritableStream;
}

/** A running gateway. */
export interface Gateway {
  readonly url: string;
  readonly wsUrl: string;
  /** Stops it: clients get a close frame, ports and connections are released. */
  close(): Promise<void>;
}

/** The consumer of a real gateway, and that of gateways that share one by mistake. */
const REAL_CONSUMER = "pulse-gateway";
const SHARED_CONSUMER = "gateways";

/** Connections that may wait to be accepted when many clients arrive at once; the kernel may allow fewer. */
const BACKLOG = 16_384;
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/**
 * Starts a gateway: it reads canonical events from JetStream and sends each to the subscribed WebSocket clients. It
 * starts without NATS, too, and is ready as soon as it reads the stream.
 *
 * @throws when the port cannot be used.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = "127.0.0.1", port = 0, chainNumbers = CHAIN_NUMBERS, faults = {}, manner = "contract" } = options;
  const isReal = manner === "real";
  const server = fastify({
    logger: options.log === undefined ? false : { stream: options.log },
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });
  const chains = new Map(Object.keys(chainNumbers).map((name) => [name, new Chain(name)]));
  const subscriptions = new Subscriptions(faults["ignore-filter"]);
  const counts = { received: 0, malformed: 0, delivered: 0, slow: 0 };
  const faultySockets = new FaultySockets(faults);
  const context = {
    subscriptions,
    burst: new Burst(),
    chains: [...chains.keys()],
    maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
    onSlow: () => server.log.warn({ slow: ++counts.slow }, "disconnected a client that reads too slowly"),
    events: (send: Send, socket: WebSocket) => faultySockets.events(send, socket),
    keeping: faults["keep-subscriptions"] === true,
    granting: faults["slow-subscribe"] ?? 0,
    manner,
  };
  const sockets = new Sockets(server.server, context, faultySockets);
  let haltedSince = Date.now();

  const reader = new EventReader(faults["wrong-chains"] === true ? exchanged(chainNumbers) : chainNumbers, manner);
  const malformed = malformedNote(server.log);
  const deliver: Deliver = (subscription, event) => {
    counts.delivered++;
    subscription.send(event.frame);
  };
  const deliverFaultily = plantFaults(deliver, faults, subscriptions);
  const dispatch = plantEventFaults((event) => subscriptions.dispatch(event, deliverFaultily), faults);

  const receive = (message: JsMsg) => {
    try {
      const event = reader.read(message.data, performance.now());
      counts.received++;
      chains.get(event.chain)?.note(event, Date.now());
      dispatch(event);
    } catch (error) {
      if (!(error instanceof MalformedEvent)) throw error;
      malformed(++counts.malformed, message.seq, error);
    }
  };

  const consumer = new StreamConsumer({
    url: options.natsUrl,
    stream: options.stream ?? STREAM,
    subject: options.subject ?? SUBJECT,
    durable: isReal ? REAL_CONSUMER : faults["shared-consumer"] === true ? SHARED_CONSUMER : null,
    ownStream: isReal,
    onMessage: receive,
    onChange: (trouble) => {
      if (trouble === null) return server.log.info("reading the stream");
      haltedSince = Date.now();
      server.log.warn(trouble);
    },
  });

  plantHttpFaults(server, faults);
  addRoutes(server, {
    chains,
    manifests: faults["no-manifests"] !== true && !isReal,
    healthy: () => isReal || consumer.trouble === null,
    trouble: () => {
      if (faults["not-ready"] === true) return "the fault not-ready is planted";
      return isReal ? null : consumer.trouble;
    },
    halt: () => (consumer.trouble === null ? null : { reason: consumer.trouble, since: haltedSince }),
    counts: () => ({
      ...counts,
      clients: sockets.size,
      subscriptions: subscriptions.size,
      reading: consumer.trouble === null,
    }),
  });
  await server.listen({ host, port, backlog: BACKLOG });
  consumer.start();

  const { port: bound } = server.server.address() as AddressInfo;
  const authority = `${host.includes(":") ? `[${host}]` : host}:${bound}`;
  return {
    url: `http://${authority}`,
    wsUrl: `ws://${authority}${SOCKET_PATH}`,
    close: async () => {
      await Promise.all([consumer.close(), sockets.close()]);
      await server.close();
    },
  };
}

/** The chains with the numbers of the first two swapped. */
function exchanged(numbers: ChainNumbers): ChainNumbers {
  const [first, second, ...rest] = Object.entries(numbers);
  if (first === undefined || second === undefined) return numbers;
  return Object.fromEntries([[first[0], second[1]], [second[0], first[1]], ...rest]);
}

const QUIET_MS = 10_000;

/** Logs malformed messages, at most one line in ten seconds: a broken publisher must not fill a disk. */
function malformedNote(log: FastifyBaseLogger): (total: number, seq: number, error: MalformedEvent) => void {
  let quietUntil = 0;
  return (total, seq, error) => {
    const now = Date.now();
    if (now < quietUntil) return;
    quietUntil = now + QUIET_MS;
    log.warn({ malformed: total, seq, problem: error.message }, "failed to unmarshal event");
  };
}
