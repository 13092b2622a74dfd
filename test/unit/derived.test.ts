/** A template that is derived from `write` writes what that writes, or is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derivedTemplate } from "../../core/derived.ts";
import { type AttributeTable, combinations, made, type WorkloadEvent } from "../../core/made.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { type EntryTemplate, type Template, writeEntry, writeMessage } from "../../core/template.ts";
import { hex } from "../../core/trace.ts";
import { traces, UINT32_MAX } from "./arbitraries.ts";

type Event = WorkloadEvent<AttributeTable>;

const ATTRIBUTES = { region: ["eu", "us", "7"], tier: ["gold", "tin"] };

const pipelineOf = (write: (event: Event) => unknown, attributes: AttributeTable = ATTRIBUTES) =>
  ({ name: "orders", events: { attributes, write } }) as unknown as AnyPipeline;

const derived = (pipeline: AnyPipeline, seed = 1) => {
  const stream = { seed, variants: combinations(pipeline.events.attributes) };
  return { stream, template: derivedTemplate(pipeline, stream) };
};

/** What the template of a message has of its text. */
const piecesOf = (data: (event: Event) => string) => {
  const { template } = derived(pipelineOf((event) => ({ subject: "s", data: data(event) }), {}));
  return (template as Template).variants[0]?.pieces;
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
  fc
    .tuple(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(0, 18_000_000))
    .map(
      ([every, divisor, from]) =>
        ({ seq }: Event) =>
          `${from + Math.floor(seq / every)}, ${(Math.floor(seq / every) % divisor) + from}`,
    ),
  fc.constantFrom("seq", "random").map((name) => (event: Event) => hex(Number(event[name]), 8)),
  fc.integer({ min: 1, max: 3 }).map(
    (times) =>
      ({ seq, random }: Event) =>
        `0x${hex(random, 8).repeat(times)}${hex(42, 8)}${hex(seq % 256, 2)}`,
  ),
  fc
    .constantFrom<((time: Date) => string)[]>(
      (time) => time.toISOString(),
      (time) => `${time.toISOString().slice(0, 19)}+00:00`,
      (time) => time.toISOString().replace("T", " ").slice(2, -1),
      (time) => time.toISOString().slice(0, 10).replaceAll("-", ""),
      (time) => time.toISOString().slice(11, 16),
      (time) => JSON.stringify(time.getTime()),
      (time) => `${time.getTime()}000`,
      (time) => String(Math.floor(time.getTime() / 1000)),
    )
    .map(
      (written) =>
        ({ publishedAt }: Event) =>
          written(new Date(publishedAt)),
    ),
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

  test("is proven on large numbers in every variant", () => {
    const write = ({ region, tier, seq }: Event) => {
      const block = Math.floor(seq / 67_000);
      // Both events by which variants are compared have 0 here.
      const own = region === "us" && tier === "gold" ? block % 23 : 0;
      return { subject: "s", data: `${block} ${own}` };
    };
    const { stream, template } = derived(pipelineOf(write));
    for (let seq = 0; seq < 2 ** 28; seq += 1_234_567) {
      const trace = { run: 1, publisher: 1, seq, publishedAt: 0 };
      expect(writeMessage(template as Template, trace)).toEqual(write(made(stream, trace)));
    }
  });

  test("is proven on each remainder of small divisors in every variant, however many there are", () => {
    const kind = Array.from({ length: 160 }, (_, place) => `kind ${place}`);
    for (let remainder = 0; remainder < 20; remainder++) {
      const write = ({ id, kind, seq }: Event) => {
        const isRare = kind === "kind 123" && seq % 20 === remainder;
        return { subject: "s", data: `${id} ${kind}${isRare ? "!" : ""}` };
      };
      expect(() => derived(pipelineOf(write, { kind })), String(remainder)).toThrow("what it writes differs");
    }
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

const LETTERS = { slot: "number", seed: expect.any(Number) };
const BLOCK = { slot: "number", every: 100, from: 18_000_000 };

test.each<[string, (event: Event) => string, readonly unknown[]]>([
  [
    "in JSON",
    ({ publishedAt }) => JSON.stringify({ at: new Date(publishedAt) }),
    ['{"at":"', { from: 0, to: 23 }, 'Z"}'],
  ],
  [
    "cut to the second",
    ({ publishedAt }) => `${new Date(publishedAt).toISOString().slice(0, 19)}Z`,
    [{ from: 0, to: 19 }, "Z"],
  ],
])("a time, %s", (_, data, pieces) => {
  const times = pieces.map((piece) => (typeof piece === "object" ? { slot: "time", unit: "iso", ...piece } : piece));
  expect(piecesOf(data)).toEqual(times);
});

test.each<[string, (event: Event) => string, readonly unknown[]]>([
  ["Unix ms", ({ publishedAt }) => `${publishedAt}`, [{ slot: "time", unit: "unixms" }]],
  ["Unix seconds", ({ publishedAt }) => `${Math.floor(publishedAt / 1000)}`, [{ slot: "time", unit: "unix" }]],
  ["a block", ({ seq }) => `<${18_000_000 + Math.floor(seq / 100)}>`, ["<", BLOCK, ">"]],
  // The greatest divisor that the probes have in common is 720 here.
  ["degrees", ({ seq }) => `${seq % 360}`, [{ slot: "number", modulo: 360 }]],
  ["a window", ({ seq }) => `${Math.floor(seq / 60) % 24}`, [{ slot: "number", every: 60, modulo: 24 }]],
  [
    "a hash of a block",
    ({ seq }) =>
      `${18_000_000 + Math.floor(seq / 100)} 0x${hex(42, 8)}${hex(18_000_000 + Math.floor(seq / 100), 8).repeat(7)}`,
    [BLOCK, " 0x0000002a", { ...BLOCK, digits: 8, times: 7 }],
  ],
  [
    "a hash",
    ({ seq, random }) => `0x${hex(random, 8).repeat(6)}${hex(42, 8)}${hex(seq, 8)}`,
    ["0x", { ...LETTERS, digits: 8, times: 6 }, "0000002a", { slot: "number", digits: 8 }],
  ],
])("%s", (_, data, pieces) => {
  expect(piecesOf(data)).toEqual(pieces);
});

test("of a pipeline whose templates tests prove is tried on few events, and refused all the same where it is wrong", () => {
  const stream = { seed: 1, variants: combinations(ATTRIBUTES) };
  const callsOf = (isProven: boolean) => {
    let calls = 0;
    const write = ({ id }: Event) => ({ subject: "s", data: id + (calls++ < 0) });
    derivedTemplate({ ...pipelineOf(write), isProven }, stream);
    return calls;
  };
  expect(callsOf(true)).toBeLessThan(callsOf(false) / 3);
  const odd = pipelineOf(({ id, seq }) => ({ subject: "s", data: seq % 2 === 0 ? id : `${id}!` }));
  expect(() => derivedTemplate({ ...odd, isProven: true }, stream)).toThrow("what it writes");
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
    ["a product", message(({ seq }) => `<${seq * 2}>`), 'no template writes what it does of seq: "0", '],
    ["a fraction", message(({ random }) => `<${(random % 1_000) / 100}>`), "differs by more than that"],
    [
      "digits of one width",
      message(({ seq }) => `<${String(seq).padStart(12, "0")}>`),
      "no template writes what it does of seq: ",
    ],
    [
      "a remainder of a sum",
      message(({ id, seq }) => `${id} ${(seq + 1) % 1_000}`),
      "no template writes what it does of seq: ",
    ],
    [
      "a drawn remainder of a sum",
      message(({ random }) => `<${(random + 7) % 1_000}>`),
      "no template writes what it does of random: ",
    ],
    ["a number that is rare", message(({ seq }) => (seq % 50 === 49 ? "vip" : "std")), "what it writes"],
    ["a draw that is rare", message(({ random }) => (random % 100 === 7 ? "vip" : "std")), "what it writes"],
    [
      "a choice",
      message(({ random }) => (random % 2 === 0 ? "even" : "odd")),
      'differs by more than that: "odd" and "even"',
    ],
    ["a time to come", message(({ publishedAt }) => new Date(publishedAt + 60_000).toISOString()), "of publishedAt: "],
    ["a time in words", message(({ publishedAt }) => new Date(publishedAt).toUTCString()), "differs by more than that"],
    [
      "a time that is rounded",
      message(({ publishedAt }) => `<${Math.round(publishedAt / 1_000)}>`),
      "of publishedAt: ",
    ],
    ["an hour of one digit", message(({ publishedAt }) => `${new Date(publishedAt).getUTCHours()} h`), "publishedAt: "],
    [
      "the milliseconds of a time that are rare",
      message(({ publishedAt }) => (publishedAt % 100 === 7 ? "b" : "a")),
      "what it",
    ],
    ["a time with a number", message(({ publishedAt, seq }) => `<${publishedAt + seq}>`), "of seq and publishedAt: "],
    ["a number to the next block", message(({ seq }) => `<${Math.ceil(seq / 100)}>`), "of seq: "],
    ["hex digits of any width", message(({ seq }) => `<${seq.toString(16)}>`), "what it does of seq: "],
    ["hex digits in capitals", message(({ seq }) => hex(seq, 8).toUpperCase()), "what it"],
    ["hex digits that are cut", message(({ random }) => hex(random, 8).slice(0, 4)), "what it does of random: "],
    ["numbers that touch", message(({ seq, random }) => `<${seq}${random}>`), "what it does of seq and random: "],
    ["half an identity", message(({ hash }) => hash.slice(2)), "differs by more than that"],
    ["an identity in capitals", message(({ id }) => id.toUpperCase()), "differs by more than that"],
    ["more fields for some", ({ seq, id }) => (seq % 2 === 0 ? [id] : [id, id]), "differs from event to event"],
    ["what changes by itself", message(() => `<${calls++}>`), "what it does of seq and random and publishedAt: "],
  ])("%s", (_, write, why) => {
    expect(() => derived(pipelineOf(write))).toThrow(why);
    expect(() => derived(pipelineOf(write))).toThrow(
      /^pipeline orders: events\.write: publish\(\) sends a series, and /,
    );
  });
});
