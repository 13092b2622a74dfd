import { expect, test } from "vitest";
import { draw, variantIndex } from "../../core/event.ts";
import { spell } from "../../core/identity.ts";
import { type Slot, writeMessage } from "../../core/template.ts";

const TRACE = { run: 42, publisher: 7, seq: 259, publishedAt: 1_767_225_600_123.456 };

test.each<[Slot, string]>([
  [{ slot: "identity", spelling: "text" }, spell(TRACE, "text")],
  [{ slot: "identity", spelling: "hash" }, spell(TRACE, "hash")],
  [{ slot: "identity", spelling: "uuid" }, spell(TRACE, "uuid")],
  [{ slot: "identity", spelling: "number" }, spell(TRACE, "number")],
  [{ slot: "time", unit: "iso" }, "2026-01-01T00:00:00.123Z"],
  [{ slot: "time", unit: "iso", from: 5, to: 19 }, "01-01T00:00:00"],
  [{ slot: "time", unit: "unixms" }, "1767225600123"],
  [{ slot: "time", unit: "unix" }, "1767225600"],
  [{ slot: "number" }, "259"],
  [{ slot: "number", modulo: 100 }, "59"],
  [{ slot: "number", every: 5, modulo: 7, from: 40 }, "42"],
  [{ slot: "number", every: 100, from: 18_000_000 }, "18000002"],
  [{ slot: "number", digits: 6, times: 2 }, "000103000103"],
  [{ slot: "number", seed: 5 }, String(draw(5, 259))],
  [{ slot: "number", seed: 5, every: 100, from: 1, digits: 8 }, draw(5, 3).toString(16).padStart(8, "0")],
])("%j", (slot, text) => {
  const template = { seed: 1, variants: [{ subject: "s", pieces: ["<", slot, ">"] }] };
  expect(writeMessage(template, TRACE)).toEqual({ subject: "s", data: `<${text}>` });
});

test("each event is of the variant that its number draws", () => {
  const template = { seed: 9, variants: ["a", "b", "c"].map((subject) => ({ subject, pieces: [subject] })) };
  const drawn = Array.from({ length: 100 }, (_, seq) => writeMessage(template, { ...TRACE, seq }).subject);
  expect(drawn).toEqual(drawn.map((_, seq) => ["a", "b", "c"][variantIndex(9, seq, 3)]));
  expect(new Set(drawn).size).toBe(3);
});

test("variants that are unwanted have their share, and leave the choice among the others as it is", () => {
  const variants = ["a", "b", "c", "x", "y"].map((subject) => ({ subject, pieces: [] }));
  const drawn = (share: number) =>
    Array.from({ length: 1_000 }, (_, seq) => {
      return writeMessage({ seed: 3, variants, unwanted: { share, count: 2 } }, { ...TRACE, seq }).subject;
    });
  const none = drawn(0);
  expect(new Set(none)).toEqual(new Set(["a", "b", "c"]));
  expect(new Set(drawn(1))).toEqual(new Set(["x", "y"]));
  const some = drawn(0.2);
  const unwanted = some.filter((subject) => "xy".includes(subject)).length;
  expect(unwanted).toBeGreaterThan(150);
  expect(unwanted).toBeLessThan(250);
  some.forEach((subject, seq) => {
    if (!"xy".includes(subject)) expect(subject).toBe(none[seq]);
  });
});
