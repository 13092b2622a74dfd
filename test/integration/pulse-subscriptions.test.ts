/** What the reference gateway sends to whom. */
import { describe, expect, it } from "vitest";
import { event } from "../../systems/pulse/events.ts";
import { FILTER_CLASSES, filterFor, matches } from "../../systems/pulse/filters.ts";
import { frames } from "../../systems/pulse/frames.ts";
import {
  ALL,
  canonical,
  connected,
  counts,
  eventually,
  gatewayWith,
  handled,
  nats,
  range,
  useNats,
  WORKLOAD,
} from "./gateway.ts";

useNats();

describe("subscriptions", () => {
  it("delivers what a filter of each class matches and nothing else", async () => {
    const gateway = await gatewayWith();
    const wanted = [
      ALL,
      ...FILTER_CLASSES.map((kind) => filterFor(kind, event(WORKLOAD, 3))),
      { ...ALL, event_types: ["transfer", "swap"] },
      { ...ALL, chains: ["solana"], accounts: [...event(WORKLOAD, 1).accounts, ...event(WORKLOAD, 2).accounts] },
      { ...ALL, event_types: ["no such type"] },
    ];
    const clients = await Promise.all(wanted.map(() => connected(gateway)));
    await Promise.all(wanted.map((filter, place) => clients[place]?.subscribe(filter)));
    await nats.publish(0, 500);
    await handled(gateway, 500, ...clients);
    const expected = wanted.map((filter) => range(0, 500).filter((seq) => matches(filter, event(WORKLOAD, seq))));
    expect(clients.map((client) => client.seqs())).toEqual(expected);
    expect(expected.map((seqs) => seqs.length > 0)).toEqual([true, true, true, true, true, true, false]);
  });

  it("sends one copy per matching subscription", async () => {
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    const first = await client.subscribe({ ...ALL, chains: ["ethereum", "solana"] });
    await client.subscribe({ ...ALL, chains: ["solana", "ethereum"] });
    await client.subscribe({ ...ALL, chains: ["polygon"] });
    await nats.publish(0, 20);
    await handled(gateway, 20, client);
    expect(client.seqs()).toEqual(range(0, 20).flatMap((seq) => [seq, seq]));

    await client.ask(frames.unsubscribe(first));
    await nats.publish(20, 20);
    await handled(gateway, 40, client);
    expect(client.seqs().slice(40)).toEqual(range(20, 20));
  });

  it("ends a subscription when its time to live is over", async () => {
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    await client.subscribe(ALL, 1);
    const lasting = await client.subscribe(ALL, 600);
    await eventually(async () => {
      const { data } = await client.ask(frames.listSubscriptions());
      expect(data).toMatchObject({ count: 1, subscriptions: [{ id: lasting }] });
    });
    await nats.publish(0, 10);
    await handled(gateway, 10, client);
    expect(client.seqs()).toEqual(range(0, 10));
  });

  it("forgets the subscriptions of a client that left", async () => {
    const gateway = await gatewayWith();
    const client = await connected(gateway);
    await client.subscribe(ALL);
    expect(await counts(gateway)).toMatchObject({ clients: 1, subscriptions: 1 });
    client.socket.terminate();
    await eventually(async () => expect(await counts(gateway)).toMatchObject({ clients: 0, subscriptions: 0 }));
  });

  it("disconnects a client that does not read, and no other", async () => {
    const gateway = await gatewayWith({ maxBufferedBytes: 256 * 1024 });
    const [slow, quick] = [await connected(gateway), await connected(gateway)];
    await slow.subscribe(ALL);
    await quick.subscribe(ALL);
    slow.socket.pause();
    const large = canonical({ accounts: range(0, 2_000).map((place) => `0x${String(place).padStart(40, "0")}`) });
    let published = 0;
    // The kernel buffers some megabytes for the client before the gateway has to.
    for (; (await counts(gateway)).subscriptions === 2 && published < 1_000; published += 10) {
      await nats.publishText(...range(0, 10).map(() => large));
      await handled(gateway, published + 10, quick);
    }
    expect(await counts(gateway)).toMatchObject({ subscriptions: 1, slow: 1 });
    slow.socket.resume();
    expect(await slow.closed).toEqual({ code: 1008, reason: expect.stringContaining("slow consumer") });
    expect(slow.events().length).toBeGreaterThan(0);
    expect(quick.events()).toHaveLength(published);
  });
});
