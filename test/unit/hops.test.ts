import { describe, expect, test } from "vitest";
import type { Account, WebhookAccount } from "../../core/account.ts";
import { explainHops, type Group, type Hops, hasDrained, leftPending, mergeHops } from "../../core/hops.ts";
import { explain, explainSilence, observations } from "../../systems/ethhook/causes.ts";
import { ACCOUNT, OFFENDER, WEBHOOKS } from "./records.ts";

const group = (changes: Partial<Group> = {}): Group => ({
  ...{ name: "group", pending: 0, lag: 0, read: 110, delivered: "9-0", left: [] },
  ...changes,
});
const entries = { length: 110, added: 110, lastId: "9-0" };
const healthy: Hops = { stream: "events:1", entries, groups: [group()], queues: { queue: 0 }, server: "a" };
/** Ten canaries were there before a load of a hundred. */
const before: Hops = {
  ...healthy,
  entries: { length: 10, added: 10, lastId: "1-0" },
  groups: [group({ read: 10, delivered: "1-0" })],
};
const account: Account = { ...ACCOUNT, published: 100, acknowledged: 100 };
const waiting = { id: "5-0", consumer: "p1", idle: 2_400, deliveries: 3 };

describe("what is missing is", () => {
  test.each<[string, Partial<Hops>, RegExp | null]>([
    ["nowhere, when all went through", {}, null],
    ["in a stream that is gone", { entries: null, groups: [] }, /stream events:1 is gone: it was deleted or flushed/],
    ["in a stream that another server has not", { entries: null, server: "b" }, /Redis was restarted in between/],
    [
      "unknown, in a stream that was made anew",
      { entries: { length: 80, added: 80, lastId: "9-0" }, groups: [group({ read: 80 })] },
      /recreated, or lost its end: it counts 80 entries ever added, with 10 from before the load and 100 acknowledged/,
    ],
    ["unread by nobody's group", { groups: [] }, /no consumer group reads/],
    [
      "not read yet",
      { groups: [group({ lag: 30, read: 80, delivered: "6-0" })] },
      /^group group lags: 30 entries are not read yet \(last-delivered-id 6-0\)$/,
    ],
    ["read and not acknowledged", { groups: [group({ pending: 5 })] }, /has read 5 entries and not acknowledged them$/],
    [
      "read and not acknowledged, with evidence",
      { groups: [group({ pending: 1, left: [waiting] })] },
      /has read 1 entries .*; 5-0 was given 3 times, last to p1 2400 ms ago/,
    ],
    [
      "trimmed before it was read, and no lag",
      { groups: [group({ lag: 40, read: 70 })] },
      /^40 entries left stream events:1 before group group had read them: it was trimmed \(entries-read 70 of entries-added 110, last-delivered-id 9-0, last-generated-id 9-0\)$/,
    ],
    [
      "trimmed away to nothing before it was read",
      { entries: { ...entries, length: 0 }, groups: [group({ read: 70, delivered: "6-0" })] },
      /^40 entries left stream/,
    ],
    ["waiting behind the stream", { queues: { queue: 12 } }, /12 deliveries wait in queue/],
  ])("%s", (_, change, cause) => {
    const causes = explainHops({ before, after: { ...healthy, ...change } }, account);
    if (cause === null) expect(causes).toEqual([]);
    else expect(causes).toEqual([expect.stringMatching(cause)]);
  });

  test("not what was there before the load", () => {
    const stale = { ...before, groups: [group({ pending: 7 })], queues: { queue: 3 } };
    const report = (pending: number, queue: number) =>
      explainHops({ before: stale, after: { ...healthy, groups: [group({ pending })], queues: { queue } } }, account);
    expect(report(7, 3)).toEqual([]);
    expect(report(6, 2)).toEqual([]);
    expect(report(9, 4)).toEqual([
      "group group has read 2 entries and not acknowledged them, beside 7 from before the load",
      "1 deliveries wait in queue, beside 3 from before the load",
    ]);
  });

  test("not judged by counters that an old server does not have", () => {
    const old = {
      ...healthy,
      entries: { length: 5, added: null, lastId: "9-0" },
      groups: [group({ lag: null, read: null })],
    };
    expect(explainHops({ before, after: old }, account)).toEqual([]);
  });
});

describe("entries that nobody reported", () => {
  const after = { ...healthy, entries: { ...entries, added: 150 }, groups: [group({ read: 150 })] };

  test("are named as doubled upstream where deliveries are doubled", () => {
    const doubled: Account = { ...account, duplicated: 40, webhooks: WEBHOOKS };
    expect(explain(doubled, { before, after })).toEqual([
      expect.stringMatching(
        /took 140 entries \(entries-added\) where 100 were published: events were added more than once/,
      ),
    ]);
  });

  test("are others' where none is doubled", () => {
    expect(explainHops({ before, after }, account)).toEqual([expect.stringMatching(/: others add to it, too$/)]);
  });
});

