/** Observers elsewhere that report what arrives at far ends. */
import { toJsonSchema } from "@valibot/to-json-schema";
import { afterEach, describe, expect, test } from "vitest";
import { ObservedSchema } from "../../core/report.ts";
import { CANARY_PUBLISHER } from "../../core/trace.ts";
import { account, closeReceiver, identity, opened, post, published, RUN, settle } from "./ownrun.ts";

afterEach(closeReceiver);

test("the schema of what an observer elsewhere reports is in the docs", async () => {
  const schema = toJsonSchema(ObservedSchema, { errorMode: "throw" });
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot("../../docs/observed.schema.json");
});

test("an observer elsewhere reports whole texts", async () => {
  await opened("reported", { table: {} }, null);
  const canary = identity(0, "text", CANARY_PUBLISHER);
  await post(`/runs/${RUN}/observed`, { arrivals: [{ path: "table", text: `canary ${canary}` }] });
  expect(await account()).toMatchObject({ paths: 1, ready: 1, delivered: 0 });
  await published(1);
  const answer = await post(`/runs/${RUN}/observed`, { arrivals: [{ text: identity(0), at: Date.now() }] });
  expect(answer).toEqual({ identities: 1, draining: false, settled: false });
  expect(await settle()).toMatchObject({ expected: 1, delivered: 1, lost: 0, ending: "complete" });
});

test("what says no path is on none of several", async () => {
  await opened("reported", { eu: {}, us: {} }, null);
  await published(2);
  await post(`/runs/${RUN}/observed`, { arrivals: [{ path: "us", text: identity(0) }, { text: identity(1) }] });
  const { delivered, lost, misrouted, causes } = await settle();
  expect([delivered, lost, misrouted]).toEqual([1, 3, 1]);
  expect(causes).toEqual(["event 1 arrived on no path, which is not a path of own"]);
});

describe("an observer's clock that is ahead", () => {
  const reported = (ahead: number, ...seqs: readonly number[]) =>
    post(`/runs/${RUN}/observed`, { arrivals: seqs.map((seq) => ({ text: identity(seq), at: Date.now() + ahead })) });

  test("is not believed any more, leaves what it dated before in doubt, and is told", async () => {
    await opened("reported", { table: {} }, null);
    await published(5);
    await reported(0, 0);
    // In one report, those long before it look right.
    const arrivals = [0, 3_000].map((ahead, place) => ({ text: identity(place + 1), at: Date.now() + ahead }));
    await post(`/runs/${RUN}/observed`, { arrivals });
    await reported(0, 3);
    // Without a time it is the receiver's.
    await post(`/runs/${RUN}/observed`, { arrivals: [{ text: identity(4) }] });
    const { delivered, latency, findings, clocks } = await settle();
    expect([delivered, latency.samples]).toEqual([5, 2]);
    expect(findings).toEqual([
      expect.stringMatching(/^3 events were reported by a clock .* ahead of the receiver's: they have no latency$/),
    ]);
    expect(clocks).toMatchObject([{ role: "observer", evidence: expect.stringContaining("observer own") }]);
    expect(clocks[0]?.uncertainty).toBeGreaterThan(1_000);
  });

  test("still shows the order", async () => {
    await opened("reported", { table: {} }, null, "per publisher");
    await published(2);
    await reported(3_000, 1, 0);
    expect(await settle()).toMatchObject({ delivered: 2, reordered: 1, ordered: true });
  });
});
