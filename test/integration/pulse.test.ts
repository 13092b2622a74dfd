/** The reference gateway against a real NATS server and real WebSocket clients. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import WebSocket from "ws";
import { DelayLine } from "../../target/delay.ts";
import { PULSE_FAULTS, parseFaults } from "../../target/faults.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../target/pulse/gateway.ts";
import { Place } from "../../target/pulse/place.ts";
import { event, type Workload } from "../../workload/event.ts";
import { FILTER_CLASSES, type Filter, filterFor, matches } from "../../workload/filter.ts";
import { readEventId } from "../../workload/trace.ts";
import {
  type CanonicalEvent,
  corruptedField,
  type DeliveredEvent,
  EVENT_FRAME_START,
  frames,
  MessagePress,
  STREAM,
  SUBJECTS,
} from "../../workload/wire/pulse.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SERVICES = join(ROOT, "bin/services");
const DEADLINE_MS = 15_000;
const WORKLOAD: Workload = { seed: 7, chains: ["ethereum", "solana"] };
const ALL: Filter = { chains: [], event_types: [], accounts: [], program_ids: [] };
const SECONDS_TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

interface Frame {
  readonly type: string;
  readonly data?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

/** Repeats an assertion until it holds. */
function eventually<Result>(assertion: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(assertion, { timeout: DEADLINE_MS, interval: 20 });
}

interface Program {
  readonly child: ChildProcess;
  readonly announced: Record<string, string>;
  readonly errors: () => string;
  stop(): Promise<void>;
}