describe("deliveries are missing because", () => {
  const endpoint = {
    ...{ ...OFFENDER, path: "e", attempts: 60, retried: 0, unattempted: 0, refusedInARow: 0, latency: ACCOUNT.latency },
  };
  const explained = (changes: Partial<WebhookAccount>) =>
    explain({ ...account, lost: 40, webhooks: { ...WEBHOOKS, ...changes } }, { before, after: healthy });

  test.each<[string, Partial<WebhookAccount>, RegExp]>([
    [
      "the receiver cannot read them",
      { unreadable: { "it is empty": 40 } },
      /answered 400 to 40 webhooks .*: it is empty/,
    ],
    ["they are wrongly signed", { wrongSignatures: 40 }, /40 webhooks were refused because their signature is wrong/],
    ["nobody tried again", { abandoned: { "answered 404": 40 } }, /40 deliveries were not sent again .*: answered 404/],
    [
      "a breaker discards them",
      { endpoints: [{ ...endpoint, unattempted: 35, refusedInARow: 5 }] },
      /35 deliveries to endpoint e were never attempted, after 5 attempts in a row were refused/,
    ],
    [
      "no rule matches",
      { endpoints: [{ ...endpoint, attempts: 0, delivered: 0 }] },
      /endpoint e matched nothing: 30000 events should have/,
    ],
    ["they were lost in silence", { endpoints: [{ ...endpoint, unattempted: 40 }] }, /the pipeline holds nothing back/],
  ])("%s", (_, changes, cause) => {
    expect(explained(changes)).toEqual([expect.stringMatching(cause)]);
  });

  test("something that nobody could read", () => {
    expect(explain({ ...account, lost: 1, webhooks: WEBHOOKS }, null)).toEqual([expect.stringMatching(/^not known: /)]);
  });
});

test("headers that do not rise are told of, although nothing is lost", () => {
  const webhooks = { ...WEBHOOKS, unraisedHeaders: 12 };
  expect(observations({ ...account, webhooks })).toEqual([
    "12 second and later attempts came with an X-Webhook-Attempt that had not risen",
  ]);
});

test("entries that stay pending are counted over all groups", () => {
  const after = {
    ...healthy,
    groups: [group({ left: [waiting] }), group({ name: "other", left: [waiting, waiting] })],
  };
  expect(leftPending({ before, after })).toBe(3);
});

test("of two publishers the one that looked first knows what was there before", () => {
  const second = { before: healthy, after: { ...healthy, server: "later" } };
  const merged = { before, after: second.after };
  expect(mergeHops({ before, after: healthy }, second)).toEqual(merged);
  expect(mergeHops({ before: healthy, after: healthy }, { ...second, before })).toEqual(merged);
});

test.each<[Partial<Hops>, Account | null, RegExp, boolean]>([
  [{ groups: [] }, null, /no consumer group reads stream events:1/, false],
  [{}, null, /no endpoint matches/, true],
  [{ queues: { retry: 3 } }, null, /cannot reach the receiver/, false],
  [
    {},
    { ...account, webhooks: { ...WEBHOOKS, unreadable: { "it is empty": 9 } } },
    /answered 400 to 9 webhooks/,
    false,
  ],
])("silence with %j", (change, known, cause, isSwallowed) => {
  const { causes, swallowed } = explainSilence(known, { ...healthy, ...change });
  expect(causes.at(-1)).toMatch(cause);
  expect(swallowed).toBe(isSwallowed);
});

test.each<[string, Partial<Hops>, boolean]>([
  ["nothing waits", {}, true],
  ["what waited at first still does", { queues: { queue: 0, dead: 4 } }, true],
  ["entries are not read yet", { groups: [group({ lag: 1 })] }, false],
  ["entries are not acknowledged", { groups: [group({ pending: 2 })] }, false],
  ["a list behind the stream is longer", { queues: { queue: 3, dead: 4 } }, false],
  ["a group has come that is behind", { groups: [group(), group({ name: "other", lag: 5 })] }, false],
  ["a server cannot tell how far a group is", { groups: [group({ lag: null })] }, true],
])("a pipeline where %s: drained is %s", (_, now, drained) => {
  const first = { ...healthy, queues: { queue: 0, dead: 4 } };
  expect(hasDrained(first, { ...first, ...now })).toBe(drained);
});
