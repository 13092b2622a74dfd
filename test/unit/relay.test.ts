import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as v from "valibot";
import { afterEach, expect, test, vi } from "vitest";
import { traceHash } from "../../core/trace.ts";
import { type Handover, HandoverSchema, Handovers } from "../../systems/ethhook/receiver/handover.ts";
import type { WebhookSink } from "../../systems/ethhook/receiver/intake.ts";
import { Relay } from "../../systems/ethhook/receiver/relay.ts";

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

  async listen(port = 0): Promise<string> {
    server = createServer(async (request, response) => {
      if (request.url === "/clock") return void response.end(JSON.stringify({ now: Date.now() + this.clockAhead }));
      let text = "";
      for await (const chunk of request) text += chunk;
      if (this.answer === 200) this.taken.push(v.parse(HandoverSchema, JSON.parse(text)));
      if (this.loses-- > 0) request.socket.destroy();
      else response.writeHead(this.answer).end("{}");
    }).listen(port, "127.0.0.1");
    await new Promise((resolve) => server?.once("listening", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  get items() {
    return this.taken.flatMap(({ items }) => items);
  }
}

const delivery = (at = 1_000_000) => ({ trace: TRACE, headersAt: at, arrivedAt: at, attempt: 1, isSigned: true });
const refused = (at = 1) => ({ trace: TRACE, headersAt: at, answeredAt: at, attempt: 1, why: "answered 503" as const });

test("what is handed on came when the clock of the receiver that settles says so", async () => {
  const settling = new Settling();
  settling.clockAhead = AHEAD_MS;
  const relay = new Relay(await settling.listen(), Date.now);
  const at = Date.now();
  void relay.delivered("e", delivery(at), WEBHOOK);
  relay.refused("e", refused(at));
  await relay.close();
  const moments = settling.items.flatMap((item) =>
    item.kind === "unread" || item.kind === "stray"
      ? []
      : [item.headersAt, item.kind === "delivered" ? item.arrivedAt : item.answeredAt],
  );
  expect(moments).toHaveLength(4);
  for (const moment of moments) {
    expect(moment).toBeGreaterThan(at + AHEAD_MS / 2);
    expect(moment).toBeLessThan(at + AHEAD_MS * 2);
  }
});

test("clocks that agree within the error of the comparison change nothing", async () => {
  const settling = new Settling();
  const relay = new Relay(await settling.listen(), Date.now);
  void relay.delivered("e", delivery(), WEBHOOK);
  await relay.close();
  expect(settling.items).toMatchObject([{ arrivedAt: 1_000_000 }]);
});

test("a webhook is answered when it is handed on, and not before", async () => {
  const settling = new Settling();
  settling.answer = 500;
  const lines: string[] = [];
  const url = await settling.listen();
  const relay = new Relay(url, Date.now, (line) => lines.push(line));
  const answers: boolean[] = [];
  void relay.delivered("e", delivery(), WEBHOOK).then((taken) => answers.push(taken));
  await vi.waitFor(() =>
    expect(lines).toEqual([`receiver: --settle-at ${url}: webhooks cannot be handed on: status 500`]),
  );
  expect(answers).toEqual([]);
  const second = relay.delivered("e", delivery(), WEBHOOK);
  settling.answer = 200;
  expect(await second).toBe(true);
  expect(answers).toEqual([true]);
  await relay.close();
  expect(settling.items).toHaveLength(2);
  expect(lines).toHaveLength(1);
});

test("a webhook for a receiver that is gone is not taken, so that its sender comes again", async () => {
  const lines: string[] = [];
  const relay = new Relay("http://127.0.0.1:1", Date.now, (line) => lines.push(line));
  const first = relay.delivered("e", delivery(), WEBHOOK);
  relay.refused("e", refused());
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  await relay.close();
  expect(await first).toBe(false);
  expect(await relay.delivered("e", delivery(), WEBHOOK)).toBe(false);
  expect(lines).toEqual([
    expect.stringMatching(/^receiver: --settle-at http:\/\/127\.0\.0\.1:1: webhooks cannot be handed on: .+/),
    "receiver: --settle-at http://127.0.0.1:1: 2 could not be handed on; webhooks were answered 503",
  ]);
});

test("one that waits too long for a receiver that is away is not taken, and is never handed on later", async () => {
  let now = 0;
  const relay = new Relay(
    "http://127.0.0.1:1",
    () => now,
    () => {},
  );
  const first = relay.delivered("e", delivery(), WEBHOOK);
  now = 6_000;
  expect(await first).toBe(false);
  await relay.close();
});

test("what was taken and never answered is handed on again, and entered once", async () => {
  const settling = new Settling();
  settling.loses = 2;
  const relay = new Relay(await settling.listen(), Date.now, () => undefined);
  void relay.delivered("e", delivery(1), WEBHOOK);
  relay.refused("e", refused());
  relay.unread("e", "it is empty");
  relay.stray("e", "foreign");
  await vi.waitFor(() => expect(settling.taken).toHaveLength(1));
  void relay.delivered("e", delivery(2), WEBHOOK);
  await vi.waitFor(() => expect(settling.taken.length).toBeGreaterThan(2));
  expect(await relay.delivered("e", delivery(3), WEBHOOK)).toBe(true);
  await relay.close();
  expect(settling.items.length).toBeGreaterThan(5);

  const arrivals: number[] = [];
  const refusals: number[] = [];
  const problems: string[] = [];
  const sink: WebhookSink = {
    delivered: (_, { arrivedAt }) => void arrivals.push(arrivedAt),
    refused: (_, { answeredAt }) => void refusals.push(answeredAt),
    unread: (_, problem) => void problems.push(problem),
    stray: (_, what) => void problems.push(what),
  };
  const handovers = new Handovers(sink);
  for (const handover of settling.taken) handovers.enter(handover);
  // One that was slow on its way comes after its own repetition.
  handovers.enter(settling.taken[0] as Handover);
  expect(arrivals).toEqual([1, 2, 3]);
  expect(refusals).toEqual([1]);
  expect(problems).toEqual(["it is empty", "foreign"]);
});

test("a second relay that has handed on as much is another", () => {
  let arrived = 0;
  const count = () => void arrived++;
  const handovers = new Handovers({
    delivered: count,
    refused: () => undefined,
    unread: () => undefined,
    stray: () => undefined,
  });
  const { trace: _, ...arrival } = delivery(1);
  for (const relay of ["a1", "b2"]) {
    const items = [{ kind: "delivered" as const, endpoint: "e", ...arrival, body: WEBHOOK }];
    handovers.enter({ relay, before: 0, items, clock: { at: 1, offset: 0, error: 0, correction: 0 } });
  }
  expect(arrived).toBe(2);
});
