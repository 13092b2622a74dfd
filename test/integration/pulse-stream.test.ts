/** The reference gateway as a consumer of the stream, with NATS, without it, and when it comes back. */
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { type Gateway, startGateway } from "../../systems/pulse/target/gateway.ts";
import {
  ALL,
  type Client,
  canonical,
  connected,
  counts,
  eventually,
  gatewayWith,
  get,
  handled,
  Nats,
  nats,
  range,
  readyGateway,
  SECONDS_TIMESTAMP,
  useNats,
} from "./gateway.ts";

describe("with NATS and the stream", () => {
  useNats();

  it("delivers every event through each of two gateways", async () => {
    const gateways = [await gatewayWith(), await gatewayWith()];
    const clients = await Promise.all(gateways.map(connected));
    for (const client of clients) await client.subscribe(ALL);
    await nats.publish(0, 300);
    for (const [place, gateway] of gateways.entries()) await handled(gateway, 300, clients[place] as Client);
    for (const client of clients) expect(client.seqs()).toEqual(range(0, 300));
  });

  it("delivers nothing that was published before it started", async () => {
    await nats.publish(0, 30);
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publish(30, 10);
    await handled(gateway, 10, client);
    expect(client.seqs()).toEqual(range(30, 10));
  });

  it("passes over malformed messages and counts them", async () => {
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publish(0, 5);
    await nats.publishText(
      "",
      "no JSON {",
      "[]",
      canonical({ chain: "ethereum" as never }),
      canonical({ commitment_level: "finalized" as never }),
      canonical({ payload: { amount: "1" } as never }),
      canonical({ reorg_action: "" as never }),
      canonical({ timestamp: "yesterday" }),
      canonical({ accounts: "0x1" as never }),
      canonical({ block_number: -1 }),
      canonical({ event_id: 7 as never }),
    );
    await nats.publish(5, 5);
    await handled(gateway, 10, client);
    expect(client.seqs()).toEqual(range(0, 10));
    expect(await counts(gateway)).toMatchObject({ malformed: 11, received: 10 });
    expect((await get(gateway, "/ready")).status).toBe(200);
  });

  it("uses other chain numbers when it is told to", async () => {
    const gateway = await gatewayWith({ chainNumbers: { ethereum: 11155111 } });
    const client = await connected(gateway);
    await client.subscribe({ ...ALL, chains: ["ethereum"] });
    await nats.publishText(canonical({ chain: 11155111 }));
    await handled(gateway, 1, client);
    expect(client.events()).toMatchObject([{ chain: "ethereum" }]);
  });

  it("sends an event of a chain that it does not know to every subscription", async () => {
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    await client.subscribe({ ...ALL, chains: ["solana"], event_types: ["burn"] });
    await nats.publishText(canonical({ chain: 99, event_type: "mint" }));
    await handled(gateway, 1, client);
    expect(client.events()).toMatchObject([{ chain: "unknown", event_type: "mint" }]);
  });
});

describe("without NATS or the stream", () => {
  async function ownNats(): Promise<Nats> {
    const nats = await Nats.start();
    onTestFinished(() => nats.close());
    return nats;
  }

  async function notReady(gateway: Gateway, reason: RegExp): Promise<void> {
    await eventually(async () => {
      expect(await get(gateway, "/ready")).toEqual({
        status: 503,
        body: {
          ready: false,
          reason: expect.stringMatching(reason),
          timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
        },
      });
    });
  }

  it("is healthy and says why it is not ready", async () => {
    const gateway = await startGateway({ natsUrl: "nats://127.0.0.1:1" });
    onTestFinished(() => gateway.close());
    await notReady(gateway, /NATS at nats:\/\/127\.0\.0\.1:1 is not reached/);
    expect((await get(gateway, "/health")).status).toBe(200);
    expect((await get(gateway, "/api/v1/correctness/halts")).body).toMatchObject({
      halted: true,
      conditions: [{ reason: expect.stringContaining("not reached"), since: expect.stringMatching(SECONDS_TIMESTAMP) }],
    });
    expect((await connected(gateway)).socket.readyState).toBe(WebSocket.OPEN);
  });

  it("reads a stream that is made later from its first event, and another one that replaces it", async () => {
    const nats = await ownNats();
    const gateway = await startGateway({ natsUrl: nats.url });
    onTestFinished(() => gateway.close());
    await notReady(gateway, /stream CANONICAL_EVENTS does not exist yet/);
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.addStream();
    await nats.publish(0, 100);
    await eventually(() => expect(client.seqs()).toEqual(range(0, 100)));
    expect((await get(gateway, "/ready")).status).toBe(200);

    await nats.deleteStream();
    await notReady(gateway, /stream CANONICAL_EVENTS does not exist yet/);
    await nats.addStream();
    await nats.publish(100, 50);
    await eventually(() => expect(client.seqs()).toEqual(range(0, 150)));
  });

  it("goes on after a restart of NATS where it had stopped", async () => {
    const nats = await ownNats();
    await nats.addStream();
    await nats.publish(0, 40);
    const gateway = await readyGateway({ natsUrl: nats.url });
    const client = await connected(gateway);
    await client.subscribe(ALL);

    // Once before the first event, when there is no last event to go on from, and once after.
    for (const [round, first] of [40, 140].entries()) {
      await nats.down();
      await notReady(gateway, /not reached|is lost/);
      await nats.up();
      await nats.publish(first, 100);
      await eventually(() => expect(client.seqs()).toEqual(range(40, 100 * (round + 1))));
      expect((await get(gateway, "/ready")).status).toBe(200);
    }
  });
});
