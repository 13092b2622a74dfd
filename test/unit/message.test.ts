/** What is published: the JSON types that the gateway decodes, and those that others decode. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draw } from "../../core/event.ts";
import { type Template, writeMessage } from "../../core/template.ts";
import { publishedMs, readEventId } from "../../core/trace.ts";
import { blockHash, event, type Workload } from "../../systems/pulse/events.ts";
import { FIELD_TYPES, type FieldTypes, readFieldTypes } from "../../systems/pulse/fieldtypes.ts";
import { pulseEvents } from "../../systems/pulse/pipeline.ts";
import { EventReader } from "../../systems/pulse/target/event.ts";
import { type CanonicalEvent, CHAIN_NUMBERS } from "../../systems/pulse/wire.ts";
import { root } from "../deployment.ts";
import { traces, workloads } from "./arbitraries.ts";

const WORKLOAD: Workload = { seed: 1, chains: ["ethereum", "solana"] };
const TRACE = { run: 1, publisher: 1, seq: 0, publishedAt: 1_767_225_600_123 };

const written = (types: FieldTypes) => pulseEvents(WORKLOAD, { types }).write(TRACE).data;

describe("a message", () => {
  test("is the event of the workload with the trace in it", () => {
    fc.assert(
      fc.property(workloads, traces(), (workload, trace) => {
        const { subject, data } = pulseEvents(workload).write(trace);
        const message = JSON.parse(data) as CanonicalEvent;
        const sent = event(workload, trace.seq);
        const number = CHAIN_NUMBERS[sent.chain] as number;
        expect(subject).toBe(`events.canonical.${number}.${sent.eventType}`);
        expect(readEventId(message.event_id)).toEqual(trace);
        expect(message).toEqual({
          event_id: message.event_id,
          chain: number,
          commitment_level: 3,
          block_number: sent.blockNumber,
          block_hash: blockHash(workload.seed, sent.blockNumber),
          tx_hash: sent.txHash,
          event_type: sent.eventType,
          accounts: sent.accounts,
          timestamp: `${new Date(publishedMs(trace)).toISOString().slice(0, 19)}Z`,
          payload: message.payload,
          reorg_action: 1,
          program_id: sent.programId,
          native_value: 0,
          published_at: new Date(publishedMs(trace)).toISOString(),
        });
        expect(BigInt(`0x${Buffer.from(String(message.payload), "base64").toString("hex")}`)).toBe(10n ** 18n);
      }),
    );
  });

  test("is what its template says, whatever its types", () => {
    const types = fc.record(
      Object.fromEntries(Object.entries(FIELD_TYPES).map(([field, all]) => [field, fc.constantFrom(...all)])),
    );
    const some = fc.array(traces(), { minLength: 20, maxLength: 20 });
    const written = fc.property(workloads, types, some, (workload, types: FieldTypes, all) => {
      const events = pulseEvents(workload, { types });
      const template = events.template() as Template;
      for (const trace of all) expect(writeMessage(template, trace)).toEqual(events.write(trace));
    });
    fc.assert(written, { numRuns: 10 });
  });

  test("is what its template says of every variant, which a publisher relies on at its start", () => {
    const events = pulseEvents(WORKLOAD);
    const template = events.template() as Template;
    const perVariant = 40;
    const count = template.variants.length * perVariant;
    expect(count).toBeGreaterThan(3_000);
    for (let seq = 0; seq < count; seq++) {
      for (const trace of [
        { ...TRACE, seq },
        { ...TRACE, seq: draw(1, seq), publishedAt: TRACE.publishedAt + draw(2, seq) + 0.125 },
      ]) {
        expect(writeMessage(template, trace)).toEqual(events.write(trace));
      }
    }
  });

  test("carries the gateway's own chain numbers and subjects where they differ", () => {
    const events = pulseEvents(WORKLOAD, { numbers: { ethereum: 60, solana: 501 }, prefix: "shop.events" });
    for (let seq = 0; seq < 50; seq++) {
      const { subject, data } = events.write({ ...TRACE, seq });
      const number = event(WORKLOAD, seq).chain === "ethereum" ? 60 : 501;
      expect(subject).toMatch(new RegExp(`^shop\\.events\\.${number}\\.`));
      expect(JSON.parse(data).chain).toBe(number);
    }
  });

  test("carries the time that its identity carries", () => {
    const events = pulseEvents(WORKLOAD);
    const publishedAt = (at: number) =>
      (JSON.parse(events.write({ ...TRACE, publishedAt: at }).data) as CanonicalEvent).published_at;
    expect(
      [1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_001.4, 1_700_000_000_001.9998, 1_700_000_000_000].map(
        publishedAt,
      ),
    ).toEqual([
      "2023-11-14T22:13:20.000Z",
      "2023-11-14T22:13:20.001Z",
      "2023-11-14T22:13:20.001Z",
      "2023-11-14T22:13:20.002Z",
      "2023-11-14T22:13:20.000Z",
    ]);
  });

  test.each<[FieldTypes, Record<string, unknown>]>([
    [{ chain: "text" }, { chain: event(WORKLOAD, 0).chain }],
    [{ commitment_level: "text" }, { commitment_level: "finalized" }],
    [{ commitment_level: "absent" }, { commitment_level: undefined }],
    [{ block_number: "text" }, { block_number: String(event(WORKLOAD, 0).blockNumber) }],
    [{ payload: "object" }, { payload: { amount: "1000000000000000000" } }],
    [{ payload: "absent" }, { payload: undefined }],
    [{ reorg_action: "text" }, { reorg_action: "normal" }],
    [{ program_id: "absent" }, { program_id: undefined }],
    [{ native_value: "text" }, { native_value: "0" }],
    [{ published_at: "absent" }, { published_at: undefined }],
  ])("spells %j", (types, changes) => {
    const { ...message } = { ...JSON.parse(written({})), ...changes };
    expect(JSON.parse(written(types))).toEqual(JSON.parse(JSON.stringify(message)));
  });

  test("is what the fixture of the Go decoder says", async () => {
    const chains = Object.keys(CHAIN_NUMBERS);
    const events = pulseEvents({ seed: 1, chains });
    const lines = Array.from({ length: 40 }, (_, seq) => `${events.write({ ...TRACE, seq }).data}\n`);
    await expect(lines.join("")).toMatchFileSnapshot("../../xk6/testdata/published.jsonl");
  });

  test("is decoded by the reference gateway in either manner, and no other type is", () => {
    const read = (manner: "contract" | "real", types: FieldTypes) =>
      new EventReader(CHAIN_NUMBERS, manner).read(Buffer.from(written(types)), 0);
    for (const manner of ["contract", "real"] as const) {
      expect(read(manner, {}).chain).toBe(event(WORKLOAD, 0).chain);
      expect(read(manner, { payload: "absent", program_id: "absent" }).eventType).toBe(event(WORKLOAD, 0).eventType);
      for (const types of [
        { chain: "text" },
        { commitment_level: "text" },
        { payload: "object" },
        { reorg_action: "text" },
        { block_number: "text" },
        { native_value: "text" },
      ] as const) {
        expect(() => read(manner, types)).toThrow(`${Object.keys(types)[0]}: `);
      }
    }
  });
});

test("the page of NATS shows a message as it is published, field by field and type by type", () => {
  const page = readFileSync(join(root, "docs/nats.md"), "utf8");
  const [shown = ""] = /^\{"event_id".*\}$/m.exec(page) ?? [];
  const types = (text: string) =>
    Object.fromEntries(Object.entries(JSON.parse(text)).map(([key, value]) => [key, typeof value]));
  expect(types(shown)).toEqual(types(written({})));
  expect(JSON.parse(shown)).toMatchObject({ chain: CHAIN_NUMBERS["ethereum"], commitment_level: 3, reorg_action: 1 });
});

test("a chain without a number is refused before anything is published", () => {
  const numbers = { ethereum: 1, solana: 2 };
  expect(() => pulseEvents({ seed: 1, chains: ["solana", "etherium"] }, { numbers })).toThrow(
    new RangeError("CHAINS=etherium: has no number; allowed: ethereum, solana"),
  );
});

test.each([
  ["payload=object, chain=text", { payload: "object", chain: "text" }],
  ["payload=number", undefined],
  ["colour=text", undefined],
  ["payload", undefined],
  ["payload=object,payload=absent", undefined],
  ["payload=object=text", undefined],
  ["toString=text", undefined],
])("FIELD_TYPES=%s", (text, types) => {
  expect(readFieldTypes(text)).toEqual(types);
});
