/** A template that is derived from `write` writes what that writes, or is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derivedTemplate } from "../../core/derived.ts";
import { type AttributeTable, combinations, made, type WorkloadEvent } from "../../core/made.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { type EntryTemplate, type Template, writeEntry, writeMessage } from "../../core/template.ts";
import { traces, UINT32_MAX } from "./arbitraries.ts";

type Event = WorkloadEvent<AttributeTable>;

const ATTRIBUTES = { region: ["eu", "us", "7"], tier: ["gold", "tin"] };

const pipelineOf = (write: (event: Event) => unknown, attributes: AttributeTable = ATTRIBUTES) =>
  ({ name: "orders", events: { attributes, write } }) as unknown as AnyPipeline;

const derived = (pipeline: AnyPipeline, seed = 1) => {
  const stream = { seed, variants: combinations(pipeline.events.attributes) };
  return { stream, template: derivedTemplate(pipeline, stream) };
};

/** Parts of a text, each as it is written of an event. */
const divisors = fc.oneof(
  fc.integer({ min: 1, max: 1_000 }),
  fc.integer({ min: 1, max: UINT32_MAX }),
  fc.constant(UINT32_MAX),
);
const parts: fc.Arbitrary<(event: Event) => string> = fc.oneof(
  fc.string({ unit: "grapheme" }).map((text) => () => text),
  fc.constantFrom("id", "hash", "uuid", "number").map((name) => (event: Event) => String(event[name])),
  fc.constantFrom("region", "tier").map((name) => (event: Event) => String(event[name])),
  fc.tuple(fc.constantFrom("seq", "random"), divisors, fc.constantFrom(0, 1, 1_000)).map(
    ([name, divisor, plus]) =>
      (event: Event) =>
        String((Number(event[name]) % divisor) + plus),
  ),
  fc.constantFrom("seq", "random").map((name) => (event: Event) => String(event[name])),
);
/** Numbers that touch are one number to whoever reads the text: something stands between them. */
const texts = fc
  .array(parts, { maxLength: 6 })
  .map((all) => (event: Event) => all.map((part) => part(event)).join("|"));

const someTraces = fc.array(
  traces().map((trace) => ({ ...trace, seq: trace.seq % 2 ** 28 })),
  { minLength: 20, maxLength: 20 },
);

describe("a derived template", () => {
  test("writes the messages that write() does", () => {
    fc.assert(
      fc.property(texts, someTraces, fc.integer({ min: 0, max: UINT32_MAX }), (data, traces, seed) => {
        const write = (event: Event) => ({ subject: `orders.${String(event["region"])}`, data: data(event) });
        const { stream, template } = derived(pipelineOf(write), seed);
        for (const trace of traces) {
          expect(writeMessage(template as Template, trace)).toEqual(write(made(stream, trace)));
        }
      }),
    );
  });

  test("writes the fields of entries that write() does", () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 4 }), someTraces, (fields, traces) => {
        const write = (event: Event) => ["body", ...fields.map((field) => field(event))];
        const { stream, template } = derived(pipelineOf(write));
        for (const trace of traces) {
          expect(writeEntry(template as Template<EntryTemplate>, trace)).toEqual(write(made(stream, trace)));
        }
      }),
    );
  });

  test("has no variants where there are no attributes", () => {
    const { template } = derived(pipelineOf(({ id, random }) => ({ subject: "a", data: `${id} ${random % 7}` }), {}));
    expect(template).toEqual({
      seed: 1,
      variants: [
        {
          subject: "a",
          pieces: [{ slot: "identity", spelling: "text" }, " ", { slot: "number", seed: expect.any(Number), below: 7 }],
        },
      ],
    });
  });
});

let calls = 0;

describe("what no template can write is refused in one line", () => {
  const message = (data: (event: Event) => string) => (event: Event) => ({ subject: "s", data: data(event) });
  test.each<[string, (event: Event) => unknown, string]>([
    ["a text", ({ id }) => id, "what it returns is not a message or an entry; allowed: { subject, data }"],
    ["an object", ({ id }) => ({ ref: id }), "is not a message or an entry"],
    ["a message with more", ({ id }) => ({ subject: "a", data: id, headers: {} }), "is not a message or an entry"],
    ["bytes", () => ({ subject: "a", data: new Uint8Array(1) }), "is not a message or an entry"],
    ["fields of numbers", ({ seq }) => ["seq", seq], "is not a message or an entry"],
    ["a subject of the event", ({ id }) => ({ subject: id, data: "" }), "its subject differs; allowed: a subject of"],
    ["a product", message(({ seq }) => `<${seq * 2}>`), "what it writes of seq is no remainder"],
    ["a fraction", message(({ random }) => `<${(random % 1_000) / 100}>`), "differs by more than that"],
    ["digits of one width", message(({ seq }) => `<${String(seq).padStart(12, "0")}>`), "of seq is no remainder"],
    ["a remainder of a sum", message(({ id, seq }) => `${id} ${(seq + 1) % 1_000}`), "of seq is no remainder"],
    ["a drawn remainder of a sum", message(({ random }) => `<${(random + 7) % 1_000}>`), "of random is no remainder"],
    ["a number that is rare", message(({ seq }) => (seq % 50 === 49 ? "vip" : "std")), "what it writes"],
    ["a draw that is rare", message(({ random }) => (random % 100 === 7 ? "vip" : "std")), "what it writes"],
    ["a choice", message(({ random }) => (random % 2 === 0 ? "even" : "odd")), 'random is no remainder: "even", "odd"'],
    ["numbers that touch", message(({ seq, random }) => `<${seq}${random}>`), "of seq is no remainder"],
    ["half an identity", message(({ hash }) => hash.slice(2)), "differs by more than that"],
    ["an identity in capitals", message(({ id }) => id.toUpperCase()), "differs by more than that"],
    ["more fields for some", ({ seq, id }) => (seq % 2 === 0 ? [id] : [id, id]), "differs from event to event"],
    ["what changes by itself", message(() => `<${calls++}>`), "of seq is no remainder"],
  ])("%s", (_, write, why) => {
    expect(() => derived(pipelineOf(write))).toThrow(why);
    expect(() => derived(pipelineOf(write))).toThrow(
      /^pipeline orders: events\.write: publish\(\) sends a series, and /,
    );
  });
});
