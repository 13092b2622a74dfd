import { expect, test } from "vitest";
import type { Request } from "../../cli/run/request.ts";
import { sameCheck } from "../../cli/run/same-check.ts";
import { subjectOf } from "../../cli/run/subject.ts";
import { shellWord } from "../../cli/shell-word.ts";

const REQUEST: Request = { urls: {}, instances: 1, faults: [], set: [] };
const check = (names: string[], changes: Partial<Request>) =>
  sameCheck({ subject: subjectOf(names), request: { ...REQUEST, ...changes } });

test.each<[string[], Partial<Request>, string | null]>([
  [["http"], {}, null],
  [["http"], { set: ["THINK_TIME=0"] }, null],
  [["http"], { urls: { http: "http://a:1" } }, "npx throughline doctor http --http-url http://a:1"],
  [
    ["websocket", "nats"],
    { urls: { ws: "ws://a/ws", nats: "nats://a" }, scenario: "load", receiverPort: 4801, set: ["nats.STREAM=a b"] },
    "npx throughline doctor websocket nats --scenario load --ws-url ws://a/ws --nats-url nats://a --receiver-port 4801 --set 'nats.STREAM=a b'",
  ],
])("%j with %j", (names, changes, command) => expect(check(names, changes)).toBe(command));

test("no secret is in it, and what is left to put in is said", () => {
  const command = check(["websocket"], {
    urls: { ws: "wss://me:correcthorse@a/ws" },
    set: ["PULSE_TOKEN=batterystaple", "THINK_TIME=0"],
  });
  expect(command).toBe(
    "npx throughline doctor websocket --ws-url 'wss://(hidden)@a/ws' --set 'PULSE_TOKEN=(hidden)' --set THINK_TIME=0 (put in what is hidden)",
  );
});

test.each([
  ["a-b", "a-b"],
  ["", "''"],
  ["a b", "'a b'"],
  ["it's", String.raw`'it'\''s'`],
  ["$HOME", "'$HOME'"],
])("the word %j is %s for a shell", (word, quoted) => expect(shellWord(word)).toBe(quoted));