/** Starts a program that announces itself by a line of JSON and ends when its standard input closes. */
async function run(command: string, args: readonly string[]): Promise<Program> {
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
class Nats {
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

  async addStream(): Promise<void> {
    const manager = await jetstreamManager(this.connection);
    await manager.streams.add({ name: STREAM, subjects: [SUBJECTS], storage: StorageType.File });
  }

  async deleteStream(): Promise<void> {
    await (await jetstreamManager(this.connection)).streams.delete(STREAM);
  }

  async consumers(): Promise<number> {
    return (await (await jetstreamManager(this.connection)).streams.info(STREAM)).state.consumer_count;
  }

  /** Stops the server but keeps what it stored. */
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
    const press = new MessagePress(WORKLOAD);
    for (let seq = firstSeq; seq < firstSeq + count; seq++) {
      const message = press.prepare(seq);
      const payload = message.stamp({ run: 1, publisher: 1, seq, publishedAt: Date.now() });
      this.connection.publish(message.subject, payload);
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

/** A WebSocket client that keeps every frame it was sent. */
class Client {
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
      while (this.texts[this.read]?.startsWith(EVENT_FRAME_START)) this.read++;
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

  /** The events that came so far. */
  events(): DeliveredEvent[] {
    return this.texts
      .filter((text) => text.startsWith(EVENT_FRAME_START))
      .map((text) => (JSON.parse(text) as { data: DeliveredEvent }).data);
  }

  /** The sequence numbers of the events that came so far. */
  seqs(): number[] {
    return this.events().map(({ event_id }) => readEventId(event_id)?.seq ?? -1);
  }
}

/** Starts a gateway that stops with the test, and waits until it reads the stream. */
async function readyGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = await startGateway(options);
  onTestFinished(() => gateway.close());
  await eventually(async () => expect(await get(gateway, "/ready")).toMatchObject({ status: 200 }));
  return gateway;
}

async function connected(gateway: Gateway): Promise<Client> {
  const client = await Client.open(gateway.wsUrl);
  expect((await client.next()).type).toBe("connected");
  return client;
}

async function get(gateway: Gateway, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(gateway.url + path, { signal: AbortSignal.timeout(DEADLINE_MS) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function counts(gateway: Gateway): Promise<Record<string, number>> {
  return (await get(gateway, "/api/v1/correctness/status")).body.counts as Record<string, number>;
}

/** Waits until a gateway has handled so many events and its clients have got what was sent to them. */
async function handled(gateway: Gateway, events: number, ...clients: readonly Client[]): Promise<void> {
  await eventually(async () => expect((await counts(gateway)).received).toBe(events));
  for (const client of clients) expect((await client.ask(frames.ping())).type).toBe("pong");
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, place) => first + place);
}

function canonical(changes: Partial<CanonicalEvent>): string {
  const { timestamp, published_at, ...rest } = JSON.parse(
    new MessagePress(WORKLOAD).prepare(0).stamp({ run: 1, publisher: 1, seq: 0, publishedAt: 1_767_225_600_000 }),
  ) as CanonicalEvent;
  return JSON.stringify({ ...rest, timestamp, published_at, ...changes });
}

describe("with NATS and the stream", () => {
  let nats: Nats;

  beforeAll(async () => {
    nats = await Nats.start();
  }, DEADLINE_MS);
  afterAll(() => nats?.close());
  beforeEach(() => nats.addStream());
  afterEach(() => nats.deleteStream());

  const gatewayWith = (options: Partial<GatewayOptions> = {}) => readyGateway({ natsUrl: nats.url, ...options });
  const faulty = (...settings: string[]) => gatewayWith({ faults: parseFaults(settings, PULSE_FAULTS) });

  describe("frames", () => {
    it("greets, answers a ping, and takes, lists and ends subscriptions", async () => {
      const gateway = await gatewayWith();
      const client = await Client.open(gateway.wsUrl);
      expect(await client.next()).toEqual({
        type: "connected",
        client_id: expect.stringMatching(/./),
        timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
      });
      expect(await client.ask(frames.ping())).toEqual({
        type: "pong",
        timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
      });

      const filter = { ...ALL, chains: ["ethereum"], event_types: ["transfer"] };
      const subscribed = await client.ask(frames.subscribe(filter, 60));
      const id = subscribed.data?.subscription_id as string;
      expect(id).toMatch(/^sub_./);
      expect(subscribed).toEqual({
        type: "subscribed",
        data: { subscription_id: id, filter },
        timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
      });

      const listed = await client.ask(frames.listSubscriptions());
      const { subscriptions } = listed.data as { subscriptions: [{ created_at: string; expires_at: string }] };
      const [entry] = subscriptions;
      expect(listed).toEqual({
        type: "subscriptions",
        data: { count: 1, subscriptions: [{ id, filter, created_at: entry.created_at, expires_at: entry.expires_at }] },
      });
      expect(Date.parse(entry.expires_at) - Date.parse(entry.created_at)).toBe(60_000);

      expect(await client.ask(frames.unsubscribe(id))).toEqual({ type: "unsubscribed", data: { subscription_id: id } });
      expect((await client.ask(frames.listSubscriptions())).data).toEqual({ count: 0, subscriptions: [] });
    });

    it("sends events exactly as the contract writes them", async () => {
      const gateway = await gatewayWith();
      const client = await connected(gateway);
      await client.subscribe(ALL);
      await nats.publish(0, 50);
      await handled(gateway, 50, client);
      expect(client.seqs()).toEqual(range(0, 50));
      for (const delivered of client.events()) {
        const seq = readEventId(delivered.event_id)?.seq as number;
        expect(corruptedField(delivered, event(WORKLOAD, seq))).toBeNull();
        expect(delivered.timestamp).toMatch(SECONDS_TIMESTAMP);
      }
      const text = client.texts.find((one) => one.startsWith(EVENT_FRAME_START)) as string;
      expect(text).toMatch(/^\{"type":"event","data":\{"event_id":"evt_\d{19}_/);
      expect(Object.keys(JSON.parse(text).data)).toEqual([
        "event_id",
        "chain",
        "block_num",
        "tx_hash",
        "event_type",
        "accounts",
        "program_id",
        "native_value",
        "timestamp",
      ]);
    });

    it.each([
      ["no JSON", "{nonsense", "invalid_message"],
      ["no object", "[1,2]", "invalid_message"],
      ["no type", '{"data":{}}', "invalid_message"],
      ["binary", Buffer.from(frames.ping()), "invalid_message"],
      ["an unknown type", '{"type":"shout"}', "unknown_type"],
      ["subscribe without data", '{"type":"subscribe"}', "invalid_data"],
      ["a field that is no list", '{"type":"subscribe","data":{"chains":"ethereum"}}', "invalid_data"],
      ["a list of numbers", '{"type":"subscribe","data":{"accounts":[1]}}', "invalid_data"],
      ["a time to live of nothing", '{"type":"subscribe","data":{"ttl_seconds":0}}', "invalid_data"],
      ["an endless time to live", '{"type":"subscribe","data":{"ttl_seconds":1e9}}', "invalid_data"],
      ["unsubscribe without data", '{"type":"unsubscribe"}', "missing_id"],
      ["unsubscribe without id", '{"type":"unsubscribe","data":{}}', "missing_id"],
      ["an id that is not held", frames.unsubscribe("sub_none"), "invalid_data"],
      ["an unknown chain", frames.subscribe({ ...ALL, chains: ["atlantis"] }, 60), "subscribe_failed"],
    ])("refuses %s and goes on", async (_, message, code) => {
      const client = await connected(await gatewayWith());
      expect(await client.ask(message)).toEqual({
        type: "error",
        data: { code, message: expect.stringMatching(/.../) },
      });
      expect((await client.ask(frames.ping())).type).toBe("pong");
    });

    it("refuses more subscriptions than a client may hold", async () => {
      const client = await connected(await gatewayWith());
      for (let count = 0; count < 1000; count++) client.socket.send(frames.subscribe(ALL, 60));
      for (let count = 0; count < 1000; count++) expect((await client.next()).type).toBe("subscribed");
      expect((await client.ask(frames.subscribe(ALL, 60))).data?.code).toBe("subscribe_failed");
    });

    it("closes a connection whose message is too large", async () => {
      const client = await connected(await gatewayWith());
      client.socket.send(frames.subscribe({ ...ALL, accounts: ["0x".padEnd(100_000, "0")] }, 60));
      expect((await client.closed).code).toBe(1009);
    });

    it("tells clients when it stops", async () => {
      const gateway = await gatewayWith();
      const client = await connected(gateway);
      await gateway.close();
      expect(await client.closed).toEqual({ code: 1001, reason: "the gateway is stopping" });
      expect(await nats.consumers()).toBe(0);
    });
  });

  describe("subscriptions", () => {
    it("delivers what a filter of each class matches and nothing else", async () => {
      const gateway = await gatewayWith();
      const wanted = [
        ALL,
        ...FILTER_CLASSES.map((kind) => filterFor(kind, event(WORKLOAD, 3))),
        { ...ALL, event_types: ["transfer", "swap"] },
        { ...ALL, chains: ["solana"], accounts: [...event(WORKLOAD, 1).accounts, ...event(WORKLOAD, 2).accounts] },
        { ...ALL, event_types: ["no such type"] },
      ];
      const clients = await Promise.all(wanted.map(() => connected(gateway)));
      await Promise.all(wanted.map((filter, place) => clients[place]?.subscribe(filter)));
      await nats.publish(0, 500);
      await handled(gateway, 500, ...clients);
      const expected = wanted.map((filter) => range(0, 500).filter((seq) => matches(filter, event(WORKLOAD, seq))));
      expect(clients.map((client) => client.seqs())).toEqual(expected);
      expect(expected.map((seqs) => seqs.length > 0)).toEqual([true, true, true, true, true, true, false]);
    });

    it("sends one copy per matching subscription", async () => {
      const gateway = await gatewayWith();
      const client = await connected(gateway);
      const first = await client.subscribe({ ...ALL, chains: ["ethereum", "solana"] });
      await client.subscribe({ ...ALL, chains: ["solana", "ethereum"] });
      await client.subscribe({ ...ALL, chains: ["polygon"] });
      await nats.publish(0, 20);
      await handled(gateway, 20, client);
      expect(client.seqs()).toEqual(range(0, 20).flatMap((seq) => [seq, seq]));

      await client.ask(frames.unsubscribe(first));
      await nats.publish(20, 20);
      await handled(gateway, 40, client);
      expect(client.seqs().slice(40)).toEqual(range(20, 20));
    });

    it("ends a subscription when its time to live is over", async () => {
      const gateway = await gatewayWith();
      const client = await connected(gateway);
      await client.subscribe(ALL, 1);
      const lasting = await client.subscribe(ALL, 600);
      await eventually(async () => {
        const { data } = await client.ask(frames.listSubscriptions());
        expect(data).toMatchObject({ count: 1, subscriptions: [{ id: lasting }] });
      });
      await nats.publish(0, 10);
      await handled(gateway, 10, client);
      expect(client.seqs()).toEqual(range(0, 10));
    });

    it("forgets the subscriptions of a client that left", async () => {
      const gateway = await gatewayWith();
      const client = await connected(gateway);
      await client.subscribe(ALL);
      expect(await counts(gateway)).toMatchObject({ clients: 1, subscriptions: 1 });
      client.socket.terminate();
      await eventually(async () => expect(await counts(gateway)).toMatchObject({ clients: 0, subscriptions: 0 }));
    });

    it("disconnects a client that does not read, and no other", async () => {
      const gateway = await gatewayWith({ maxBufferedBytes: 256 * 1024 });
      const [slow, quick] = [await connected(gateway), await connected(gateway)];
      await slow.subscribe(ALL);
      await quick.subscribe(ALL);
      slow.socket.pause();
      const large = canonical({ accounts: range(0, 2_000).map((place) => `0x${String(place).padStart(40, "0")}`) });
      let published = 0;
      // The kernel buffers some megabytes for the client before the gateway has to.
      for (; (await counts(gateway)).subscriptions === 2 && published < 1_000; published += 10) {
        await nats.publishText(...range(0, 10).map(() => large));
        await handled(gateway, published + 10, quick);
      }
      expect(await counts(gateway)).toMatchObject({ subscriptions: 1, slow: 1 });
      slow.socket.resume();
      expect(await slow.closed).toEqual({ code: 1008, reason: expect.stringContaining("slow consumer") });
      expect(slow.events().length).toBeGreaterThan(0);
      expect(quick.events()).toHaveLength(published);
    });
  });

  describe("stream", () => {
    it("delivers every event through each of two gateways", async () => {
      const gateways = [await gatewayWith(), await gatewayWith()];
      const clients = await Promise.all(gateways.map(connected));
      for (const client of clients) await client.subscribe(ALL);
      await nats.publish(0, 300);
      for (const [place, gateway] of gateways.entries()) await handled(gateway, 300, clients[place] as Client);
      for (const client of clients) expect(client.seqs()).toEqual(range(0, 300));
    });

    it("delivers nothing that was published before it started", async () => {
      await nats.publish(0, 30);
      const gateway = await gatewayWith();
      const client = await connected(gateway);
      await client.subscribe(ALL);
      await nats.publish(30, 10);
      await handled(gateway, 10, client);
      expect(client.seqs()).toEqual(range(30, 10));
    });

    it("passes over malformed messages and counts them", async () => {
      const gateway = await gatewayWith();
      const client = await connected(gateway);
      await client.subscribe(ALL);
      await nats.publish(0, 5);
      await nats.publishText(
        "",
        "no JSON {",
        "[]",
        "{}",
        canonical({ chain: 99 }),
        canonical({ accounts: "0x1" as never }),
        canonical({ block_number: -1 }),
        canonical({ event_id: 7 as never }),
      );
      await nats.publish(5, 5);
      await handled(gateway, 10, client);
      expect(client.seqs()).toEqual(range(0, 10));
      expect(await counts(gateway)).toMatchObject({ malformed: 8, received: 10 });
      expect((await get(gateway, "/ready")).status).toBe(200);
    });

    it("uses other chain numbers when it is told to", async () => {
      const gateway = await gatewayWith({ chainNumbers: { ethereum: 11155111 } });
      const client = await connected(gateway);
      await client.subscribe({ ...ALL, chains: ["ethereum"] });
      await nats.publishText(canonical({ chain: 11155111 }), canonical({ chain: 1 }));
      await handled(gateway, 1, client);
      expect(client.events()).toMatchObject([{ chain: "ethereum" }]);
      expect(await counts(gateway)).toMatchObject({ malformed: 1 });
    });
  });

  describe("HTTP", () => {
    it("answers every endpoint before any event", async () => {
      const gateway = await gatewayWith();
      const timestamp = expect.stringMatching(SECONDS_TIMESTAMP);
      const answers = {
        "/health": { status: "healthy", timestamp },
        "/ready": { ready: true, timestamp },
        "/api/v1/correctness/status": {
          timestamp,
          watermark: { available: true },
          gap_detector: { available: true },
          counts: { received: 0, malformed: 0, delivered: 0, slow: 0, clients: 0, subscriptions: 0 },
        },
        "/api/v1/correctness/watermark?chain=base": {
          timestamp,
          watermarks: [{ chain: "base", block_num: null, event_id: null, updated_at: null }],
        },
        "/api/v1/correctness/halts": { timestamp, halted: false, conditions: [] },
        "/api/v1/correctness/gaps": { timestamp, gaps: [] },
        "/api/v1/manifests/ethereum": { chain: "ethereum", count: 0, manifests: [] },
      };
      for (const [path, body] of Object.entries(answers)) {
        expect(await get(gateway, path), path).toEqual({ status: 200, body });
      }
      const { body } = await get(gateway, "/api/v1/correctness/watermark");
      expect(body.watermarks).toHaveLength(8);
    });

    it.each([
      ["/api/v1/correctness/watermark?chain=atlantis", 400, "invalid chain"],
      ["/api/v1/manifests/atlantis", 400, "invalid chain"],
      ["/api/v1/manifests/atlantis/1", 400, "invalid chain"],
      ["/api/v1/manifests/ethereum/first", 400, "invalid block"],
      ["/api/v1/manifests/ethereum/-1", 400, "invalid block"],
      ["/api/v1/manifests/ethereum/1", 404, "unknown block"],
      ["/nowhere", 404, "not found"],
      ["/ws", 426, "this is a WebSocket endpoint"],
    ])("answers %s with %i", async (path, status, error) => {
      expect(await get(await gatewayWith(), path)).toEqual({ status, body: { error } });
    });

    it("refuses a WebSocket anywhere but on /ws", async () => {
      const gateway = await gatewayWith();
      const upgrade = request(`${gateway.url}/elsewhere`, { headers: { connection: "Upgrade", upgrade: "websocket" } });
      upgrade.end();
      const [response] = await once(upgrade, "response");
      expect(response.statusCode).toBe(404);
    });

    it("shows the blocks, watermarks and gaps of the events it has read", async () => {
      const gateway = await gatewayWith();
      const block = (block_number: number, changes: Partial<CanonicalEvent> = {}) =>
        canonical({ chain: 1, block_number, block_hash: `0x${block_number}`, event_type: "transfer", ...changes });
      await nats.publishText(
        block(100),
        block(100, { event_type: "swap" }),
        block(100),
        block(101, { block_hash: "0xorphan" }),
        block(101, { event_id: "evt_1", commitment_level: "confirmed" }),
        block(105, { event_id: "evt_2" }),
        block(104, { event_id: "evt_3" }),
      );
      await handled(gateway, 7);

      expect((await get(gateway, "/api/v1/manifests/ethereum/100")).body).toMatchObject({
        chain: "ethereum",
        block_num: 100,
        block_hash: "0x100",
        event_count: 3,
        event_types: { transfer: 2, swap: 1 },
      });
      expect((await get(gateway, "/api/v1/manifests/ethereum/101")).body).toMatchObject({
        block_hash: "0x101",
        commitment_level: "confirmed",
        event_count: 1,
      });
      const list = (await get(gateway, "/api/v1/manifests/ethereum")).body;
      expect(list).toMatchObject({ chain: "ethereum", count: 4 });
      expect((list.manifests as { block_num: number }[]).map(({ block_num }) => block_num)).toEqual([
        104, 105, 101, 100,
      ]);
      expect((await get(gateway, "/api/v1/correctness/watermark?chain=ethereum")).body.watermarks).toEqual([
        { chain: "ethereum", block_num: 105, event_id: "evt_3", updated_at: expect.stringMatching(SECONDS_TIMESTAMP) },
      ]);
      expect((await get(gateway, "/api/v1/correctness/gaps")).body.gaps).toEqual([
        { chain: "ethereum", from_block: 102, to_block: 103 },
      ]);
    });

    it("remembers the most recent blocks only", async () => {
      const gateway = await gatewayWith();
      const blocks = range(1, 300).map((block_number) => canonical({ chain: 1, block_number }));
      await nats.publishText(...blocks);
      await handled(gateway, 300);
      expect((await get(gateway, "/api/v1/manifests/ethereum/44")).status).toBe(404);
      expect((await get(gateway, "/api/v1/manifests/ethereum/45")).status).toBe(200);
      expect((await get(gateway, "/api/v1/manifests/ethereum")).body).toMatchObject({
        count: 20,
        manifests: expect.arrayContaining([expect.objectContaining({ block_num: 300 })]),
      });
    });
  });

  describe("faults", () => {
    it("drops every N-th delivery", async () => {
      const gateway = await faulty("drop=10");
      const client = await connected(gateway);
      await client.subscribe(ALL);
      await nats.publish(0, 100);
      await handled(gateway, 100, client);
      expect(client.seqs()).toEqual(range(0, 100).filter((seq) => seq % 10 !== 9));
    });

    it("duplicates every N-th delivery", async () => {
      const gateway = await faulty("duplicate=10");
      const client = await connected(gateway);
      await client.subscribe(ALL);
      await nats.publish(0, 100);
      await handled(gateway, 100, client);
      expect(client.seqs()).toEqual(range(0, 100).flatMap((seq) => (seq % 10 === 9 ? [seq, seq] : [seq])));
    });

    it("misroutes every N-th delivery", async () => {
      const gateway = await faulty("misroute=10");
      const [client, stranger] = [await connected(gateway), await connected(gateway)];
      await client.subscribe(ALL);
      await stranger.subscribe({ ...ALL, chains: ["base"] });
      await nats.publish(0, 100);
      await handled(gateway, 100, client, stranger);
      expect(client.seqs()).toEqual(range(0, 100));
      expect(stranger.seqs()).toEqual(range(0, 100).filter((seq) => seq % 10 === 9));
    });

    it("delays every delivery and keeps the order", async () => {
      const gateway = await faulty("delay=100");
      const client = await connected(gateway);
      await client.subscribe(ALL);
      await nats.publish(0, 200);
      await eventually(() => expect(client.seqs()).toEqual(range(0, 200)));
      const delays = client.texts.flatMap((text, place) => {
        const trace = readEventId(text);
        return trace === null ? [] : [(client.arrivals[place] as number) - trace.publishedAt];
      });
      // Both stamps are whole milliseconds.
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(99);
      expect(delays.sort((a, b) => a - b)[100]).toBeLessThan(150);
    });

    it("drops what is delayed when its subscription has ended", async () => {
      const gateway = await faulty("delay=200");
      const client = await connected(gateway);
      const id = await client.subscribe(ALL);
      const lasting = await connected(gateway);
      await lasting.subscribe(ALL);
      await nats.publish(0, 10);
      await handled(gateway, 10);
      await client.ask(frames.unsubscribe(id));
      await eventually(() => expect(lasting.seqs()).toEqual(range(0, 10)));
      await client.ask(frames.ping());
      expect(client.seqs()).toEqual([]);
    });

    it("says that it is not ready", async () => {
      const gateway = await startGateway({ natsUrl: nats.url, faults: parseFaults(["not-ready"], PULSE_FAULTS) });
      onTestFinished(() => gateway.close());
      await eventually(async () => expect((await get(gateway, "/api/v1/correctness/halts")).body.halted).toBe(false));
      expect(await get(gateway, "/ready")).toMatchObject({ status: 503, body: { ready: false } });
    });

    it("has no manifests", async () => {
      const gateway = await faulty("no-manifests");
      for (const path of ["/api/v1/manifests/ethereum", "/api/v1/manifests/ethereum/1"]) {
        expect(await get(gateway, path)).toEqual({ status: 503, body: { error: "no manifest repository" } });
      }
      expect((await get(gateway, "/health")).status).toBe(200);
    });
  });
});

describe("without NATS or the stream", () => {
  async function ownNats(): Promise<Nats> {
    const nats = await Nats.start();
    onTestFinished(() => nats.close());
    return nats;
  }

  async function notReady(gateway: Gateway, reason: RegExp): Promise<void> {
    await eventually(async () => {
      expect(await get(gateway, "/ready")).toEqual({
        status: 503,
        body: {
          ready: false,
          reason: expect.stringMatching(reason),
          timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
        },
      });
    });
  }

  it("is healthy and says why it is not ready", async () => {
    const gateway = await startGateway({ natsUrl: "nats://127.0.0.1:1" });
    onTestFinished(() => gateway.close());
    await notReady(gateway, /NATS at nats:\/\/127\.0\.0\.1:1 is not reached/);
    expect((await get(gateway, "/health")).status).toBe(200);
    expect((await get(gateway, "/api/v1/correctness/halts")).body).toMatchObject({
      halted: true,
      conditions: [{ reason: expect.stringContaining("not reached"), since: expect.stringMatching(SECONDS_TIMESTAMP) }],
    });
    expect((await connected(gateway)).socket.readyState).toBe(WebSocket.OPEN);
  });

  it("reads a stream that is made later from its first event, and another one that replaces it", async () => {
    const nats = await ownNats();
    const gateway = await startGateway({ natsUrl: nats.url });
    onTestFinished(() => gateway.close());
    await notReady(gateway, /stream CANONICAL_EVENTS does not exist yet/);
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.addStream();
    await nats.publish(0, 100);
    await eventually(() => expect(client.seqs()).toEqual(range(0, 100)));
    expect((await get(gateway, "/ready")).status).toBe(200);

    await nats.deleteStream();
    await notReady(gateway, /stream CANONICAL_EVENTS does not exist yet/);
    await nats.addStream();
    await nats.publish(100, 50);
    await eventually(() => expect(client.seqs()).toEqual(range(0, 150)));
  });

  it("goes on after a restart of NATS where it had stopped", async () => {
    const nats = await ownNats();
    await nats.addStream();
    await nats.publish(0, 40);
    const gateway = await readyGateway({ natsUrl: nats.url });
    const client = await connected(gateway);
    await client.subscribe(ALL);

    // Once before the first event, when there is no last event to go on from, and once after.
    for (const [round, first] of [40, 140].entries()) {
      await nats.down();
      await notReady(gateway, /not reached|is lost/);
      await nats.up();
      await nats.publish(first, 100);
      await eventually(() => expect(client.seqs()).toEqual(range(40, 100 * (round + 1))));
      expect((await get(gateway, "/ready")).status).toBe(200);
    }
  });
});

describe("as a program", () => {
  const program = join(ROOT, `dist/test/pulse-${process.pid}.mjs`);

  beforeAll(async () => {
    await build({
      entryPoints: [join(ROOT, "target/pulse/main.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
    });
  });
  afterAll(() => rm(program, { force: true }));

  async function start(...flags: string[]): Promise<Program> {
    const running = await run(process.execPath, [
      program,
      "--nats",
      "nats://127.0.0.1:1",
      "--exit-with-stdin",
      ...flags,
    ]);
    onTestFinished(() => running.stop());
    return running;
  }

  it("announces itself, and stops when its standard input closes", async () => {
    const { announced, child, stop } = await start();
    expect(announced).toEqual({
      service: "pulse",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      wsUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/),
    });
    expect((await fetch(`${announced.url}/health`)).status).toBe(200);
    await stop();
    expect(child.exitCode).toBe(0);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("stops cleanly on %s", async (signal) => {
    const { child } = await start("--fault", "drop=5", "--chain-ids", "ethereum=100");
    const ended = once(child, "exit");
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    [["--port", "70000"], "--port", "70000", "65535"],
    [["--nats", "localhost"], "--nats", "localhost", "nats://"],
    [["--stream", "a b"], "--stream", "a b", "allowed"],
    [["--chain-ids", "ethereum"], "--chain-ids", "ethereum", "ethereum=1"],
    [["--chain-ids", "ethereum=2,solana=2"], "--chain-ids", "ethereum=2,solana=2", "once"],
    [["--fault", "drip=1"], "--fault", "drip=1", "drop=N"],
    [["--fault", "drop=often"], "--fault", "drop=often", "whole number"],
    [["--volume", "11"], "--volume", "", "--help"],
  ])("refuses %j in one line", async (flags, flag, value, allowed) => {
    const child = spawn(process.execPath, [program, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        output += text;
      });
    }
    expect(await once(child, "close")).toEqual([2, null]);
    expect(output.trimEnd().split("\n")).toHaveLength(1);
    for (const part of [flag, value, allowed]) expect(output).toContain(part);
  });

  it("fails when its port is taken", async () => {
    const { announced } = await start();
    const { port } = new URL(announced.url as string);
    await expect(run(process.execPath, [program, "--port", port])).rejects.toThrow(/ended with 1 .*EADDRINUSE/s);
  });
});

describe("parseFaults", () => {
  it("reads settings", () => {
    expect(parseFaults([], PULSE_FAULTS)).toEqual({});
    expect(parseFaults(["drop=1000", "delay=2.5", "not-ready"], PULSE_FAULTS)).toEqual({
      drop: 1000,
      delay: 2.5,
      "not-ready": true,
    });
  });

  it.each([
    ["dorp=1", /"dorp=1" is not known; known are drop=N, delay=MS/],
    ["constructor", /not known/],
    ["drop", /drop takes a whole number/],
    ["drop=", /drop takes a whole number/],
    ["drop=0", /drop takes a whole number/],
    ["drop=1.5", /drop takes a whole number/],
    ["drop=1=2", /drop takes a whole number/],
    ["delay=0", /delay takes milliseconds/],
    ["delay=1e9", /delay takes milliseconds/],
    ["not-ready=1", /not-ready takes no value/],
  ])("refuses %s", (setting, message) => {
    expect(() => parseFaults([setting], PULSE_FAULTS)).toThrow(message);
  });

  it("refuses a fault that is given twice", () => {
    expect(() => parseFaults(["drop=1", "drop=2"], PULSE_FAULTS)).toThrow(/drop is given twice/);
  });
});

describe("DelayLine", () => {
  it.each([0.5, 3, 20])("releases items %d ms later, in order and never early", async (milliseconds) => {
    const early: number[] = [];
    const order: number[] = [];
    const line = new DelayLine<{ place: number; due: number }>(({ place, due }) => {
      order.push(place);
      if (performance.now() < due) early.push(place);
    });
    for (let place = 0; place < 200; place++) {
      const due = performance.now() + milliseconds;
      line.push({ place, due }, due);
      if (place % 5 === 0) await new Promise((turn) => setTimeout(turn, 1));
    }
    await eventually(() => expect(order).toEqual(range(0, 200)));
    expect(early).toEqual([]);
  });
});

describe("Place", () => {
  const stream = (created: string, last_seq: number) => ({ created, state: { last_seq } });

  it("begins behind what was there before it", () => {
    expect(new Place().find(stream("monday", 41))).toBe(42);
  });

  it("goes on behind the last message, or where it began if there was none", () => {
    const place = new Place();
    place.find(stream("monday", 41));
    expect(place.find(stream("monday", 60))).toBe(42);
    place.passed(50);
    expect(place.find(stream("monday", 60))).toBe(51);
  });

  it("begins a stream that came later at its first message", () => {
    const place = new Place();
    place.lost();
    expect(place.find(stream("monday", 41))).toBe(1);
    place.passed(41);
    expect(place.find(stream("tuesday", 5))).toBe(1);
  });

  it("is not lost when the same stream is back, nor beyond the end of an older copy", () => {
    const place = new Place();
    place.find(stream("monday", 41));
    place.lost();
    expect(place.find(stream("monday", 50))).toBe(42);
    expect(place.find(stream("monday", 10))).toBe(11);
  });
});
