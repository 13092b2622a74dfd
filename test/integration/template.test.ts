/** Messages that Go writes are those that TypeScript writes, byte for byte: in the module, and in the stream. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { SPELLINGS } from "../../core/identity.ts";
import { type Piece, type Slot, type Template, writeMessage } from "../../core/template.ts";
import { readEventId, type Trace } from "../../core/trace.ts";
import { FIELD_TYPES, type FieldTypes } from "../../systems/pulse/fieldtypes.ts";
import { messageTemplate } from "../../systems/pulse/message.ts";
import { CHAIN_NUMBERS, STREAM } from "../../systems/pulse/wire.ts";
import { exactTraces, UINT32_MAX, workloads } from "../unit/arbitraries.ts";
import { nats, useNats } from "./gateway.ts";
import { k6, runBundle } from "./k6.ts";

useNats();

const uint32 = fc.integer({ min: 0, max: UINT32_MAX });

const slots: fc.Arbitrary<Slot> = fc.oneof(
  fc.record({ slot: fc.constant("identity"), spelling: fc.constantFrom(...SPELLINGS) }),
  fc.record({ slot: fc.constant("time"), unit: fc.constantFrom("millisecond", "second") }),
  fc.record(
    {
      slot: fc.constant("number"),
      every: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: UINT32_MAX })),
      from: uint32,
      seed: uint32,
      digits: fc.integer({ min: 1, max: 16 }),
      times: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: ["slot"] },
  ),
);

const pieces: fc.Arbitrary<readonly Piece[]> = fc.array(fc.oneof(fc.string({ unit: "grapheme" }), slots), {
  maxLength: 12,
});

const templates: fc.Arbitrary<Template> = fc.record({
  seed: uint32,
  variants: fc.array(fc.record({ subject: fc.constantFrom("a", "b.c", "é"), pieces }), { minLength: 1, maxLength: 20 }),
});

const fieldTypes: fc.Arbitrary<FieldTypes> = fc.record(
  Object.fromEntries(Object.entries(FIELD_TYPES).map(([field, types]) => [field, fc.constantFrom(...types)])),
  { requiredKeys: [] },
);

const published: fc.Arbitrary<Template> = fc
  .tuple(workloads, fieldTypes)
  .map(([workload, types]) => messageTemplate(workload, { types }));

/** UUIDs and numbers have room for sequence numbers below. */
const SEQ_LIMIT = 2 ** 28;

function isLimited({ variants }: Template): boolean {
  const all = variants.flatMap((variant) => variant.pieces);
  return all.some((piece) => typeof piece !== "string" && "spelling" in piece && /uuid|number/.test(piece.spelling));
}

const cases = fc.tuple(fc.oneof(templates, published), fc.array(exactTraces, { minLength: 20, maxLength: 20 }));

const SCRIPT = `
import { Template } from "k6/x/nats";
const cases = JSON.parse(open("cases.json"));
export default function () {
  let written = 0;
  for (const { template, messages } of cases) {
    const own = new Template(template);
    for (const { trace, subject, data } of messages) {
      const message = own.write(trace);
      if (message.subject !== subject || message.data !== data) {
        throw new Error(JSON.stringify({ trace, wanted: { subject, data }, written: message }));
      }
      written++;
    }
  }
  console.log("wrote " + written);
}
`;

test("any template, any event", async () => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-template-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const drawn = fc.sample(cases, 250).map(([template, traces]) => {
    const most = isLimited(template) ? SEQ_LIMIT : 2 ** 32;
    const messages = traces.map((drawn) => {
      const trace: Trace = { ...drawn, seq: drawn.seq % most };
      return { trace, ...writeMessage(template, trace) };
    });
    return { template, messages };
  });
  await writeFile(join(folder, "cases.json"), JSON.stringify(drawn));
  await writeFile(join(folder, "compare.js"), SCRIPT);
  const { exitCode, log } = await k6(["run", "--quiet", "--address", "", join(folder, "compare.js")]);
  expect(log).toContain("wrote 5000");
  expect(exitCode).toBe(0);
});

test("nats.js publishes what the workload says, each event once", async () => {
  const count = 500;
  const variables = { NATS_URL: nats.url, RATE: "max", EVENTS: String(count), SEED: "11", CHAINS: "ethereum,solana" };
  const before = Date.now();
  const { stdout } = await runBundle("nats", variables);
  expect(stdout).toMatch(/^PASS {2}nats/m);
  const template = messageTemplate({ seed: 11, chains: ["ethereum", "solana"] }, { numbers: CHAIN_NUMBERS });
  const consumer = await jetstream(nats.connection).consumers.get(STREAM);
  const seqs = new Set<number>();
  for (let read = 0; read < count; read++) {
    const message = await consumer.next({ expires: 5_000 });
    const data = message?.string() ?? "";
    const trace = readEventId(data) as Trace;
    expect({ subject: message?.subject, data }).toEqual(writeMessage(template, trace));
    expect(trace.publishedAt).toBeGreaterThan(before);
    expect(trace.publishedAt).toBeLessThan(Date.now());
    seqs.add(trace.seq);
  }
  expect(seqs.size).toBe(count);
  expect(Math.max(...seqs)).toBe(count - 1);
});
