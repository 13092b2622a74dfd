import { describe, expect, test } from "vitest";
import { eventsIn } from "../../core/echoes.ts";
import { SPELLINGS, spell } from "../../core/identity.ts";
import { CANARY_PUBLISHER } from "../../core/trace.ts";

const trace = (seq: number, publisher = 1) => ({ run: 0xdeadbeef, publisher, seq, publishedAt: 1_790_000_000_000 });
const [one, other] = [spell(trace(1), "text"), spell(trace(2), "text")];
const number = spell(trace(1), "number");
const json = JSON.stringify;
const multipartBy = (boundary: string, ...parts: readonly [name: string, text: string][]) =>
  `${parts.map(([name, text]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`).join("")}--${boundary}--\r\n`;
const multipart = (...parts: readonly [name: string, text: string][]) => multipartBy("b0", ...parts);
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
  ["two pairs of a form", `id=${one}&ref=${one}&n=1`, [1]],
  ["one name of a form, twice", `ref=${one}&ref=${one}`, [1, 1]],
  ["two items of a form's list", `o[0][id]=${one}&o[0][ref]=${one}&o[1][id]=${one}&o[1][ref]=${one}`, [1, 1]],
  ["two items of a list with dots", `o.1.id=${one}&o.1.ref=${one}&o.2.id=${one}`, [1, 1]],
  ["two fields of JSON in a form", `payload=${encodeURIComponent(json({ id: one, d: { ref: one } }))}`, [1]],
  ["a number behind a quote of a form", `payload=${encodeURIComponent(json({ id: number, ref: number }))}`, [1]],
  ["a UUID behind a quote of a form", `a=b&payload=${encodeURIComponent(json({ ref: spell(trace(1), "uuid") }))}`, [1]],
  ["two parts of a form", multipart(["id", one], ["ref", json({ id: one, ref: one })]), [1]],
  ["two parts of one name", multipart(["file", one], ["file", one]), [1, 1]],
  ["two parts as curl and browsers divide them", multipartBy("----WebKitForm7MA4", ["id", one], ["ref", one]), [1]],
  ["two parts of one name behind dashes", multipartBy("----------7MA4", ["f", one], ["f", one]), [1, 1]],
  ["two parts behind a preamble", `for old mailers\r\n${multipart(["id", one], ["ref", one])}`, [1]],
  ["parts that never end", multipart(["id", one], ["ref", one]).slice(0, -6), [1, 1]],
  ["parts without headers", `--b0\r\n\r\n${one}\r\n--b0\r\n\r\n${one}\r\n--b0--`, [1, 1]],
  ["lines between dashes", `--- a\n${one}\n\n${one}\n--- a --`, [1, 1]],
  ["two addresses with another path", `https://a/1?id=${one}\nhttps://a/2?id=${one}`, [1, 1]],
  ["two lines that begin with their time", `12:01,id=${one}\n12:02,id=${one}`, [1, 1]],
  ["a number behind what is no UTF-8", `note=caf%E9%22${number}%22`, [1]],
  ["two elements", `<?xml version="1.0"?>\n<o>\n  <id>${one}</id>\n  <ref>${one}</ref>\n</o>\n`, [1]],
  ["an attribute and an element", `<a:o xmlns:a='x>y' id="${one}" z='1'><a:ref>${one}</a:ref></a:o>`, [1]],
  ["an element and a comment", `<o><!-- ${one} --><id>${one}</id><br/></o>`, [1]],
  ["JSON within XML", `<o><id>${one}</id><d><![CDATA[${json({ a: one, b: one })}]]></d></o>`, [1]],
  [
    "escaped JSON within XML",
    `<o><id>${one}</id><d>${json({ a: one, b: one }).replaceAll('"', "&quot;")}</d></o>`,
    [1],
  ],
  ...["&#34;", "&#034;", "&#x22;"].map((quote): [string, string, number[]] => [
    `JSON within XML with ${quote}`,
    `<o><id>${one}</id><d>${json({ a: one, b: one }).replaceAll('"', quote)}</d></o>`,
    [1],
  ]),
  ["XML with what is no character", `<o><id>${one}</id><d>&#9999999;${one}</d></o>`, [1]],
  ["XML within JSON", json({ id: one, d: `<o><id>${one}</id><ref>${one}</ref></o>` }), [1]],
  ["two elements of one name", `<l><o id="${one}">${one}</o><o id="${one}">${one}</o></l>`, [1, 1]],
  ["two documents", `<o><id>${one}</id></o>\n<o><id>${one}</id></o>`, [1, 1]],
  ["XML that is not well-formed", `<o><id>${one}</id><ref>${one}</o>`, [1, 1]],
  ["elements that are nested too deeply", `${"<a>".repeat(300_000)}${one}${one}${"</a>".repeat(300_000)}`, [1, 1]],
  ["tags that never end", `${"<a ".repeat(300_000)}${one} ${one}`, [1, 1]],
  ["comments that never end", `<a>${"<!--".repeat(300_000)}${one} ${one}`, [1, 1]],
  ["a form that is a form that is a form", `${"a=".repeat(300_000)}${one},${one}`, [1, 1]],
  ["two pairs of a log", `time=12:01 level=info id=${one} msg="sent \\"${one}\\""`, [1]],
  ["two lines of a log", `level=info id=${one} ref=${one}\nlevel=info id=${one} ref=${one}`, [1, 1]],
  ["JSON in a pair of a log", `id=${one} body=${json(json({ id: one, ref: one }))}`, [1]],
  ["a pair that is none of a log", `order ${one} id=${one}`, [1, 1]],
  ["a quote of a log that never ends", `id=${one} ref="${one}`, [1, 1]],
  ["two columns of a table", `id,ref,n\r\n${one},"${one}",1\r\n${other},${other},2\r\n`, [1, 2]],
  ["two rows of a table", `id;ref\n${one};${one}\n${one};${one}`, [1, 1]],
  ["a cell of JSON", `id,body\n${one},"${json({ id: one, ref: one }).replaceAll('"', '""')}"`, [1]],
  ["a row without names", `${one},${one}`, [1, 1]],
  ["lines of different lengths", `id,ref\n${one},${one},1`, [1, 1]],
  ["id and data of server-sent events", `id: ${one}\ndata: ${one}\n\nid: ${other}\ndata: ${other}\n\n`, [1, 2]],
  ["two server-sent events", `event: a\nid: ${one}\ndata: ${one}\n\nid: ${one}\ndata: ${one}\n\n`, [1, 1]],
  ["JSON in server-sent events", `: hello\nid: ${one}\ndata: {"id":"${one}",\ndata: "ref":"${one}"}\n\n`, [1]],
  ["quotes that never end", `id,ref\n${`"${one}`.repeat(2)}${'"x'.repeat(300_001)}`, [1, 1]],
  ["a text without fields", `${one} ${one}`, [1, 1]],
  ["a field, beside a number within a text", json({ a: one, b: one, c: `of ${number} here` }), [1]],
  ["a text that only looks like JSON", `{${one} ${one}]`, [1, 1]],
  ["lists that are nested too deeply", deep(100_000), [1, 1]],
])("an event in %s arrived as often as it did", (_, text, seqs) => {
  const known = { runs: [0xdeadbeef], at: 1_790_000_000_005 };
  expect(eventsIn(text, known).identities.map(({ seq }) => seq)).toEqual(seqs);
});

