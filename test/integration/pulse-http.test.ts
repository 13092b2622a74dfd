/** The HTTP endpoints of the reference gateway. */
import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import type { CanonicalEvent } from "../../systems/pulse/wire.ts";
import { canonical, gatewayWith, get, handled, nats, range, SECONDS_TIMESTAMP, useNats } from "./gateway.ts";

useNats();

describe("HTTP", () => {
  it("answers every endpoint before any event", async () => {
    const gateway = await gatewayWith();
    const timestamp = expect.stringMatching(SECONDS_TIMESTAMP);
    const answers = {
      "/health": { status: "healthy", timestamp },
      "/ready": { ready: true, timestamp },
      "/api/v1/correctness/status": {
        timestamp,
        watermark: { available: true },
        gap_detector: { available: true },
        counts: { received: 0, malformed: 0, delivered: 0, slow: 0, clients: 0, subscriptions: 0, reading: true },
      },
      "/api/v1/correctness/watermark?chain=base": {
        timestamp,
        watermarks: [{ chain: "base", block_num: null, event_id: null, updated_at: null }],
      },
      "/api/v1/correctness/halts": { timestamp, halted: false, conditions: [] },
      "/api/v1/correctness/gaps": { timestamp, gaps: [] },
      "/api/v1/manifests/ethereum": { chain: "ethereum", count: 0, manifests: [] },
    };
    for (const [path, body] of Object.entries(answers)) {
      expect(await get(gateway, path), path).toEqual({ status: 200, body });
    }
    const { body } = await get(gateway, "/api/v1/correctness/watermark");
    expect(body.watermarks).toHaveLength(8);
  });

  it.each([
    ["/api/v1/correctness/watermark?chain=atlantis", 400, "invalid chain"],
    ["/api/v1/manifests/atlantis", 400, "invalid chain"],
    ["/api/v1/manifests/atlantis/1", 400, "invalid chain"],
    ["/api/v1/manifests/ethereum/first", 400, "invalid block"],
    ["/api/v1/manifests/ethereum/-1", 400, "invalid block"],
    ["/api/v1/manifests/ethereum/1", 404, "unknown block"],
    ["/nowhere", 404, "not found"],
    ["/ws", 426, "this is a WebSocket endpoint"],
  ])("answers %s with %i", async (path, status, error) => {
    expect(await get(await gatewayWith(), path)).toEqual({ status, body: { error } });
  });

  it("refuses a WebSocket anywhere but on /ws", async () => {
    const gateway = await gatewayWith();
    const upgrade = request(`${gateway.url}/elsewhere`, { headers: { connection: "Upgrade", upgrade: "websocket" } });
    upgrade.end();
    const [response] = await once(upgrade, "response");
    expect(response.statusCode).toBe(404);
  });

  it("shows the blocks, watermarks and gaps of the events it has read", async () => {
    const gateway = await gatewayWith();
    const block = (block_number: number, changes: Partial<CanonicalEvent> = {}) =>
      canonical({ chain: 2, block_number, block_hash: `0x${block_number}`, event_type: "transfer", ...changes });
    await nats.publishText(
      block(100),
      block(100, { event_type: "swap" }),
      block(100),
      block(101, { block_hash: "0xorphan" }),
      block(101, { event_id: "evt_1", commitment_level: 2 }),
      block(105, { event_id: "evt_2" }),
      block(104, { event_id: "evt_3" }),
    );
    await handled(gateway, 7);

    expect((await get(gateway, "/api/v1/manifests/ethereum/100")).body).toMatchObject({
      chain: "ethereum",
      block_num: 100,
      block_hash: "0x100",
      event_count: 3,
      event_types: { transfer: 2, swap: 1 },
    });
    expect((await get(gateway, "/api/v1/manifests/ethereum/101")).body).toMatchObject({
      block_hash: "0x101",
      commitment_level: 2,
      event_count: 1,
    });
    const list = (await get(gateway, "/api/v1/manifests/ethereum")).body;
    expect(list).toMatchObject({ chain: "ethereum", count: 4 });
    expect((list.manifests as { block_num: number }[]).map(({ block_num }) => block_num)).toEqual([104, 105, 101, 100]);
    expect((await get(gateway, "/api/v1/correctness/watermark?chain=ethereum")).body.watermarks).toEqual([
      { chain: "ethereum", block_num: 105, event_id: "evt_3", updated_at: expect.stringMatching(SECONDS_TIMESTAMP) },
    ]);
    expect((await get(gateway, "/api/v1/correctness/gaps")).body.gaps).toEqual([
      { chain: "ethereum", from_block: 102, to_block: 103 },
    ]);
  });

  it("remembers the most recent blocks only", async () => {
    const gateway = await gatewayWith();
    const blocks = range(1, 300).map((block_number) => canonical({ chain: 2, block_number }));
    await nats.publishText(...blocks);
    await handled(gateway, 300);
    expect((await get(gateway, "/api/v1/manifests/ethereum/44")).status).toBe(404);
    expect((await get(gateway, "/api/v1/manifests/ethereum/45")).status).toBe(200);
    expect((await get(gateway, "/api/v1/manifests/ethereum")).body).toMatchObject({
      count: 20,
      manifests: expect.arrayContaining([expect.objectContaining({ block_num: 300 })]),
    });
  });
});
