/** Whatever the format of a list, each of its items is one arrival, however often it repeats its identity. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { eventsIn } from "../../core/echoes.ts";
import { SPELLINGS, type Spelling, spell } from "../../core/identity.ts";

interface Item {
  readonly seq: number;
  readonly spelling: Spelling;
  /** Whether it repeats its identity in another field. */
  readonly isEchoed: boolean;
}

const RUN = 0xdeadbeef;
const AT = 1_790_000_000_000;
const idOf = ({ seq, spelling }: Item) => spell({ run: RUN, publisher: 1, seq, publishedAt: AT }, spelling);
const objectOf = (item: Item) =>
  item.isEchoed ? { id: idOf(item), data: { ref: idOf(item), note: `a<b>&'"c` } } : { id: idOf(item) };
const jsonOf = (item: Item) => JSON.stringify(objectOf(item));
const each = (items: readonly Item[], write: (item: Item) => string, between = "") => items.map(write).join(between);
const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&#34;");
const elementOf = (item: Item) =>
  `<o><id>${idOf(item)}</id>${item.isEchoed ? `<data><ref>${idOf(item)}</ref></data>` : ""}</o>`;
const xml = (items: readonly Item[]) => `<?xml version="1.0"?>\n<l>\n ${each(items, elementOf, "\n ")}\n</l>\n`;
const form = (...pairs: readonly [string, string][]) => String(new URLSearchParams([...pairs]));
const pairsOf = (item: Item, place: number): [string, string][] => [
  [`o[${place}][id]`, idOf(item)],
  ...(item.isEchoed ? [[`o[${place}][ref]`, idOf(item)] as [string, string]] : []),
];
const part = (text: string, name = "o") =>
  `----x7\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;

test.each<[string, (items: readonly Item[]) => string]>([
  ["JSON", (items) => JSON.stringify({ items: items.map(objectOf) }, null, 2)],
  ["lines of JSON", (items) => each(items, jsonOf, "\n")],
  ["XML", xml],
  ["XML with attributes", (items) => `<l>${each(items, (one) => `<o a="${idOf(one)}" b='${idOf(one)}'/>`)}</l>`],
  ["lines of XML", (items) => each(items, elementOf, "\n")],
  ["escaped JSON in XML", (items) => `<l>${each(items, (one) => `<o>${escaped(jsonOf(one))}</o>`)}</l>`],
  ["JSON in CDATA", (items) => `<l>${each(items, (one) => `<o><![CDATA[${jsonOf(one)}]]></o>`)}</l>`],
  ["a form", (items) => form(...items.flatMap(pairsOf))],
  ["a form's list of JSON", (items) => form(...items.map((one): [string, string] => ["o[]", jsonOf(one)]))],
  ["a log", (items) => each(items, (one) => `at=1 id=${idOf(one)} ref=${idOf(one)}`, "\n")],
  ["a table", (items) => `id,ref\n${each(items, (one) => `"${idOf(one)}",${one.isEchoed ? idOf(one) : ""}`, "\n")}`],
  ["server-sent events", (items) => each(items, (one) => `id: ${idOf(one)}\ndata: ${jsonOf(one)}\n\n`)],
  ["JSON in a form", (items) => form(["note", "a b"], ["payload", JSON.stringify(items.map(objectOf))])],
  ["XML in a form", (items) => form(["payload", xml(items)])],
  ["XML in JSON", (items) => JSON.stringify({ soap: xml(items) })],
  ["a form in JSON", (items) => JSON.stringify({ query: form(...items.flatMap(pairsOf)) })],
  ["parts", (items) => `${each(items, (one) => part(jsonOf(one)))}----x7--\r\n`],
  ["XML in a part", (items) => `${part(xml(items))}${part("abc", "signature")}----x7--\r\n`],
])("%s", (_, write) => {
  const item = fc.record({ seq: fc.nat(3), spelling: fc.constantFrom(...SPELLINGS), isEchoed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), (items) => {
      const { identities } = eventsIn(write(items), { runs: [RUN], at: AT + 5 });
      expect(identities.map(({ seq }) => seq).sort()).toEqual(items.map(({ seq }) => seq).sort());
    }),
  );
});
