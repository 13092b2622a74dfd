import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readWebhooks } from "../../systems/ethhook/receiver/body.ts";

const WEBHOOK = {
  ...{ block_hash: "0x", block_number: 1, chain_id: 1, contract_address: "0x", data: "0x", timestamp: 1, topics: [] },
  ...{ log_index: 0, transaction_hash: "0x" },
};
const TEXT = JSON.stringify(WEBHOOK);
const { data: _, ...WITHOUT_DATA } = WEBHOOK;

test("a webhook of the contract is read, whatever else it holds", () => {
  expect(readWebhooks(Buffer.from(JSON.stringify({ ...WEBHOOK, extra: 1 })))).toEqual([WEBHOOK]);
});

describe("a body that is no webhook is told of by what is wrong with it:", () => {
  test.each<[string, Buffer | string, RegExp]>([
    ["nothing", "", /^it is empty$/],
    ["compressed in silence", gzipSync(TEXT), /^it is compressed with gzip, and no Content-Encoding says so$/],
    ["a form", "a=1&b=2", /^it is not JSON, but begins with "a=1&b=2"$/],
    ["a field less", JSON.stringify(WITHOUT_DATA), /: data: Invalid/],
    [
      "another type",
      JSON.stringify({ ...WEBHOOK, chain_id: "1" }),
      /: chain_id: Invalid type: Expected number but received "1"$/,
    ],
    ["a number beyond all bounds", TEXT.replace('"chain_id":1', '"chain_id":1e999'), /chain_id/],
    ["no object", '"text"', /^it is the JSON value "text"/],
  ])("%s", (_what, body, problem) => {
    expect(readWebhooks(Buffer.from(body))).toMatch(problem);
  });
});
