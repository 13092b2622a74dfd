import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { textOf, UNPACKED_LIMIT, unpack } from "../../receiver/unpacking.ts";
import { readWebhooks } from "../../systems/ethhook/receiver/body.ts";

const WEBHOOK = {
  block_hash: "0x1",
  block_number: 1,
  chain_id: 1,
  contract_address: "0x2",
  data: "0x",
  log_index: 0,
  timestamp: 1,
  topics: ["0x3"],
  transaction_hash: "0x4",
};
const text = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("the text of a body", () => {
  const said = '{"id":"évt"}';
  const little = Buffer.from(said, "utf16le");
  const big = Buffer.from(little).swap16();
  test.each<[string, Buffer, string | undefined]>([
    ["UTF-8", Buffer.from(said), undefined],
    ["UTF-8 that says so", Buffer.from(said), "application/json; charset=utf-8"],
    ["UTF-8 whose type is wrong", Buffer.from(said), "application/json; charset=utf-16"],
    ["UTF-8 whose type is wrong and says the order", Buffer.from(said), "text/plain; charset=UTF-16LE"],
    ["UTF-16 with a mark", Buffer.from([0xff, 0xfe, ...little]), undefined],
    ["UTF-16 with the other mark", Buffer.from([0xfe, 0xff, ...big]), "text/xml"],
    ["UTF-16 whose type says the order", big, "text/xml; charset=UTF-16BE"],
    ["UTF-16 of either order", little, 'text/xml; charset="utf-16"'],
    ["UTF-16 of the other order", big, "text/xml; charset=utf-16"],
  ])("in %s is read", (_, bytes, contentType) => {
    expect(textOf(bytes, contentType)).toBe(said);
  });
});

describe("a Content-Encoding is undone", () => {
  const body = text(WEBHOOK);
  test.each<[string | undefined, Buffer]>([
    [undefined, body],
    ["identity", body],
    ["", body],
    ["UTF-8", body],
    ["gzip", gzipSync(body)],
    ["X-GZIP", gzipSync(body)],
    ["br", brotliCompressSync(body)],
    ["deflate", deflateSync(body)],
    ["deflate", deflateRawSync(body)],
    ["gzip, br", brotliCompressSync(gzipSync(body))],
  ])("%s", async (encoding, bytes) => expect(await unpack(bytes, encoding)).toEqual(body));

  test.each<[string, Buffer, RegExp]>([
    ["gzip", body, /^it is not gzip/],
    ["br", gzipSync(body), /^it is not br/],
    ["deflate", Buffer.alloc(0), /^it is not deflate/],
    ["gzip", gzipSync(body).subarray(0, 20), /^it is not gzip/],
    ["zstd", body, /zstd; read are gzip, deflate and br/],
    ["gzip,gzip,gzip,gzip", body, /more than three/],
  ])("what is said to be %s and is not is refused", async (encoding, bytes, problem) => {
    expect(await unpack(bytes, encoding)).toMatch(problem);
  });

  test.each(["gzip", "br", "deflate"])("what %s blows up is refused", async (encoding) => {
    const pack = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }[encoding] as typeof gzipSync;
    const bomb = pack(Buffer.alloc(UNPACKED_LIMIT + 1));
    expect(bomb.length).toBeLessThan(20_000);
    expect(await unpack(bomb, encoding)).toMatch(/unpacks to more than/);
    expect(await unpack(pack(Buffer.alloc(UNPACKED_LIMIT)), encoding)).toHaveLength(UNPACKED_LIMIT);
  });
});

describe("events of a body", () => {
  const other = { ...WEBHOOK, transaction_hash: "0x5" };
  const event = { specversion: "1.0", id: "1", type: "log", source: "/a", data: WEBHOOK };
  test.each<[string, unknown, readonly unknown[]]>([
    ["one", WEBHOOK, [WEBHOOK]],
    ["an array", [WEBHOOK, other], [WEBHOOK, other]],
    ["a CloudEvent", event, [WEBHOOK]],
    ["a batch of CloudEvents", [event, { ...event, data: other }], [WEBHOOK, other]],
    ["wrapped", { type: "events", events: [WEBHOOK, other], page: 1 }, [WEBHOOK, other]],
    ["wrapped twice", { payload: { event: WEBHOOK } }, [WEBHOOK]],
  ])("%s", (_, value, webhooks) => expect(readWebhooks(text(value))).toEqual(webhooks));

  test("a body that packs its event as text", () => {
    const packed = { specversion: "1.0", data_base64: text(WEBHOOK).toString("base64") };
    expect(readWebhooks(text(packed))).toEqual([WEBHOOK]);
    expect(readWebhooks(text({ Message: JSON.stringify(WEBHOOK) }))).toEqual([WEBHOOK]);
  });

  test.each<[string, unknown, RegExp]>([
    ["nothing", [], /an empty JSON array/],
    ["a part without a field", { ...WEBHOOK, block_hash: undefined }, /block_hash/],
    ["one of several that is none", [WEBHOOK, { a: 1 }], /element 2/],
    ["a scalar", 7, /JSON value 7/],
  ])("%s is told", (_, value, problem) => expect(readWebhooks(text(value))).toMatch(problem));

  test("what is nested without an end is not followed", () => {
    const deep = Buffer.from(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`);
    expect(readWebhooks(deep)).toBeTypeOf("string");
  });
});