describe.each([
  ...SPELLINGS.map((spelling) => [spelling, spell(trace(1), spelling)] as const),
  ["text in upper case", one.toUpperCase()],
  ["uuid without dashes", spell(trace(1), "uuid").replaceAll("-", "")],
  ["hash without 0x", spell(trace(1), "hash").slice(2)],
] as const)("rows without names, each with a %s,", (_, spelled) => {
  test.each([
    ["of commas", `${spelled},created`],
    ["of semicolons", `${spelled};paid;EUR`],
    ["of tabs", `${spelled}\tpaid`],
    ["of words", `order ${spelled},was paid`],
    ["of quotes", `"id ${spelled}","created"`],
    ["of two cells with it", `paid,a${spelled === number ? "" : " "}${spelled}`],
  ])("%s, are arrivals by themselves", (__, row) => {
    const known = { runs: [0xdeadbeef], at: 1_790_000_000_005 };
    for (const times of [2, 3, 5]) {
      const { identities } = eventsIn(Array(times).fill(row).join("\n"), known);
      expect(identities.map(({ seq }) => seq)).toEqual(Array(times).fill(1));
    }
  });
});

test.each([
  ["evt_id,evt_ref", [1]],
  ["Order number (#),customer.ref", [1]],
  [`${"a".repeat(32)},b`, [1]],
  [`${"a".repeat(33)},b`, [1, 1]],
])("a first row of %s names columns or none", (names, seqs) => {
  const known = { runs: [0xdeadbeef], at: 1_790_000_000_005 };
  expect(eventsIn(`${names}\n${one},${one}`, known).identities.map(({ seq }) => seq)).toEqual(seqs);
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
