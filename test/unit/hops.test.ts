import { describe, expect, test } from "vitest";
import { explainHops, explainSilence, type Hops } from "../../core/hops.ts";

const healthy: Hops = {
  stream: "events:1",
  entries: { length: 100, added: 100 },
  groups: [{ name: "group", pending: 0, lag: 0, read: 100 }],
  queues: { queue: 0 },
};
const before: Hops = { ...healthy, entries: { length: 0, added: 0 } };

describe("what is missing is", () => {
  test.each<[string, Partial<Hops>, RegExp | null]>([
    ["nowhere, when all went through", {}, null],
    ["in a stream that is gone", { entries: null, groups: [] }, /stream events:1 is gone/],
    [
      "not in the stream, which was flushed",
      { entries: { length: 10, added: 10 } },
      /90 acknowledged events are not in/,
    ],
    ["unread by nobody's group", { groups: [] }, /no consumer group reads/],
    ["not read yet", { groups: [{ name: "group", pending: 0, lag: 30, read: 70 }] }, /group group lags: 30/],
    ["read and not acknowledged", { groups: [{ name: "group", pending: 5, lag: 0, read: 100 }] }, /has read 5 entries/],
    [
      "trimmed before it was read",
      { entries: { length: 0, added: 100 }, groups: [{ name: "group", pending: 0, lag: 0, read: 60 }] },
      /40 entries left stream/,
    ],
    ["waiting behind the stream", { queues: { queue: 12 } }, /12 deliveries wait in queue/],
  ])("%s", (_, change, cause) => {
    const causes = explainHops({ before, after: { ...healthy, ...change } }, 100);
    if (cause === null) expect(causes).toEqual([]);
    else expect(causes.join()).toMatch(cause);
  });

  test("not judged by counters that an old server does not have", () => {
    const old = {
      ...healthy,
      entries: { length: 5, added: null },
      groups: [{ name: "group", pending: 0, lag: null, read: null }],
    };
    expect(explainHops({ before, after: old }, 100)).toEqual([]);
  });
});

test.each<[Partial<Hops>, RegExp]>([
  [{ groups: [] }, /no consumer group reads stream events:1/],
  [{}, /no endpoint matches/],
  [{ queues: { retry: 3 } }, /cannot reach the receiver/],
])("silence with %j", (change, cause) => {
  expect(explainSilence(null, { ...healthy, ...change }).join()).toMatch(cause);
});
