import { expect, test } from "vitest";
import { eventsIn } from "../../core/echoes.ts";
import { spell } from "../../core/identity.ts";
import { CANARY_PUBLISHER } from "../../core/trace.ts";

const trace = (seq: number, publisher = 1) => ({ run: 0xdeadbeef, publisher, seq, publishedAt: 1_790_000_000_000 });
const [one, other] = [spell(trace(1), "text"), spell(trace(2), "text")];
const number = spell(trace(1), "number");
const json = JSON.stringify;
const deep = (depth: number) => `${"[".repeat(depth)}"${one}","${one}"${"]".repeat(depth)}`;

test.each([
  ["its key and its body", json({ id: one, data: { ref: one } }), [1]],
  ["two columns, one of JSON", json({ ref: one, body: json({ ref: one }) }), [1]],
  ["a key and its value", json({ [one]: { ref: one } }), [1]],
  ["two spellings", `{"id":${number}, "data":{"ref":"${one}"}}`, [1]],
  [
    "an envelope with two events",
    json([
      { id: one, data: other },
      { id: other, data: one },
    ]),
    [1, 2],
  ],
  ["each of several lines", `${json({ a: one, b: one })}\n${json({ a: other, b: other })}`, [1, 2]],
  ["a framed message", `data: ${json({ a: one, b: { a: one } })}\n\n`, [1]],
  ["two items of a list", json([{ ref: one }, { ref: one }]), [1, 1]],
  [
    "two items with two fields each",
    json({
      items: [
        { id: one, ref: one },
        { id: one, ref: one },
      ],
    }),
    [1, 1],
  ],
  ["two items of a list within a text", json({ body: json([{ ref: one }, { ref: one }]) }), [1, 1]],
  ["two lines", `${json({ ref: one })}\n${json({ ref: one })}`, [1, 1]],
  ["two fields behind a bracket of the frame", `[info] order ${json({ key: one, id: one })}`, [1]],
  ["headers and key of a frame, and what it frames", `id:${one}\t${one}\t${json({ id: one })}`, [1]],
  ["two objects one behind the other", `${json({ id: one })}${json({ id: one })}`, [1, 1]],
  ["fields that are called by numbers", json({ 11: one, 37: one }), [1]],
  ["two items of a list that is written as an object", json({ 0: { id: one }, 1: { id: one } }), [1, 1]],
  ["a text without fields", `${one} ${one}`, [1, 1]],
  ["a field, beside a number within a text", json({ a: one, b: one, c: `of ${number} here` }), [1]],
  ["a text that only looks like JSON", `{${one} ${one}]`, [1, 1]],
  ["lists that are nested too deeply", deep(100_000), [1, 1]],
])("an event in %s arrived as often as it did", (_, text, seqs) => {
  const known = { runs: [0xdeadbeef], at: 1_790_000_000_005 };
  expect(eventsIn(text, known).identities.map(({ seq }) => seq)).toEqual(seqs);
});

test("of two spellings that which tells the time is kept", () => {
  const text = `{"id":${number}, "data":{"ref":"${one}"}}`;
  const { identities } = eventsIn(text, { runs: [0xdeadbeef], at: 1_790_000_000_005 });
  expect(identities).toMatchObject([{ spelling: "text", publishedAt: 1_790_000_000_000 }]);
});

test("a canary is no event of the load, whatever its number", () => {
  const text = json({ canary: spell(trace(1, CANARY_PUBLISHER), "text"), event: one });
  expect(eventsIn(text, { runs: [0xdeadbeef], at: 1_790_000_000_005 }).identities).toHaveLength(2);
});
