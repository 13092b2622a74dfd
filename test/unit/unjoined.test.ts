import { expect, test } from "vitest";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { describeUnjoined } from "../../core/unjoined.ts";
import type { Word } from "../../core/words.ts";

const PIPELINE = { variables: { API_TOKEN: { meaning: "a token", secret: true } } } as unknown as AnyPipeline;
const PLACES = { "observe.open": "orders.pipeline.ts:21" };
const refused = (text: string): Word => ({ kind: "refused", text, count: 2 });
const silent: Word = { kind: "silent", text: "open() has not called live() within 5 s", count: 1 };

test.each<[string, readonly Word[], string, boolean]>([
  [
    "the words of a refusal, and the line of open",
    [silent, refused("unknown group nrth")],
    "no subscription became live: open() said: unknown group nrth; mend open in orders.pipeline.ts:21",
    false,
  ],
  [
    "the secrets first, where the words are of a login",
    [refused('{"type":"error","code":"bad_token"}')],
    'no subscription became live: open() said: {"type":"error","code":"bad_token"}; look at API_TOKEN, else mend open in orders.pipeline.ts:21',
    false,
  ],
  [
    "that nobody said anything, which may be slowness",
    [silent],
    "no subscription became live: open() never called live(), and nobody told failed() why; mend open in orders.pipeline.ts:21, or raise CANARY_TIMEOUT where the far end needs longer to accept",
    true,
  ],
  [
    "that it was answered as one that starts is, which may pass",
    [refused("the handshake with 503")],
    "no subscription became live: open() never called live(), and said: the handshake with 503; mend open in orders.pipeline.ts:21, or raise CANARY_TIMEOUT where the far end needs longer to accept",
    true,
  ],
])("where no subscription is live, it is told: %s", (_, words, why, isSilent) => {
  expect(describeUnjoined(words, PIPELINE, PLACES)).toEqual({ why, isSilent });
});

test("where some are live, it is told why the others are not, and which", () => {
  const words = [refused("dev-1: 403 token does not open this room"), silent];
  expect(describeUnjoined(words, PIPELINE, PLACES, "2 of 3 subscriptions became live within 30 s")?.why).toBe(
    "2 of 3 subscriptions became live within 30 s: open() said: dev-1: 403 token does not open this room; look at API_TOKEN, else mend open in orders.pipeline.ts:21",
  );
  expect(describeUnjoined([refused("dev-1: the handshake with 503")], PIPELINE, PLACES)?.isSilent).toBe(true);
});

test("of subscribers that tell nothing, or have had a connection, nothing is said", () => {
  expect(describeUnjoined([], PIPELINE, PLACES)).toBeNull();
  expect(describeUnjoined([{ kind: "closed", text: "1001 away", count: 1 }], PIPELINE, PLACES)).toBeNull();
});
