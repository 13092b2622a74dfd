/** The faults of the reference gateway, each as it says. */
import { describe, expect, it, onTestFinished } from "vitest";
import { readEventId } from "../../core/trace.ts";
import { frames } from "../../systems/pulse/frames.ts";
import { PULSE_FAULTS } from "../../systems/pulse/target/faults.ts";
import { startGateway } from "../../systems/pulse/target/gateway.ts";
import { parseFaults } from "../../target/faults.ts";
import { ALL, connected, eventually, faulty, get, handled, nats, range, useNats } from "./gateway.ts";

useNats();

describe("faults", () => {
  it("drops every N-th delivery", async () => {
    const gateway = await faulty("drop=10");
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publish(0, 100);
    await handled(gateway, 100, client);
    expect(client.seqs()).toEqual(range(0, 100).filter((seq) => seq % 10 !== 9));
  });

  it("duplicates every N-th delivery", async () => {
    const gateway = await faulty("duplicate=10");
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publish(0, 100);
    await handled(gateway, 100, client);
    expect(client.seqs()).toEqual(range(0, 100).flatMap((seq) => (seq % 10 === 9 ? [seq, seq] : [seq])));
  });

  it("misroutes every N-th delivery", async () => {
    const gateway = await faulty("misroute=10");
    const [client, stranger] = [await connected(gateway), await connected(gateway)];
    await client.subscribe(ALL);
    await stranger.subscribe({ ...ALL, chains: ["base"] });
    await nats.publish(0, 100);
    await handled(gateway, 100, client, stranger);
    expect(client.seqs()).toEqual(range(0, 100));
    expect(stranger.seqs()).toEqual(range(0, 100).filter((seq) => seq % 10 === 9));
  });

  it("delays every delivery and keeps the order", async () => {
    const gateway = await faulty("delay=100");
    const client = await connected(gateway);
    await client.subscribe(ALL);
    await nats.publish(0, 200);
    await eventually(() => expect(client.seqs()).toEqual(range(0, 200)));
    const delays = client.texts.flatMap((text, place) => {
      const trace = readEventId(text);
      return trace === null ? [] : [(client.arrivals[place] as number) - trace.publishedAt];
    });
    // Both stamps are whole milliseconds.
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(99);
    // All at the same time: one after the other, the last would come after 200 of them.
    expect(Math.max(...delays)).toBeLessThan(100 * 100);
  });

  it("drops what is delayed when its subscription has ended", async () => {
    const gateway = await faulty("delay=200");
    const client = await connected(gateway);
    const id = await client.subscribe(ALL);
    const lasting = await connected(gateway);
    await lasting.subscribe(ALL);
    await nats.publish(0, 10);
    await handled(gateway, 10);
    await client.ask(frames.unsubscribe(id));
    await eventually(() => expect(lasting.seqs()).toEqual(range(0, 10)));
    await client.ask(frames.ping());
    expect(client.seqs()).toEqual([]);
  });

  it("says that it is not ready", async () => {
    const gateway = await startGateway({ natsUrl: nats.url, faults: parseFaults(["not-ready"], PULSE_FAULTS) });
    onTestFinished(() => gateway.close());
    await eventually(async () => expect((await get(gateway, "/api/v1/correctness/halts")).body.halted).toBe(false));
    expect(await get(gateway, "/ready")).toMatchObject({ status: 503, body: { ready: false } });
  });

  it("has no manifests", async () => {
    const gateway = await faulty("no-manifests");
    for (const path of ["/api/v1/manifests/ethereum", "/api/v1/manifests/ethereum/1"]) {
      expect(await get(gateway, path)).toEqual({ status: 503, body: { error: "no manifest repository" } });
    }
    expect((await get(gateway, "/health")).status).toBe(200);
  });
});
