/** What a subscriber takes for an event, whatever the order of keys, the spacing, and how many are in a frame. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventId } from "../../core/trace.ts";
import { damageOf, eventsIn } from "../../systems/pulse/damage.ts";
import { event } from "../../systems/pulse/events.ts";
import { eventIdsIn, frames, isEventFrame, messagesIn, soleEventId } from "../../systems/pulse/frames.ts";
import { WIRE } from "../../systems/pulse/framewire.ts";
import type { DeliveredEvent } from "../../systems/pulse/wire.ts";

const WORKLOAD = { seed: 1, chains: ["ethereum", "solana"] };

const idOf = (seq: number) => eventId({ run: 1, publisher: 1, seq, publishedAt: 1_767_225_600_000 });

/** What the gateway in the field sends, as it sends it. */
const real = (seq: number) => {
  const { accounts, blockNumber, chain, eventType, txHash } = event(WORKLOAD, seq);
  return (
    `{"data":{"accounts":${JSON.stringify(accounts)},"block_num":${blockNumber},"chain":"${chain}",` +
    `"event_id":"${idOf(seq)}","event_type":"${eventType}","native_value":0,"program_id":"",` +
    `"timestamp":"2026-01-01T00:00:00Z","tx_hash":"${txHash}"},"type":"event"}`
  );
};
const one = (seq: number) => JSON.parse(real(seq)) as { type: string; data: DeliveredEvent };
const bare = (seq: number) => one(seq).data;

describe("a frame with events", () => {
  test.each<[string, string, number[]]>([
    ["with the type last", real(1), [1]],
    ["with the type first", JSON.stringify({ type: "event", data: bare(1) }), [1]],
    ["with the type in the middle", JSON.stringify({ v: 1, type: "event", data: bare(1) }), [1]],
    ["with spaces", JSON.stringify(one(1), null, 2), [1]],
    ["with spaces after colons", real(1).replaceAll('":', '": '), [1]],
    ["of a list of events", JSON.stringify({ type: "event", data: [bare(1), bare(2)] }), [1, 2]],
    ["of a batch", JSON.stringify({ type: "events", data: { events: [bare(1), bare(2), bare(3)] } }), [1, 2, 3]],
    ["of a list of frames", JSON.stringify([one(1), one(2)]), [1, 2]],
    ["of an event that came twice", JSON.stringify({ type: "event", data: [bare(1), bare(1)] }), [1, 1]],
    ["that names its event twice", JSON.stringify({ type: "event", id: idOf(1), data: bare(1) }), [1]],
    ["without any type", JSON.stringify(bare(1)), [1]],
    ["whose id has another key", JSON.stringify({ type: "event", id: idOf(1), data: { ref: idOf(1) } }), [1]],
    ["of another generator", '{"data":{"event_id":"evt_1795312312345678901_0x0123456789abcdef"},"type":"event"}', []],
  ])("is known %s", (_, frame, seqs) => {
    expect(messagesIn(frame)).toEqual([frame]);
    expect(isEventFrame(frame)).toBe(true);
    expect(eventIdsIn(frame)).toEqual(seqs.map(idOf));
    for (const seq of seqs) {
      const delivered = eventsIn(frame).get(idOf(seq));
      if (delivered !== undefined) expect(damageOf(delivered, event(WORKLOAD, seq))).toBeNull();
    }
  });

  test.each<[string, string, boolean]>([
    ["with the type last", real(1), true],
    ["with the type first", JSON.stringify({ type: "event", data: bare(1) }), true],
    ["of two events", JSON.stringify({ type: "event", data: [bare(1), bare(2)] }), false],
    ["that is cut short in its id", `{"type":"event","data":{"event_id":"${idOf(1).slice(0, -1)}`, false],
    ["whose id is broken in the middle", real(1).replace("000_", "000-"), false],
    ["with spaces", JSON.stringify(one(1), null, 2), true],
    ["that is no event", '{"type":"pong"}', false],
  ])("has one event at a glance: %s", (_, frame, isSole) => {
    expect(soleEventId(frame)).toBe(isSole ? idOf(1) : null);
  });

  test.each([
    ['{"type":"connected","client_id":"c-1"}'],
    ['{"data":{"subscription_id":"sub_1"},"timestamp":"2026-01-01T00:00:00Z","type":"subscribed"}'],
    ['{"type":"pong"}'],
    [`{"type":"error","data":{"code":"invalid_data","message":"${idOf(1)} is unknown"}}`],
    [`{"data":{"subscriptions":[{"filter":{"event_types":["event"]},"last":"${idOf(1)}"}]},"type":"subscriptions"}`],
    ["nonsense"],
    [""],
  ])("is not %s", (frame) => {
    expect(isEventFrame(frame)).toBe(false);
  });

  test("of several messages on lines of their own is taken apart", () => {
    const lines = [real(1), '{"type":"pong"}', JSON.stringify({ type: "event", data: bare(2) })];
    expect(messagesIn(lines.join("\n"))).toEqual(lines);
  });
});

