/** Helpers for tests of the reference gateway: a real NATS server, gateways and WebSocket clients. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, vi } from "vitest";
import WebSocket from "ws";
import { readEventId } from "../../core/trace.ts";
import type { Workload } from "../../systems/pulse/events.ts";
import type { Filter } from "../../systems/pulse/filters.ts";
import { frames, isEventFrame } from "../../systems/pulse/frames.ts";
import { pulseEvents } from "../../systems/pulse/pipeline.ts";
import { PULSE_FAULTS } from "../../systems/pulse/target/faults.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../systems/pulse/target/gateway.ts";
import { type CanonicalEvent, type DeliveredEvent, STREAM, SUBJECT, subjectsBelow } from "../../systems/pulse/wire.ts";
import { parseFaults } from "../../target/faults.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
const SERVICES = join(ROOT, "bin/services");
export const DEADLINE_MS = 15_000;
export const WORKLOAD: Workload = { seed: 7, chains: ["ethereum", "solana"] };
export const ALL: Filter = { chains: [], event_types: [], accounts: [], program_ids: [] };
export const SECONDS_TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export interface Frame {
  readonly type: string;
  readonly data?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

/** Repeats an assertion until it holds. */
export function eventually<Result>(assertion: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(assertion, { timeout: DEADLINE_MS, interval: 20 });
}

export interface Program {
  readonly child: ChildProcess;
  readonly announced: Record<string, string>;
  readonly errors: () => string;
  stop(): Promise<void>;
}

/** Starts a program that announces its address as JSON and ends when its standard input closes. */
export async function run(command: string, args: readonly string[]): Promise<Program> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "exit");
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), ended]);
  if (typeof first[0] !== "string") throw new Error(`${command} ended with ${first[0]} and said: ${errors}`);
  return {
    child,
    announced: JSON.parse(first[0]),
    errors: () => errors,
    stop: async () => {
      child.stdin.end();
      const kill = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
      await ended;
      clearTimeout(kill);
    },
  };
}

/** A real NATS server with a connection to it. */
/** Adds the stream of the contract. */
export async function addStream(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: [subjectsBelow(SUBJECT)], storage: StorageType.File });
}

export class Nats {
  private readonly store: string;
  private server: Program;
  connection: NatsConnection;

  private constructor(store: string, server: Program, connection: NatsConnection) {
    this.store = store;
    this.server = server;
    this.connection = connection;
  }

  static async start(): Promise<Nats> {
    if (!existsSync(SERVICES)) throw new Error(`${SERVICES} is missing: build it from xk6/services`);
    const store = await mkdtemp(join(tmpdir(), "throughline-nats-"));
    const server = await run(SERVICES, ["nats", "--port", "0", "--store-dir", store, "--exit-with-stdin"]);
    return new Nats(store, server, await connect({ servers: server.announced.url as string }));
  }

  get url(): string {
    return this.server.announced.url as string;
  }

  addStream(): Promise<void> {
    return addStream(this.connection);
  }

  async deleteStream(): Promise<void> {
    await (await jetstreamManager(this.connection)).streams.delete(STREAM);
  }

  async consumers(): Promise<number> {
    return (await (await jetstreamManager(this.connection)).streams.info(STREAM)).state.consumer_count;
  }

  /** Stops the server but keeps its data. */
  async down(): Promise<void> {
    await this.connection.close();
    await this.server.stop();
  }

  /** Starts the server again on the same port. */
  async up(): Promise<void> {
    const { port } = new URL(this.url);
    this.server = await run(SERVICES, ["nats", "--port", port, "--store-dir", this.store, "--exit-with-stdin"]);
    this.connection = await connect({ servers: this.url });
  }

  /** Publishes events of the workload and waits until the stream has them. */
  async publish(firstSeq: number, count: number): Promise<void> {
    const messages = pulseEvents(WORKLOAD);
    for (let seq = firstSeq; seq < firstSeq + count; seq++) {
      const { subject, data } = messages.write({ run: 1, publisher: 1, seq, publishedAt: Date.now() });
      this.connection.publish(subject, data);
    }
    await this.connection.flush();
  }

