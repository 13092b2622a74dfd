import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as v from "valibot";
import { afterEach, expect, test, vi } from "vitest";
import { traceHash } from "../../core/trace.ts";
import { type Handover, HandoverSchema, Handovers } from "../../receiver/handover.ts";
import { Relay } from "../../receiver/relay.ts";
import type { WebhookSink } from "../../receiver/webhooks.ts";

const TRACE = { run: 1, publisher: 1, seq: 0, publishedAt: 1_767_225_600_000 };
const WEBHOOK = {
  ...{ block_hash: "0x", block_number: 1, chain_id: 1, contract_address: "0x", data: "0x", timestamp: 1, topics: [] },
  log_index: 0,
  transaction_hash: traceHash(TRACE),
};
const AHEAD_MS = 5_000;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A receiver that settles, with a clock of its own. */
class Settling {
  readonly taken: Handover[] = [];
  answer = 200;
  clockAhead = 0;
  /** So many answers never reach the one who hands on. */
  loses = 0;

  async listen(): Promise<string> {
    server = createServer(async (request, response) => {
      if (request.url === "/clock") return void response.end(JSON.stringify({ now: Date.now() + this.clockAhead }));
      let text = "";
      for await (const chunk of request) text += chunk;
      if (this.answer === 200) this.taken.push(v.parse(HandoverSchema, JSON.parse(text)));
      if (this.loses-- > 0) request.socket.destroy();
      else response.writeHead(this.answer).end("{}");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server?.once("listening", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  get deliveries() {
    return this.taken.flatMap(({ deliveries }) => deliveries);
  }
}

const delivery = (arrivedAt = 1_000_000) => ({ trace: TRACE, arrivedAt, attempt: 1, isSigned: true });

test("what is handed on came when the clock of the receiver that settles says so", async () => {
  const settling = new Settling();
  settling.clockAhead = AHEAD_MS;
  const relay = new Relay(await settling.listen(), Date.now);
  const arrivedAt = Date.now();
  relay.delivered("e", delivery(arrivedAt), WEBHOOK);
  relay.refused("e", TRACE, arrivedAt, "wrong signature");
  await relay.close();
  const [{ deliveries, refusals } = { deliveries: [], refusals: [] }] = settling.taken;
  for (const at of [deliveries[0]?.arrivedAt, refusals[0]?.at]) {
    expect(at).toBeGreaterThan(arrivedAt + AHEAD_MS / 2);
    expect(at).toBeLessThan(arrivedAt + AHEAD_MS * 2);
  }
});

test("clocks that agree within the error of the comparison change nothing", async () => {
  const settling = new Settling();
  const relay = new Relay(await settling.listen(), Date.now);
  relay.delivered("e", delivery(), WEBHOOK);
  await relay.close();
  expect(settling.deliveries.map(({ arrivedAt }) => arrivedAt)).toEqual([1_000_000]);
});

test("a receiver that does not take them is told of once, and gets them when it does", async () => {
  const settling = new Settling();
  settling.answer = 500;
  const lines: string[] = [];
  const url = await settling.listen();
  const relay = new Relay(url, Date.now, (line) => lines.push(line));
  relay.delivered("e", delivery(), WEBHOOK);
  await vi.waitFor(() =>
    expect(lines).toEqual([`receiver: --settle-at ${url}: webhooks cannot be handed on: status 500`]),
  );
  relay.delivered("e", delivery(), WEBHOOK);
  settling.answer = 200;
  await relay.close();
  expect(settling.deliveries).toHaveLength(2);
  expect(lines).toHaveLength(1);
});

test("a receiver that is gone costs what it never took, and that is told", async () => {
  const lines: string[] = [];
  const relay = new Relay("http://127.0.0.1:1", Date.now, (line) => lines.push(line));
  relay.delivered("e", delivery(), WEBHOOK);
  relay.refused("e", TRACE, 1, "answered 503");
  await relay.close();
  expect(lines).toEqual([
    expect.stringMatching(/^receiver: --settle-at http:\/\/127\.0\.0\.1:1: webhooks cannot be handed on: .+/),
    "receiver: --settle-at http://127.0.0.1:1: webhooks are dropped from here on, and the account will lack them",
    "receiver: --settle-at http://127.0.0.1:1: 2 webhooks were dropped in all",
  ]);
});

test("what was taken and never answered is handed on again, and entered once", async () => {
  const settling = new Settling();
  settling.loses = 2;
  const relay = new Relay(await settling.listen(), Date.now, () => undefined);
  relay.delivered("e", delivery(1), WEBHOOK);
  relay.refused("e", TRACE, 1, "answered 503");
  await vi.waitFor(() => expect(settling.taken).toHaveLength(1));
  relay.delivered("e", delivery(2), WEBHOOK);
  await vi.waitFor(() => expect(settling.taken.length).toBeGreaterThan(2));
  relay.delivered("e", delivery(3), WEBHOOK);
  await relay.close();
  expect(settling.deliveries.length).toBeGreaterThan(3);

  const arrivals: number[] = [];
  const refusals: number[] = [];
  const sink: WebhookSink = {
    delivered: (_, { arrivedAt }) => void arrivals.push(arrivedAt),
    refused: (_, __, at) => void refusals.push(at),
  };
  const handovers = new Handovers(sink);
  for (const handover of settling.taken) handovers.enter(handover);
  // One that was slow on its way comes after its own repetition.
  handovers.enter(settling.taken[0] as Handover);
  expect(arrivals).toEqual([1, 2, 3]);
  expect(refusals).toEqual([1]);
});

test("a second relay that has handed on as much is another", () => {
  let arrived = 0;
  const handovers = new Handovers({ delivered: () => void arrived++, refused: () => undefined });
  const body = { endpoint: "e", arrivedAt: 1, attempt: 1, isSigned: true, body: WEBHOOK };
  for (const relay of ["a1", "b2"]) {
    handovers.enter({ relay, before: { deliveries: 0, refusals: 0 }, deliveries: [body], refusals: [] });
  }
  expect(arrived).toBe(2);
});