/** What the reader in Go is held to as well. */
interface Told {
  readonly wire: object;
  readonly frames: readonly {
    readonly name: string;
    readonly frame: string;
    readonly messages: readonly { readonly text: string; readonly events: boolean; readonly ids?: readonly string[] }[];
  }[];
}

describe("as the reader in Go, a script reads", () => {
  const told = JSON.parse(readFileSync("xk6/sockets/testdata/frames.json", "utf8")) as Told;

  test("the same wire", () => {
    expect(told.wire).toEqual(WIRE);
  });

  test.each(told.frames.map((one) => [one.name, one] as const))("%s", (_, { frame, messages }) => {
    expect(messagesIn(frame)).toEqual(messages.map(({ text }) => text));
    for (const { text, events, ids } of messages) {
      expect(isEventFrame(text)).toBe(events);
      if (!events) continue;
      expect(eventIdsIn(text)).toEqual(ids);
      expect([null, ids?.[0]]).toContain(soleEventId(text));
    }
  });
});

describe("a delivery is damaged", () => {
  const sent = event(WORKLOAD, 5);
  const whole = { ...bare(5), program_id: sent.programId };

  test.each<[keyof DeliveredEvent, Partial<Record<keyof DeliveredEvent, unknown>>]>([
    ["chain", { chain: "base" }],
    ["block_num", { block_num: sent.blockNumber + 1 }],
    ["block_num", { block_num: String(sent.blockNumber) }],
    ["tx_hash", { tx_hash: `${sent.txHash.slice(0, -1)}x` }],
    ["event_type", { event_type: "noise" }],
    ["accounts", { accounts: [] }],
    ["accounts", { accounts: sent.accounts[0] }],
    ["accounts", { accounts: [...sent.accounts, "0x0"] }],
    ["program_id", { program_id: "0x1" }],
    ["native_value", { native_value: "0" }],
    ["native_value", { native_value: 7 }],
    ["timestamp", { timestamp: 5 }],
  ])("in its %s, which is named with both values", (field, change) => {
    expect(damageOf({ ...whole, ...change }, sent)).toMatchObject({ field, received: JSON.stringify(change[field]) });
  });

  test.each([
    ["no program", { program_id: "" }],
    ["no field for it", { program_id: undefined, native_value: undefined }],
  ])("but not for want of what a gateway need not send: %s", (_, change) => {
    expect(damageOf({ ...whole, ...change }, sent)).toBeNull();
  });

  test("with a value that is cut short where it is told", () => {
    expect(damageOf({ ...whole, chain: "x".repeat(5_000) }, sent)?.received).toMatch(/^"x{99}$/);
  });

  test("with nothing where a field is missing", () => {
    expect(damageOf({}, sent)).toEqual({ field: "chain", sent: JSON.stringify(sent.chain), received: "nothing" });
  });
});

test.each(["", "{", "null", "[]", '{"data":null}', '{"data":"event"}'])("no event is in %s", (text) => {
  expect(eventsIn(text).size).toBe(0);
});

test("frames to the gateway are spelled as the contract has it", () => {
  const filter = { chains: ["ethereum"], event_types: ["transfer"], accounts: [], program_ids: [] };
  expect(JSON.parse(frames.ping())).toEqual({ type: "ping" });
  expect(JSON.parse(frames.subscribe(filter, 60))).toEqual({
    type: "subscribe",
    data: { chains: ["ethereum"], event_types: ["transfer"], accounts: [], program_ids: [], ttl_seconds: 60 },
  });
  expect(JSON.parse(frames.listSubscriptions())).toEqual({ type: "list_subscriptions" });
  expect(JSON.parse(frames.unsubscribe("sub_1"))).toEqual({ type: "unsubscribe", data: { subscription_id: "sub_1" } });
});
