/** Messages of the ingestor's workload, and what is read back of them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostileName, hostileNames, hostileRequest, readSingle } from "../../systems/ingestor/hostile.ts";
import { HOSTILE_REQUESTS } from "../../systems/ingestor/profiles.ts";
import {
  asStored,
  characters,
  contentHead,
  damageOf,
  message,
  RANGES,
  readContent,
  SHORTEST_CONTENT,
  tracedContent,
} from "../../systems/ingestor/wire.ts";
import { exactTraces, UINT32_MAX } from "./arbitraries.ts";

const seeds = fc.integer({ min: 0, max: UINT32_MAX });

describe("a message", () => {
  test("is within the ranges of the contract", () => {
    fc.assert(
      fc.property(seeds, exactTraces, (seed, trace) => {
        const { user_id, channel_id, content } = message(seed, trace);
        expect(user_id).toBeGreaterThanOrEqual(1);
        expect(user_id).toBeLessThanOrEqual(10_000);
        expect(channel_id).toBeGreaterThanOrEqual(1);
        expect(channel_id).toBeLessThanOrEqual(100);
        expect(characters(content)).toBeGreaterThanOrEqual(SHORTEST_CONTENT);
        expect(characters(content)).toBeLessThanOrEqual(2_000);
        expect(content.trim()).toBe(content);
        expect(/\p{Surrogate}/u.test(content)).toBe(false);
      }),
    );
  });

  test("carries its trace at the end, and its run at the start", () => {
    fc.assert(
      fc.property(seeds, exactTraces, (seed, trace) => {
        const { content } = message(seed, trace);
        expect(readContent(content)).toEqual({ run: trace.run, publisher: trace.publisher, seq: trace.seq, trace });
        expect(content.startsWith(`${contentHead(trace.run)}-`)).toBe(true);
      }),
    );
  });

  test("survives JSON unchanged", () => {
    fc.assert(
      fc.property(seeds, exactTraces, (seed, trace) => {
        const sent = message(seed, trace);
        expect(damageOf(asStored(JSON.parse(JSON.stringify(sent))), asStored(sent))).toBeNull();
      }),
    );
  });

  test("whose end is cut off is still known, without a trace", () => {
    fc.assert(
      fc.property(seeds, exactTraces, fc.nat(), (seed, trace, cut) => {
        const { content } = message(seed, trace);
        const kept = SHORTEST_CONTENT - 48 + (cut % (content.length - SHORTEST_CONTENT + 47));
        expect(readContent(content.slice(0, kept))).toMatchObject({
          run: trace.run,
          publisher: trace.publisher,
          seq: trace.seq,
          trace: null,
        });
      }),
    );
  });

  test("is not taken for intact after any change of a character", () => {
    fc.assert(
      fc.property(seeds, exactTraces, fc.nat(), (seed, trace, place) => {
        const sent = asStored(message(seed, trace));
        const at = place % sent.content.length;
        const changed = `${sent.content.slice(0, at)}\u0007${sent.content.slice(at + 1)}`;
        expect(damageOf({ ...sent, content: changed }, sent)).not.toBeNull();
      }),
    );
  });

  test("comes in every length from the shortest to the longest, and both of them often", () => {
    const lengths = Array.from({ length: 4_000 }, (_, seq) =>
      characters(message(1, { run: 1, publisher: 1, seq, publishedAt: 1.7e12 }).content),
    );
    const share = (length: number) => lengths.filter((one) => one === length).length / lengths.length;
    expect(share(RANGES.content)).toBeCloseTo(1 / 16, 1);
    expect(share(SHORTEST_CONTENT)).toBeCloseTo(1 / 16, 1);
    expect(new Set(lengths).size).toBeGreaterThan(1_000);
  });
});

test.each([
  ["user_id", { user_id: "2" }, "user_id is 2 instead of 1"],
  ["channel_id", { channel_id: "null" }, "channel_id is null instead of 1"],
  ["length", { content: "ab" }, "its content has 2 characters instead of 3"],
  ["text", { content: "abd" }, "its content is another"],
  ["nothing", {}, null],
])("damage of the %s is named", (_, change, damage) => {
  const sent = { user_id: "1", channel_id: "1", content: "abc" };
  expect(damageOf({ ...sent, ...change }, sent)).toBe(damage);
});

test.each(["", "hello", "tl-", "tl-0000000g-00000000 ", "evt_", "x".repeat(2_000)])("%j is of no run", (content) => {
  expect(readContent(content)).toBeNull();
});

test.each([SHORTEST_CONTENT, 100, 2_000, 2_001])("a traced content has exactly %i characters", (length) => {
  const trace = { run: 1, publisher: 1, seq: 1, publishedAt: 1.7e12 };
  expect(characters(tracedContent(trace, length, "👩‍🚀 ", 7))).toBe(length);
});

describe("hostile requests", () => {
  const requests = Array.from({ length: hostileNames().length * 2 }, (_, seq) =>
    hostileRequest({ run: 77, publisher: 3, seq, publishedAt: 1.7e12 }),
  );

  test("take turns", () => {
    expect(hostileNames()).toHaveLength(HOSTILE_REQUESTS);
    expect(requests.map(({ name }) => name)).toEqual([...hostileNames(), ...hostileNames()]);
  });

  test("say of every row that it could be whose it is", () => {
    for (const [seq, { name, stored }] of requests.entries()) {
      if (stored === null) continue;
      expect(readContent(stored.content)?.seq ?? readSingle(77, stored), name).toBe(seq);
    }
  });

  test("are JSON of what must be stored, where they are valid", () => {
    for (const { name, body, stored } of requests.filter(({ valid }) => valid)) {
      expect(asStored(JSON.parse(body)), name).toEqual(stored);
      expect(characters(stored?.content ?? ""), name).toBeLessThanOrEqual(2_000);
    }
  });

  test("know the edges of the contract", () => {
    const lengthOf = (name: string) =>
      characters(requests.find((one) => one.name === name)?.stored?.content ?? "nothing at all");
    expect(lengthOf("2,000 characters")).toBe(2_000);
    expect(lengthOf("2,001 characters")).toBe(2_001);
    expect(lengthOf("one character")).toBe(1);
    expect(lengthOf("2,000 characters in 4,000 UTF-16 units")).toBe(2_000);
  });

  test("that no row can stand for are not valid", () => {
    expect(requests.filter(({ stored, valid }) => stored === null && valid)).toEqual([]);
    expect(requests.filter(({ valid }) => valid).length).toBeGreaterThan(20);
  });

  test("of one character are told from those of other runs and numbers", () => {
    const single = hostileNames().indexOf("one character");
    const { stored } = hostileRequest({ run: 77, publisher: 1, seq: single, publishedAt: 1.7e12 });
    expect(stored).not.toBeNull();
    if (stored === null) return;
    expect(readSingle(77, stored)).toBe(single);
    expect(readSingle(78, stored)).toBeNull();
    expect(readSingle(77, { ...stored, content: String.fromCodePoint(0x4e00 + single + 1) })).toBeNull();
    expect(hostileName(single)).toBe("one character");
  });
});
