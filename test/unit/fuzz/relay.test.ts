/** A receiver that hands webhooks on to one that refuses some of them: those behind them still arrive. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { traceHash } from "../../../core/trace.ts";
import { Relay } from "../../../systems/ethhook/receiver/relay.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const TRACE = { run: 1, publisher: 1, seq: 0, publishedAt: 1_767_225_600_000 };
const WEBHOOK = {
  ...{ block_hash: "0x", block_number: 1, chain_id: 1, contract_address: "0x", data: "0x", timestamp: 1, topics: [] },
  transaction_hash: traceHash(TRACE),
};

test.each([413, 422])("what is refused with %i is given up alone", async (status) => {
  const taken: number[] = [];
  server = createServer(async (request, response) => {
    if (request.url === "/clock") return void response.end(JSON.stringify({ now: Date.now() }));
    let text = "";
    for await (const chunk of request) text += chunk;
    const { items } = JSON.parse(text) as { items: { body: { log_index: number } }[] };
    const isPoisoned = items.some(({ body }) => body.log_index === 7);
    if (!isPoisoned) taken.push(...items.map(({ body }) => body.log_index));
    response.writeHead(isPoisoned ? status : 200).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const relay = new Relay(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, Date.now, () => {});
  const delivery = { trace: TRACE, headersAt: 1, arrivedAt: 1, attempt: 1, isSigned: true };
  const answers = Array.from({ length: 20 }, (_, log_index) =>
    relay.delivered("e", delivery, { ...WEBHOOK, log_index }),
  );
  expect(await Promise.all(answers)).toEqual(answers.map((_, index) => index !== 7));
  await relay.close();
  expect(taken).toEqual([...Array(20).keys()].filter((index) => index !== 7));
});
