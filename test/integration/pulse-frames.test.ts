/** The frames that the reference gateway and its clients exchange. */
import { describe, expect, it } from "vitest";
import { readEventId } from "../../core/trace.ts";
import { damageOf } from "../../systems/pulse/damage.ts";
import { event } from "../../systems/pulse/events.ts";
import { frames, isEventFrame } from "../../systems/pulse/frames.ts";
import {
  ALL,
  Client,
  connected,
  gatewayWith,
  handled,
  nats,
  range,
  SECONDS_TIMESTAMP,
  useNats,
  WORKLOAD,
} from "./gateway.ts";

useNats();

describe("frames", () => {
  it("greets, answers a ping, and takes, lists and ends subscriptions", async () => {
    const gateway = await gatewayWith();
    const client = await Client.open(gateway.wsUrl);
    expect(await client.next()).toEqual({
      type: "connected",
      client_id: expect.stringMatching(/./),
      timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
    });
    expect(await client.ask(frames.ping())).toEqual({
      type: "pong",
      timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
    });

    const filter = { ...ALL, chains: ["ethereum"], event_types: ["transfer"] };
    const subscribed = await client.ask(frames.subscribe(filter, 60));
    const id = subscribed.data?.subscription_id as string;
    expect(id).toMatch(/^sub_./);
    expect(subscribed).toEqual({
      type: "subscribed",
      data: { subscription_id: id, filter },
      timestamp: expect.stringMatching(SECONDS_TIMESTAMP),
    });

    const listed = await client.ask(frames.listSubscriptions());
    const { subscriptions } = listed.data as { subscriptions: [{ created_at: string; expires_at: string }] };
    const [entry] = subscriptions;
    expect(listed).toEqual({
      type: "subscriptions",
      data: { count: 1, subscriptions: [{ id, filter, created_at: entry.created_at, expires_at: entry.expires_at }] },
    });
    expect(Date.parse(entry.expires_at) - Date.parse(entry.created_at)).toBe(60_000);

    expect(await client.ask(frames.unsubscribe(id))).toEqual({ type: "unsubscribed", data: { subscription_id: id } });
    expect((await client.ask(frames.listSubscriptions())).data).toEqual({ count: 0, subscriptions: [] });
  });

  it("sends events exactly as the contract writes them", async () => {
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publish(0, 50);
    await handled(gateway, 50, client);
    expect(client.seqs()).toEqual(range(0, 50));
    for (const delivered of client.events()) {
      const seq = readEventId(delivered.event_id)?.seq as number;
      expect(damageOf(delivered, event(WORKLOAD, seq))).toBeNull();
      expect(delivered.timestamp).toMatch(SECONDS_TIMESTAMP);
    }
    const text = client.texts.find((one) => isEventFrame(one)) as string;
    expect(text).toMatch(/^\{"type":"event","data":\{"event_id":"evt_\d{19}_/);
    expect(Object.keys(JSON.parse(text).data)).toEqual([
      "event_id",
      "chain",
      "block_num",
      "tx_hash",
      "event_type",
      "accounts",
      "program_id",
      "native_value",
      "timestamp",
    ]);
  });

  it.each([
    ["no JSON", "{nonsense", "invalid_message"],
    ["no object", "[1,2]", "invalid_message"],
    ["no type", '{"data":{}}', "invalid_message"],
    ["binary", Buffer.from(frames.ping()), "invalid_message"],
    ["an unknown type", '{"type":"shout"}', "unknown_type"],
    ["subscribe without data", '{"type":"subscribe"}', "invalid_data"],
    ["a field that is no list", '{"type":"subscribe","data":{"chains":"ethereum"}}', "invalid_data"],
    ["a list of numbers", '{"type":"subscribe","data":{"accounts":[1]}}', "invalid_data"],
    ["a time to live of nothing", '{"type":"subscribe","data":{"ttl_seconds":0}}', "invalid_data"],
    ["an endless time to live", '{"type":"subscribe","data":{"ttl_seconds":1e9}}', "invalid_data"],
    ["unsubscribe without data", '{"type":"unsubscribe"}', "missing_id"],
    ["unsubscribe without id", '{"type":"unsubscribe","data":{}}', "missing_id"],
    ["an id that is not held", frames.unsubscribe("sub_none"), "invalid_data"],
    ["an unknown chain", frames.subscribe({ ...ALL, chains: ["atlantis"] }, 60), "subscribe_failed"],
  ])("refuses %s and goes on", async (_, message, code) => {
    const client = await connected(await gatewayWith());
    expect(await client.ask(message)).toEqual({
      type: "error",
      data: { code, message: expect.stringMatching(/.../) },
    });
    expect((await client.ask(frames.ping())).type).toBe("pong");
  });

  it("refuses more subscriptions than a client may hold", async () => {
    const client = await connected(await gatewayWith());
    for (let count = 0; count < 1000; count++) client.socket.send(frames.subscribe(ALL, 60));
    for (let count = 0; count < 1000; count++) expect((await client.next()).type).toBe("subscribed");
    expect((await client.ask(frames.subscribe(ALL, 60))).data?.code).toBe("subscribe_failed");
  });

  it("closes a connection whose message is too large", async () => {
    const client = await connected(await gatewayWith());
    client.socket.send(frames.subscribe({ ...ALL, accounts: ["0x".padEnd(100_000, "0")] }, 60));
    expect((await client.closed).code).toBe(1009);
  });

  it("tells clients when it stops", async () => {
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    await gateway.close();
    expect(await client.closed).toEqual({ code: 1001, reason: "the gateway is stopping" });
    expect(await nats.consumers()).toBe(0);
  });
});
