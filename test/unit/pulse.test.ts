import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readEventId } from "../../core/trace.ts";
import { event, variants, type Workload } from "../../systems/pulse/events.ts";
import {
  type CanonicalEvent,
  CHAIN_NUMBERS,
  type DeliveredEvent,
  damageOf,
  EVENT_FRAME_START,
  frames,
  MessagePress,
} from "../../systems/pulse/wire.ts";
import { traces, workloads } from "./arbitraries.ts";

const WORKLOAD: Workload = { seed: 1, chains: ["ethereum", "solana"] };

describe("a pressed message", () => {
  test("is the event of the workload with the trace in it", () => {
    fc.assert(
      fc.property(workloads, fc.nat({ max: 1_000_000 }), traces(), (workload, seq, trace) => {
        const { subject, stamp } = new MessagePress(workload).prepare(seq);
        const message = JSON.parse(stamp(trace)) as CanonicalEvent;
        const sent = event(workload, seq);
        const number = CHAIN_NUMBERS[sent.chain] as number;
        expect(subject).toBe(`events.canonical.${number}.${sent.eventType}`);
        expect(readEventId(message.event_id)).toEqual(trace);
        expect(message).toEqual({
          event_id: message.event_id,
          chain: number,
          commitment_level: "finalized",
          block_number: sent.blockNumber,
          block_hash: sent.blockHash,
          tx_hash: sent.txHash,
          event_type: sent.eventType,
          accounts: sent.accounts,
          timestamp: `${new Date(trace.publishedAt).toISOString().slice(0, 19)}Z`,
          payload: { from: sent.accounts[0], to: sent.programId, amount: "1000000000000000000" },
          reorg_action: "",
          program_id: sent.programId,
          native_value: 0,
          published_at: new Date(trace.publishedAt).toISOString(),
        });
      }),
    );
  });

  test("carries the gateway's own chain numbers where they differ", () => {
    const press = new MessagePress(WORKLOAD, { ethereum: 60, solana: 501 });
    for (let seq = 0; seq < 50; seq++) {
      const { subject, stamp } = press.prepare(seq);
      const number = event(WORKLOAD, seq).chain === "ethereum" ? 60 : 501;
      expect(subject).toMatch(new RegExp(`^events\\.canonical\\.${number}\\.`));
      expect(JSON.parse(stamp({ run: 1, publisher: 1, seq, publishedAt: 1.7e12 })).chain).toBe(number);
    }
  });

  test("can be stamped twice with different times", () => {
    const { stamp } = new MessagePress(WORKLOAD).prepare(0);
    const publishedAt = (at: number) =>
      (JSON.parse(stamp({ run: 1, publisher: 1, seq: 0, publishedAt: at })) as CanonicalEvent).published_at;
    expect([1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_001.9, 1_700_000_000_000].map(publishedAt)).toEqual([
      "2023-11-14T22:13:20.000Z",
      "2023-11-14T22:13:20.001Z",
      "2023-11-14T22:13:20.001Z",
      "2023-11-14T22:13:20.000Z",
    ]);
  });
});

test("a chain without a number is refused before anything is published", () => {
  expect(() => new MessagePress({ seed: 1, chains: ["solana", "etherium"] }, { ethereum: 1, solana: 2 })).toThrow(
    new RangeError("CHAINS=etherium: has no number; allowed: ethereum, solana"),
  );
});

describe("a damaged delivery", () => {
  const sent = event(WORKLOAD, 5);
  const whole: DeliveredEvent = {
    event_id: "evt_",
    chain: sent.chain,
    block_num: sent.blockNumber,
    tx_hash: sent.txHash,
    event_type: sent.eventType,
    accounts: sent.accounts,
    program_id: sent.programId,
    native_value: 0,
    timestamp: "2026-01-01T00:00:00Z",
  };

  const frame = (data: object) => JSON.stringify({ type: "event", data });

  test("is not one whose fields are what was sent", () => {
    expect(damageOf(frame(whole), sent)).toBeNull();
  });

  test.each<[keyof DeliveredEvent, Partial<Record<keyof DeliveredEvent, unknown>>]>([
    ["chain", { chain: "base" }],
    ["block_num", { block_num: sent.blockNumber + 1 }],
    ["block_num", { block_num: String(sent.blockNumber) }],
    ["tx_hash", { tx_hash: `${sent.txHash.slice(0, -1)}x` }],
    ["event_type", { event_type: "noise" }],
    ["accounts", { accounts: [] }],
    ["accounts", { accounts: sent.accounts[0] }],
    ["accounts", { accounts: [...sent.accounts, "0x0"] }],
    ["program_id", { program_id: "" }],
    ["native_value", { native_value: "0" }],
    ["timestamp", { timestamp: undefined }],
  ])("is named by its %s", (field, change) => {
    const damage = `its ${field} is ${JSON.stringify(change[field])}`;
    expect(damageOf(frame({ ...whole, ...change }), sent)).toBe(damage);
  });

  test("is named by its first wrong field", () => {
    expect(damageOf(frame({ ...whole, program_id: "", chain: "base" }), sent)).toBe('its chain is "base"');
  });

  test("is cut short where it is told", () => {
    expect(damageOf(frame({ ...whole, chain: "x".repeat(5_000) }), sent)).toMatch(/^its chain is "x{99}$/);
  });

  test.each(["", "{", "null", "[]", '{"data":null}', '{"data":"event"}'])(
    "that is no event at all is said to be none: %s",
    (text) => {
      expect(damageOf(text, sent)).toBe("it is no JSON object with data");
    },
  );
});

describe("a frame", () => {
  test("to the gateway is spelled as the contract has it", () => {
    const filter = { chains: ["ethereum"], event_types: ["transfer"], accounts: [], program_ids: [] };
    expect(JSON.parse(frames.ping())).toEqual({ type: "ping" });
    expect(JSON.parse(frames.subscribe(filter, 60))).toEqual({
      type: "subscribe",
      data: { chains: ["ethereum"], event_types: ["transfer"], accounts: [], program_ids: [], ttl_seconds: 60 },
    });
    expect(JSON.parse(frames.listSubscriptions())).toEqual({ type: "list_subscriptions" });
    expect(JSON.parse(frames.unsubscribe("sub_1"))).toEqual({
      type: "unsubscribe",
      data: { subscription_id: "sub_1" },
    });
  });

  test("with an event starts as subscribers look for it", () => {
    expect(JSON.stringify({ type: "event", data: {} }).startsWith(EVENT_FRAME_START)).toBe(true);
  });
});

test("every chain of the contract has a number of its own", () => {
  expect(CHAIN_NUMBERS).toEqual({
    ethereum: 1,
    solana: 2,
    polygon: 3,
    arbitrum: 4,
    optimism: 5,
    base: 6,
    bsc: 7,
    avalanche: 8,
  });
  expect(variants({ seed: 0, chains: Object.keys(CHAIN_NUMBERS) })).toHaveLength(8 * 40);
});
