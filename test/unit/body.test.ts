import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readWebhook } from "../../receiver/body.ts";

const WEBHOOK = {
  ...{ block_hash: "0x", block_number: 1, chain_id: 1, contract_address: "0x", data: "0x", timestamp: 1, topics: [] },
  ...{ log_index: 0, transaction_hash: "0x" },
};
const TEXT = JSON.stringify(WEBHOOK);
const { data: _, ...WITHOUT_DATA } = WEBHOOK;

test("a webhook of the contract is read, whatever else it holds", () => {
  expect(readWebhook(Buffer.from(JSON.stringify({ ...WEBHOOK, extra: 1 })))).toEqual(WEBHOOK);
});

describe("a body that is no webhook is told of by what is wrong with it:", () => {
  test.each<[string, Buffer | string, string | undefined, RegExp]>([
    ["nothing", "", undefined, /^it is empty$/],
    ["compressed, and said so", gzipSync(TEXT), "gzip", /^its Content-Encoding is gzip, which is not read here$/],
    [
      "compressed in silence",
      gzipSync(TEXT),
      undefined,
      /^it is compressed with gzip, and no Content-Encoding says so$/,
    ],
    ["a form", "a=1&b=2", undefined, /^it is not JSON, but begins with "a=1&b=2"$/],
    ["several at once", `[${TEXT},${TEXT}]`, undefined, /^it is a JSON array: /],
    [
      "wrapped",
      JSON.stringify({ id: 1, data: WEBHOOK }),
      undefined,
      /^it is a JSON object with the fields data, id: block_hash: /,
    ],
    ["a field less", JSON.stringify(WITHOUT_DATA), undefined, /: data: Invalid/],
    [
      "another type",
      JSON.stringify({ ...WEBHOOK, chain_id: "1" }),
      undefined,
      /: chain_id: Invalid type: Expected number but received "1"$/,
    ],
    ["a number beyond all bounds", TEXT.replace('"chain_id":1', '"chain_id":1e999'), undefined, /chain_id/],
    ["no object", '"text"', undefined, /^it is the JSON value "text"/],
  ])("%s", (_what, body, encoding, problem) => {
    expect(readWebhook(Buffer.from(body), encoding)).toMatch(problem);
  });
});
