/** What the reference ingestor takes for a message. */
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { hostileNames, hostileRequest } from "../../systems/ingestor/hostile.ts";
import { INGESTOR_FAULTS } from "../../systems/ingestor/target/faults.ts";
import { PostedSchema, readQueued } from "../../systems/ingestor/target/message.ts";
import { parseFaults } from "../../target/faults.ts";

const REQUESTS = hostileNames().map((_, seq) => hostileRequest({ run: 1, publisher: 1, seq, publishedAt: 1.7e12 }));

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const accepts = (body: string) => v.is(PostedSchema, parsed(body));

describe("a posted message", () => {
  test.each(REQUESTS.filter(({ valid }) => valid))("$name is taken", ({ body }) => {
    expect(accepts(body)).toBe(true);
  });

  test.each(REQUESTS.filter(({ stored, binary }) => stored === null && !binary))("$name is refused", ({ body }) => {
    expect(accepts(body)).toBe(false);
  });

  test.each(["NUL", "2,001 characters", "user 2^31", "user 0", "channel 0", "a user in quotes"])(
    "%s is refused",
    (name) => {
      expect(accepts(REQUESTS.find((request) => request.name === name)?.body ?? "")).toBe(false);
    },
  );
});

const QUEUED = { message_id: "a", user_id: 1, channel_id: 2, content: "x", created_at: "2026-01-01T00:00:00.000Z" };

test.each([
  [JSON.stringify(QUEUED), QUEUED],
  ["poison", null],
  ["null", null],
  [JSON.stringify({ ...QUEUED, created_at: "yesterday" }), null],
  [JSON.stringify({ ...QUEUED, content: undefined }), null],
])("a queued entry %j", (text, message) => {
  expect(readQueued(text)).toEqual(message);
});

test("its faults are planted by name", () => {
  const settings = [
    "drop=100",
    "duplicate=500",
    "truncate=255",
    "slow=10",
    "narrow=255",
    "fragile",
    "slow-worker=20",
    "lose-buffer",
    "poison-blocks",
  ];
  expect(parseFaults(settings, INGESTOR_FAULTS)).toEqual({
    drop: 100,
    duplicate: 500,
    truncate: 255,
    slow: 10,
    narrow: 255,
    fragile: true,
    "slow-worker": 20,
    "lose-buffer": true,
    "poison-blocks": true,
  });
  expect(() => parseFaults(["truncate=0"], INGESTOR_FAULTS)).toThrow(/whole number of characters from 1/);
});