  async publishText(...payloads: readonly string[]): Promise<void> {
    for (const payload of payloads) this.connection.publish("events.canonical.1.transfer", payload);
    await this.connection.flush();
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.server.stop();
    await rm(this.store, { recursive: true, force: true });
  }
}

/** A WebSocket client that keeps every frame. */
export class Client {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  readonly arrivals: number[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private read = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.texts.push(String(data));
      this.arrivals.push(Date.now());
    });
    this.closed = new Promise((done) => {
      socket.on("close", (code, reason) => done({ code, reason: String(reason) }));
    });
  }

  static async open(url: string): Promise<Client> {
    const socket = new WebSocket(url);
    const client = new Client(socket);
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    return client;
  }

  /** The next frame that is not an event. */
  async next(): Promise<Frame> {
    return eventually(() => {
      while (isEventFrame(this.texts[this.read] ?? "")) this.read++;
      const text = this.texts[this.read];
      if (text === undefined) throw new Error("no frame came");
      this.read++;
      return JSON.parse(text) as Frame;
    });
  }

  async ask(text: string | Buffer): Promise<Frame> {
    this.socket.send(text);
    return this.next();
  }

  async subscribe(filter: Filter, ttlSeconds = 600): Promise<string> {
    const answer = await this.ask(frames.subscribe(filter, ttlSeconds));
    expect(answer.type).toBe("subscribed");
    return answer.data?.subscription_id as string;
  }

  /** The events received so far. */
  events(): DeliveredEvent[] {
    return this.texts
      .filter((text) => isEventFrame(text))
      .map((text) => (JSON.parse(text) as { data: DeliveredEvent }).data);
  }

  /** The sequence numbers of the events received so far. */
  seqs(): number[] {
    return this.events().map(({ event_id }) => readEventId(event_id)?.seq ?? -1);
  }
}

/** Starts a gateway for one test, and waits until it reads the stream. */
export async function readyGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = await startGateway(options);
  onTestFinished(() => gateway.close());
  await eventually(async () => expect(await get(gateway, "/ready")).toMatchObject({ status: 200 }));
  return gateway;
}

export async function connected(gateway: Gateway): Promise<Client> {
  const client = await Client.open(gateway.wsUrl);
  expect((await client.next()).type).toBe("connected");
  return client;
}

export async function get(gateway: Gateway, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(gateway.url + path, { signal: AbortSignal.timeout(DEADLINE_MS) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export async function counts(gateway: Gateway): Promise<Record<string, number>> {
  return (await get(gateway, "/api/v1/correctness/status")).body.counts as Record<string, number>;
}

/** Waits until a gateway has handled this many events and its clients have received theirs. */
export async function handled(gateway: Gateway, events: number, ...clients: readonly Client[]): Promise<void> {
  await eventually(async () => expect((await counts(gateway)).received).toBe(events));
  for (const client of clients) expect((await client.ask(frames.ping())).type).toBe("pong");
}

export function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, place) => first + place);
}

export function canonical(changes: Partial<CanonicalEvent>): string {
  const { timestamp, published_at, ...rest } = JSON.parse(
    pulseEvents(WORKLOAD).write({ run: 1, publisher: 1, seq: 0, publishedAt: 1_767_225_600_000 }).data,
  ) as CanonicalEvent;
  return JSON.stringify({ ...rest, timestamp, published_at, ...changes });
}

/** The server of a file's tests; see {@link useNats}. */
export let nats: Nats;

/** Starts a server for the tests of a file, with a stream for each test. */
export function useNats(): void {
  beforeAll(async () => {
    nats = await Nats.start();
  }, DEADLINE_MS);
  afterAll(() => nats?.close());
  beforeEach(() => nats.addStream());
  afterEach(() => nats.deleteStream());
}

/** A gateway for the test's stream on that server. */
export function gatewayWith(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return readyGateway({ natsUrl: nats.url, ...options });
}

/** The same with planted faults, as in `drop=10`. */
export function faulty(...settings: string[]): Promise<Gateway> {
  return gatewayWith({ faults: parseFaults(settings, PULSE_FAULTS) });
}
