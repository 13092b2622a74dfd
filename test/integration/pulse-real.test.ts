/** The reference gateway in the manner of the real one. */
import { jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { describe, expect, it } from "vitest";
import { damageOf } from "../../systems/pulse/damage.ts";
import { event } from "../../systems/pulse/events.ts";
import { frames, isEventFrame } from "../../systems/pulse/frames.ts";
import { STREAM } from "../../systems/pulse/wire.ts";
import { ALL, connected, eventually, gatewayWith, get, handled, nats, range, useNats, WORKLOAD } from "./gateway.ts";

useNats();

const real = () => gatewayWith({ manner: "real" });

/** Its /ready says nothing, so that its consumer is waited for. */
const reading = () => eventually(async () => expect(await nats.consumers()).toBe(1));

describe("as the real gateway", () => {
  it("writes keys in alphabetical order at every level, the type last, and no program", async () => {
    const gateway = await real();
    await reading();
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publish(0, 20);
    await handled(gateway, 20, client);
    expect(client.seqs()).toEqual(range(0, 20));
    for (const [seq, delivered] of client.events().entries()) {
      expect(Object.keys(delivered)).toEqual(Object.keys(delivered).toSorted());
      expect(delivered.program_id).toBe("");
      expect(damageOf(delivered, event(WORKLOAD, seq))).toBeNull();
    }
    for (const text of client.texts) {
      expect(text).toMatch(/"type":"\w+"\}$/);
      expect(isEventFrame(text)).toBe((JSON.parse(text) as { type: string }).type === "event");
    }
  });

  it("matches no filter on programs", async () => {
    const gateway = await real();
    await reading();
    const client = await connected(gateway);
    await client.subscribe({ ...ALL, program_ids: [event(WORKLOAD, 0).programId] });
    await nats.publish(0, 5);
    await handled(gateway, 5, client);
    expect(client.events()).toEqual([]);
  });

  it("acknowledges what it cannot decode", async () => {
    const gateway = await real();
    await reading();
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publishText('{"event_id":7}');
    const manager = await jetstreamManager(nats.connection);
    await eventually(async () => {
      const [consumer] = await manager.consumers.list(STREAM).next();
      expect(consumer).toMatchObject({ num_pending: 0, num_ack_pending: 0, ack_floor: { stream_seq: 1 } });
    });
    expect((await client.ask(frames.ping())).type).toBe("pong");
    expect(client.events()).toEqual([]);
  });

  it("splits the events between gateways, which share a consumer", async () => {
    const gateways = [await real(), await real()];
    await reading();
    const clients = await Promise.all(gateways.map(connected));
    for (const client of clients) await client.subscribe(ALL);
    await nats.publish(0, 100);
    await eventually(() =>
      expect(clients.flatMap((client) => client.seqs()).toSorted((a, b) => a - b)).toEqual(range(0, 100)),
    );
  });

  it("makes its stream, and gives one that is there the retention that it needs", async () => {
    const manager = await jetstreamManager(nats.connection);
    const retention = async () => (await manager.streams.info(STREAM)).config.retention;
    expect(await retention()).toBe(RetentionPolicy.Limits);
    await real();
    await eventually(async () => expect(await retention()).toBe(RetentionPolicy.Interest));
    await nats.deleteStream();
    await eventually(async () => expect(await retention()).toBe(RetentionPolicy.Interest));
  });

  it("says that it is ready, with a broker or without", async () => {
    const gateway = await gatewayWith({ manner: "real", natsUrl: "nats://127.0.0.1:1" });
    expect(await get(gateway, "/ready")).toMatchObject({ status: 200, body: { ready: true } });
    expect((await get(gateway, "/api/v1/manifests/ethereum")).status).toBe(503);
  });
});
