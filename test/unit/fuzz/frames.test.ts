/** WebSocket frames as a subscriber reads them, from a gateway that sends whatever it likes. */
import fc from "fast-check";
import { afterEach, expect, vi } from "vitest";
import { eventId } from "../../../core/trace.ts";
import { damageOf, eventsIn } from "../../../systems/pulse/damage.ts";
import { event } from "../../../systems/pulse/events.ts";
import { eventIdsIn, readControlFrame, soleEventId } from "../../../systems/pulse/frames.ts";
import { Agenda } from "../../../systems/pulse/k6/agenda.ts";
import { ownSockets } from "../../../systems/pulse/k6/ownsocket.ts";
import { Session } from "../../../systems/pulse/k6/session.ts";
import type { SessionEvents } from "../../../systems/pulse/k6/sessionparts.ts";
import { corpus, fuzz, hostileTexts } from "./fuzzing.ts";

/** The socket of k6 as far as a session uses it; the gateway's side is the test. */
const { Socket } = vi.hoisted(() => {
  class Socket {
    static opened: Socket[] = [];
    onmessage: (message: { data: unknown; timestamp: number }) => void = () => {};
    onclose: () => void = () => {};
    isClosed = false;

    constructor() {
      Socket.opened.push(this);
    }

    readyState = 1;

    send(frame: string | Uint8Array): void {
      if (typeof frame !== "string") ArrayBuffer.isView(frame);
    }

    close(): void {
      this.isClosed = true;
    }
  }
  return { Socket };
});
vi.mock("k6/websockets", () => ({ WebSocket: Socket }));
vi.mock("k6/timers", () => ({ setTimeout, clearTimeout }));

const WORKLOAD = { seed: 7, chains: ["ethereum"] };
const TRACE = { run: 1, publisher: 1, seq: 0, publishedAt: 1_767_225_600_000 };
const { chain, eventType, accounts, programId, blockNumber, txHash } = event(WORKLOAD, 0);
const DELIVERED = {
  event_id: eventId(TRACE),
  chain,
  block_num: blockNumber,
  tx_hash: txHash,
  event_type: eventType,
  accounts,
  program_id: programId,
  native_value: 0,
  timestamp: "2026-01-01T00:00:00Z",
};
const FILTER = { chains: [], event_types: [], accounts: [], program_ids: [] };
const CONTROL = [
  { type: "connected", client_id: "client_1", timestamp: DELIVERED.timestamp },
  { type: "subscribed", data: { subscription_id: "sub_1", filter: FILTER }, timestamp: DELIVERED.timestamp },
  { type: "subscriptions", data: { count: 1, subscriptions: [] } },
  { type: "pong", timestamp: DELIVERED.timestamp },
  { type: "unsubscribed", data: { subscription_id: "sub_1" } },
  { type: "error", data: { code: "invalid_data", message: "no" } },
];
const EVENT = { type: "event", data: DELIVERED };

fuzz(
  "an event frame is whole or its damage is told",
  hostileTexts(EVENT),
  corpus<string>("event-frames"),
  3_000,
  (text) => {
    // What is known at a glance, a closer look finds too.
    const sole = soleEventId(text);
    if (sole !== null) expect(eventIdsIn(text)).toEqual([sole]);
    for (const id of eventIdsIn(text)) {
      const delivered = eventsIn(text).get(id);
      const damage = delivered === undefined ? null : damageOf(delivered, event(WORKLOAD, 0));
      if (damage !== null) expect(Object.keys(DELIVERED)).toContain(damage.field);
    }
  },
);

const controlTexts = fc.oneof(...CONTROL.map(hostileTexts));

fuzz("a control frame is read or none", controlTexts, corpus<string>("control-frames"), 3_000, (text) => {
  const frame = readControlFrame(text);
  if (frame !== null) expect(typeof frame.type).toBe("string");
});

afterEach(() => {
  Socket.opened = [];
});

/** What a gateway does: frames of the contract in any order, damaged ones, binary ones, and closing. */
const gateways = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...CONTROL, EVENT).map((frame) => JSON.stringify(frame)) },
    { weight: 3, arbitrary: controlTexts },
    { weight: 2, arbitrary: hostileTexts(EVENT) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  { maxLength: 12 },
);

fuzz("a session outlives any gateway", gateways, corpus<(string | null)[]>("sessions"), 2_000, async (frames) => {
  let lives = 0;
  const problems: string[] = [];
  const ends: string[] = [];
  const events: SessionEvents = {
    operation: (_, failure) => {
      if (failure !== null) problems.push(failure);
    },
    live: () => {
      lives++;
    },
    leaving: () => {},
    unsubscribed: () => {},
    event: (frame) => expect(frame).toBeTypeOf("string"),
    strange: (what) => expect(what).toBeTypeOf("string"),
    over: (end) => void ends.push(end),
  };
  const settings = { CONNECT_TIMEOUT: 60 };
  const source = ownSockets({
    open: () => new Socket() as unknown as ReturnType<Parameters<typeof ownSockets>[0]["open"]>,
  });
  new Session(settings, source, FILTER, { until: 60_000, pingEvery: 60_000, agenda: new Agenda(() => 0) }, events);
  const [socket] = Socket.opened.splice(0) as [InstanceType<typeof Socket>];
  for (const frame of frames) socket.onmessage({ data: frame ?? new ArrayBuffer(1), timestamp: Date.now() });
  // Once the subscription is refused, or the answer to something before it was wrong, nothing holds the connection.
  if (lives === 0 && problems.length > 0) expect(socket.isClosed).toBe(true);
  socket.onclose();
  expect(ends).toHaveLength(1);
  expect(lives).toBeLessThanOrEqual(1);
});
