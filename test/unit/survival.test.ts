import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareSample } from "../../cli/own/sample.ts";
import { bestOf, fatesOf } from "../../cli/own/survival.ts";
import { template } from "../../cli/own/templates.ts";
import { identitiesIn, spell } from "../../core/identity.ts";

const UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const HASH = `0x${"ab12".repeat(16)}`;

describe("what became of a field:", () => {
  test.each<[string, unknown, unknown, string | null, string | null]>([
    ["free text that is handed on", { ref: "ORD-1029" }, { a: { reference: "ORD-1029" } }, "a.reference", "text"],
    ["text within other text", { ref: "INVOICE-1029" }, { line: "got INVOICE-1029 for 12 EUR" }, "line", "text"],
    ["text in capitals", { ref: "ord-1029" }, { ref: "ORD-1029" }, "ref", "text"],
    ["text in JSON within JSON", { ref: "ORD-1029" }, { body: '{"ref":"ORD-1029"}' }, "body.ref", "text"],
    ["a frame that is not JSON", { ref: "ORDER-1029" }, "42 ORDER-1029", "the text", "text"],
    ["a UUID without its dashes", { key: UUID }, { key: UUID.replaceAll("-", "") }, "key", "uuid"],
    ["a hash without 0x", { tx: HASH }, { tx: HASH.slice(2) }, "tx", "hash"],
    ["a hash", { tx: HASH }, { tx: HASH }, "tx", "hash"],
    ["a number as text", { orderNo: "900123" }, { no: "900123" }, "no", "number"],
    ["a number that names one", { order_id: 900123 }, { id: "900123" }, "id", "number"],
    ["an amount", { cents: 1990 }, { cents: 1990 }, "cents", null],
    ["a word out of a few", { currency: "EUR" }, { currency: "EUR" }, "currency", null],
    ["a time", { at: "2026-11-28T10:00:00Z" }, { at: "2026-11-28T10:00:00Z" }, "at", null],
    [
      "an integer of more digits than JavaScript keeps",
      { order_id: 2n ** 60n },
      { order_id: 2n ** 60n },
      "order_id",
      "number",
    ],
    ["an amount as text", { amount: "199000" }, { amount: "199000" }, "amount", null],
    ["a version", { version: "1.0" }, { version: "1.0" }, "version", null],
    ["a UUID that is written anew", { key: UUID }, { key: UUID.replace("7c", "8d") }, null, null],
    ["a short number that another field has by chance", { id: 7 }, { qty: 7 }, null, null],
    [
      "a text that is empty beside one that is not",
      { ref: "ORD-1029", note: "" },
      { note: "", a: "ORD-1029" },
      "a",
      "text",
    ],
    ["text that is cut", { ref: "ORD-1029-0001-AB" }, { ref: "ORD-1029-000" }, null, null],
    ["text that is gone", { ref: "ORD-1029" }, { id: 17 }, null, null],
  ])("%s", (_, sent, received, cameAs, spelling) => {
    const [fate] = fatesOf(sent, received);
    const came = fate?.cameAs ?? null;
    expect([came && (came.join(".") || "the text"), fate?.spelling]).toEqual([cameAs, spelling]);
  });

  test("text that is cut says how much room there is", () => {
    expect(fatesOf({ ref: "ORD-1029-0001-AB" }, { ref: "ORD-1029-000" })[0]?.description).toBe(
      "is cut to 12 characters",
    );
  });

  test("the best field is the one that tells most", () => {
    const all = { order_id: 900123, no: "800456", key: UUID, tx: HASH, note: "ORD-1029" };
    const best = () => bestOf(fatesOf(all, received))?.path;
    const received: Record<string, unknown> = { ...all };
    const order = ["note", "tx", "key", "no", "order_id"];
    for (const name of order) {
      expect(best(), name).toEqual([name]);
      delete received[name];
    }
  });
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-sample-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function compare(sent: unknown, received: unknown) {
  const file = (name: string, value: unknown) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return compareSample(file("sent", sent), file("received", received));
}

const TRACE = { run: 7, publisher: 1, seq: 42, publishedAt: 1_790_000_000_000 };

/** What the file's own write() makes of an event. */
function written(write: string): string {
  const spellings = { id: "text", hash: "hash", uuid: "uuid", number: "number" } as const;
  const event = Object.entries(spellings).map(([name, spelling]) => [name, spell(TRACE, spelling)]);
  const names = event.map(([name]) => name as string);
  return new Function(...names, `return ${write}`)(...event.map(([, text]) => text)) as string;
}

test.each<[string, unknown, unknown, string]>([
  ["as text", { data: { ref: "ORD-1" }, n: 1 }, { body: { ref: "ORD-1" } }, "id"],
  ["as a UUID", { "order-key": UUID, lines: [{ sku: 5 }] }, { key: UUID }, "uuid"],
  ["as a number in JSON, which keeps all its digits", { order_id: 17_000_001 }, { order_id: 17_000_001 }, "number"],
  ["in a message that is not JSON", "ORDER-1029", { line: "ORDER-1029" }, "id"],
  ["in JSON within a text", { n: 1, meta: '{"ref":"ORD-1","a":[1]}' }, { out: { ref: "ORD-1" } }, "id"],
  ["in an item of a list", [{ sku: "a" }, { ref: "ORD-1029" }], [{ ref: "ORD-1029" }], "id"],
  ["beside integers that JavaScript cannot hold", '{"ref":"ORD-1","n":12345678901234567890}', { ref: "ORD-1" }, "id"],
  ["as an integer that JavaScript cannot hold", '{"order_id":9007199254740993}', '{"id":9007199254740993}', "number"],
  ["in the body of a request", { headers: { a: "b" }, body: '{"ref":"ORD-1"}' }, { ref: "ORD-1" }, "id"],
])("an identity is written %s, and is found again", async (_, sent, received, spelled) => {
  const { sample, says } = await compare(sent, received);
  expect(sample.spelled, says.join("\n")).toBe(spelled);
  const { identities } = identitiesIn(written(sample.write), { runs: [TRACE.run], at: TRACE.publishedAt });
  expect(identities).toMatchObject([{ run: TRACE.run, seq: TRACE.seq }]);
});

test("where no field survives, events are only counted", async () => {
  const { sample, says } = await compare({ ref: "ORD-1029" }, { id: 17 });
  expect(says.at(-1)).toBe("no field survives that can carry an identity: events are only counted");
  expect(template("orders", "http", "webhook", sample)).toContain('kind: "count"');
  expect(template("orders", "nats", "table", sample)).toContain("select count(*) from orders");
});

test("numbers that JavaScript cannot hold are written as they were sent", async () => {
  const { sample } = await compare('{"ref":"ORD-1","n":12345678901234567890}', { ref: "ORD-1" });
  expect(written(sample.write)).toContain('"n":12345678901234567890');
});

test("of several fields with one value, all are written", async () => {
  const { sample } = await compare(
    { order_ref: "ORD-10290", meta: { trace: "ORD-10290" }, qty: 2 },
    { t: "ORD-10290" },
  );
  const { order_ref, meta } = JSON.parse(written(sample.write)) as { order_ref: string; meta: { trace: string } };
  expect(order_ref).toBe(meta.trace);
});

test("a field of its own name is no other one's that holds the same by chance", () => {
  const fates = fatesOf({ order_id: 900123, qty: 900123 }, { number: 55, qty: 900123 });
  expect(fates.map(({ cameAs }) => cameAs)).toEqual([null, ["qty"]]);
});

test("what is written anew is told with what it is now", () => {
  expect(fatesOf({ orderId: UUID }, { order_id: "x-17" })[0]?.description).toBe("is written anew: order_id is x-17");
});

test("an identity that comes in a header is read from there", async () => {
  const { sample } = await compare({ ref: "ORD-10290" }, { headers: { "X-Ref": "ORD-10290" }, body: "{}" });
  expect(template("orders", "http", "webhook", sample)).toContain('text: headers["x-ref"]');
});

test("an item of a list is known by what its sample calls its key", async () => {
  const { sample } = await compare({ ref: "ORD-10290" }, [{ key: 4, data: '{"r":"ORD-10290"}' }]);
  expect(template("orders", "http", "list", sample)).toContain("id: order.key, text: JSON.stringify(order)");
});

test("a row's column is the one that is read", async () => {
  const { sample } = await compare({ orderRef: "ORD-1029" }, { row_no: 4, order_ref: "ORD-1029" });
  const file = template("orders", "nats", "table", sample);
  expect(file).toContain('"where row_no > $1"');
  expect(file).toContain("order by row_no limit");
});

test.each([
  ["Order No", '`where "Order No" > $1`', 'order by "Order No" limit', 'row["Order No"]'],
  ["a`$b_no", '`where "a\\`\\$b_no" > $1`', 'order by "a\\`\\$b_no" limit', 'row["a`$b_no"]'],
])("a column that is called %s is quoted", async (name, where, order, property) => {
  const { sample } = await compare({ orderRef: "ORD-1029" }, { [name]: 4, order_ref: "ORD-1029" });
  const file = template("orders", "nats", "table", sample);
  for (const part of [where, order, property]) expect(file).toContain(part);
  await expect(transform(file, { loader: "ts" })).resolves.toBeDefined();
});

test("a file that is not there, and a message without fields, are refused in one line", async () => {
  await expect(compareSample(join(folder, "none.json"), "b")).rejects.toThrow(/^--sent .*none.json: cannot be read/);
  await expect(compare("", {})).rejects.toThrow(/^--sent .*: is empty/);
  await expect(compare('{"a":', {})).rejects.toThrow(/^--sent .*: is not JSON/);
  await expect(compare({ a: true }, {})).rejects.toThrow("has no field that holds a text or a number");
});
