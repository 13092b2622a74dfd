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
import { logEvents } from "../../systems/ethhook/pipeline.ts";
import { FIELD_TYPES, type FieldTypes } from "../../systems/pulse/fieldtypes.ts";
import { pulseEvents } from "../../systems/pulse/pipeline.ts";
import { STREAM } from "../../systems/pulse/wire.ts";
import { exactTraces, UINT32_MAX, workloads } from "../unit/arbitraries.ts";
import { nats, useNats } from "./gateway.ts";
import { k6, runBundle } from "./k6.ts";

useNats();

const uint32 = fc.integer({ min: 0, max: UINT32_MAX });

const slots: fc.Arbitrary<Slot> = fc.oneof(
  fc.record({ slot: fc.constant("identity"), spelling: fc.constantFrom(...SPELLINGS) }),
  fc.record({ slot: fc.constant("time"), unit: fc.constantFrom("unix", "unixms") }),
  fc.record(
    {
      slot: fc.constant("time"),
      unit: fc.constant("iso"),
      from: fc.nat({ max: 12 }),
      to: fc.integer({ min: 12, max: 24 }),
    },
    { requiredKeys: ["slot", "unit"] },
  ),
  fc.record(
    {
      slot: fc.constant("number"),
      every: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: UINT32_MAX })),
      modulo: fc.integer({ min: 1, max: 1_000_000 }),
      from: uint32,
      seed: uint32,
      below: fc.integer({ min: 1, max: UINT32_MAX }),
      plus: uint32,
      digits: fc.integer({ min: 1, max: 16 }),
      times: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: ["slot"] },
  ),
);

const pieces: fc.Arbitrary<readonly Piece[]> = fc.array(fc.oneof(fc.string({ unit: "grapheme" }), slots), {
  maxLength: 12,
});

const templates: fc.Arbitrary<Template> = fc
  .record(
    {
      seed: uint32,
      variants: fc.array(fc.record({ subject: fc.constantFrom("a", "b.c", "é"), pieces }), {
        minLength: 1,
        maxLength: 20,
      }),
      unwanted: fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), count: fc.constant(1) }),
    },
    { requiredKeys: ["seed", "variants"] },
  )
  .map(({ unwanted, ...template }) =>
    unwanted === undefined || template.variants.length === 1 ? template : { ...template, unwanted },
  );

const fieldTypes: fc.Arbitrary<FieldTypes> = fc.record(
  Object.fromEntries(Object.entries(FIELD_TYPES).map(([field, types]) => [field, fc.constantFrom(...types)])),
  { requiredKeys: [] },
);

const published: fc.Arbitrary<Template> = fc
  .tuple(workloads, fieldTypes)
  .map(([workload, types]) => pulseEvents(workload, { types }).template() as Template);

/** UUIDs and numbers have room for sequence numbers below. */
const SEQ_LIMIT = 2 ** 28;

function isLimited({ variants }: Template): boolean {
  const all = variants.flatMap((variant) => variant.pieces);
  return all.some((piece) => typeof piece !== "string" && "spelling" in piece && /uuid|number/.test(piece.spelling));
}

const cases = fc.tuple(
  fc.oneof({ arbitrary: templates, weight: 9 }, { arbitrary: published, weight: 1 }),
  fc.array(exactTraces, { minLength: 20, maxLength: 20 }),
);

/** @param write what of a template and a trace gives what is written. */
const script = (module: string, write: string) => `
import { Template } from "${module}";
const cases = JSON.parse(open("cases.json"));
export default function () {
  let compared = 0;
  for (const { template, events } of cases) {
    const own = new Template(template);
    for (const { trace, wanted } of events) {
      const written = own.${write}(trace);
      if (JSON.stringify(written) !== JSON.stringify(wanted)) {
        throw new Error(JSON.stringify({ trace, wanted, written }));
      }
      compared++;
    }
  }
  console.log("compared " + compared);
}
`;

/** What Go and TypeScript write of each event, compared by a script in k6. */
async function compare(cases: readonly object[], module: string, write: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-template-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "cases.json"), JSON.stringify(cases));
  await writeFile(join(folder, "compare.js"), script(module, write));
  const { exitCode, log } = await k6(["run", "--quiet", "--address", "", join(folder, "compare.js")]);
  expect(exitCode, log).toBe(0);
  return log;
}

test("any template, any event", async () => {
  const drawn = fc.sample(cases, 250).map(([template, traces]) => {
    const most = isLimited(template) ? SEQ_LIMIT : 2 ** 32;
    const events = traces.map((drawn) => {
      const trace: Trace = { ...drawn, seq: drawn.seq % most };
      return { trace, wanted: writeMessage(template, trace) };
    });
    return { template, events };
  });
  expect(await compare(drawn, "k6/x/nats", "write")).toContain("compared 5000");
});

test("entries of any workload", async () => {
  const logs = fc.record({ seed: uint32, unmatchedShare: fc.constantFrom(0, 0.1, 0.5, 1) });
  const drawn = fc.sample(fc.tuple(logs, fc.array(exactTraces, { minLength: 20, maxLength: 20 })), 100);
  const cases = drawn.map(([workload, traces]) => ({
    template: logEvents(workload).template(),
    events: traces.map((trace) => ({ trace, wanted: logEvents(workload).write(trace) })),
  }));
  expect(await compare(cases, "k6/x/redis-streams", "fields")).toContain("compared 2000");
});

test("nats.js publishes what the workload says, each event once", async () => {
  const count = 500;
  const variables = { NATS_URL: nats.url, RATE: "max", EVENTS: String(count), SEED: "11", CHAINS: "ethereum,solana" };
  const before = Date.now();
  const { stdout } = await runBundle("nats", variables);
  expect(stdout).toMatch(/^PASS {2}nats/m);
  const events = pulseEvents({ seed: 11, chains: ["ethereum", "solana"] });
  const consumer = await jetstream(nats.connection).consumers.get(STREAM);
  const seqs = new Set<number>();
  for (let read = 0; read < count; read++) {
    const message = await consumer.next({ expires: 5_000 });
    const data = message?.string() ?? "";
    const trace = readEventId(data) as Trace;
    expect({ subject: message?.subject, data }).toEqual(events.write(trace));
    expect(trace.publishedAt).toBeGreaterThan(before);
    expect(trace.publishedAt).toBeLessThan(Date.now());
    seqs.add(trace.seq);
  }
  expect(seqs.size).toBe(count);
  expect(Math.max(...seqs)).toBe(count - 1);
});
