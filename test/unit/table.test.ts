import { describe, expect, test } from "vitest";
import type { Account, StorageAccount } from "../../core/account.ts";
import { CANARY_PUBLISHER } from "../../core/trace.ts";
import { Deliveries } from "../../receiver/deliveries.ts";
import { hostileNames, hostileRequest } from "../../systems/ingestor/hostile.ts";
import { type Row, TablePath } from "../../systems/ingestor/receiver/table.ts";
import { explainStorage, explainUnstored } from "../../systems/ingestor/storage.ts";
import { asStored, message } from "../../systems/ingestor/wire.ts";
import { ACCOUNT, STORAGE } from "./records.ts";

const RUN = 4_711;
const SENT_AT = 1.7e12;

type Changes = Partial<Row> & { run?: number; publisher?: number; publishedAt?: number };

function row(id: number, seq: number, changes: Changes = {}): Row {
  const { run = RUN, publisher = 1, publishedAt = SENT_AT, ...rest } = changes;
  const sent = asStored(message(1, { run, publisher, seq, publishedAt }));
  return { id, ...sent, insertedAt: SENT_AT + 40, ...rest };
}

/** A row of last night, under the same RUN_ID. */
const EARLIER = { publishedAt: SENT_AT - 86_400_000 };

function tableWith(...rows: Row[]): TablePath {
  return seenWith(new Deliveries(), ...rows);
}

function seenWith(deliveries: Deliveries, ...rows: Row[]): TablePath {
  const table = new TablePath("messages", RUN, 1, false, [], SENT_AT - 1_000);
  for (const each of rows) table.enter(each, SENT_AT + 100, deliveries);
  return table;
}

const numbers = (table: TablePath) => ({
  rows: table.rows,
  events: table.seen.size,
  damaged: table.damaged,
  ready: table.ready,
});

test("rows are dated by the reading that finds them, and come after the one before", () => {
  const deliveries = new Deliveries();
  const table = new TablePath("messages", RUN, 1, false, [], SENT_AT - 1_000);
  table.enter(row(101, 0, { insertedAt: null }), SENT_AT + 100, deliveries, false, SENT_AT + 30);
  table.enter(row(102, 1), SENT_AT + 100, deliveries, false, SENT_AT + 60);
  expect(deliveries.looks.account()).toMatchObject({ longest: 70, earliest: { samples: 2 } });
  // By the table's own clock; and by the last reading of all, of which nobody knows what it would have shown before.
  table.enter(row(103, 2), SENT_AT + 500, deliveries, true);
  table.enter(row(104, 3, { insertedAt: null }), SENT_AT + 500, deliveries, true, SENT_AT + 490);
  const looks = deliveries.looks.account();
  expect(looks).toMatchObject({ longest: 500, earliest: { samples: 4 } });
  expect(looks?.earliest.min).toBeCloseTo(0, 2);
  expect(looks?.earliest.p50).toBeLessThanOrEqual(40);
  expect(table.untimed).toBe(2);
});

describe("rows of a table", () => {
  test.each<[string, Row[], { rows: number; events: number; damaged?: number; ready?: boolean }]>([
    ["two events", [row(101, 0), row(102, 1)], { rows: 2, events: 2 }],
    ["one row read twice", [row(101, 0), row(101, 0)], { rows: 1, events: 1 }],
    ["one event stored twice", [row(101, 0), row(102, 0)], { rows: 2, events: 1 }],
    ["another run's", [row(101, 0, { run: RUN + 1 })], { rows: 0, events: 0 }],
    ["an earlier run's of the same id", [row(101, 0, EARLIER), row(102, 0)], { rows: 1, events: 1 }],
    [
      "a canary's of an earlier run",
      [row(101, 0, { ...EARLIER, publisher: CANARY_PUBLISHER })],
      { rows: 0, events: 0 },
    ],
    ["a canary's", [row(101, 0, { publisher: CANARY_PUBLISHER })], { rows: 0, events: 0, ready: true }],
    ["another user", [row(101, 0, { user_id: "0" })], { rows: 1, events: 1, damaged: 1 }],
    [
      "a shorter content",
      [row(101, 0, { content: row(101, 0).content.slice(0, 50) })],
      { rows: 1, events: 1, damaged: 1 },
    ],
    ["a content without head and trace", [row(101, 0, { content: "hello" })], { rows: 0, events: 0 }],
  ])("%s", (_, rows, expected) => {
    expect(numbers(tableWith(...rows))).toEqual({ damaged: 0, ready: false, ...expected });
  });

  test("of an earlier run are not missed where they are cleaned up, and stay what they were where they change", () => {
    const table = tableWith(row(101, 0, EARLIER), row(102, 0));
    expect([101, 102].map((id) => table.isMissed(id))).toEqual([false, true]);
    table.recheck(row(101, 0, { ...EARLIER, user_id: "0" }));
    expect([table.changed, table.damaged]).toEqual([0, 0]);
  });

  test("that an earlier run left pending are not pending", () => {
    const pending = (seq: number, publishedAt: number) =>
      JSON.stringify(message(1, { run: RUN, publisher: 1, seq, publishedAt }));
    const { seqs } = tableWith().readPending([pending(3, EARLIER.publishedAt), pending(4, SENT_AT)]);
    expect([...seqs]).toEqual([4]);
  });

  test("count a second row of an event as a duplicate", () => {
    const table = tableWith(row(101, 0), row(102, 0), row(103, 0));
    expect(table.rows - table.seen.size).toBe(2);
  });

  test("say when they were seen, and when they were inserted", () => {
    const deliveries = new Deliveries();
    const rows = [row(101, 0), row(102, 1, { insertedAt: null }), row(103, 2, { insertedAt: SENT_AT - 5 })];
    const table = seenWith(deliveries, ...rows);
    expect(deliveries.total.percentiles()).toMatchObject({ samples: 3, negative: 0 });
    expect(deliveries.total.percentiles().p50).toBeCloseTo(100, 0);
    // A row without a time of its own was there when it was seen.
    expect(table.insertions.percentiles()).toMatchObject({ samples: 2, negative: 1 });
  });

  test("describe what is damaged, by row and event", () => {
    expect(tableWith(row(101, 7, { channel_id: "5000" })).damages.lines()[0]).toMatch(
      /^row 101 is event 7, but channel_id is 5000 instead of \d+$/,
    );
  });

  test("are current only when read lately, and after the last message was sent", () => {
    const table = tableWith();
    expect(table.hasCaughtUp(SENT_AT, SENT_AT)).toBe(false);
    table.wasRead(SENT_AT);
    expect(table.hasCaughtUp(SENT_AT, SENT_AT + 2_000)).toBe(true);
    expect(table.hasCaughtUp(SENT_AT + 1, SENT_AT + 2)).toBe(false);
    expect(table.hasCaughtUp(SENT_AT, SENT_AT + 2_001)).toBe(false);
  });
});

describe("rows of hostile input", () => {
  const hostile = (
    name: string,
    change: (stored: { user_id: string; channel_id: string; content: string }) => object,
  ) => {
    const seq = hostileNames().indexOf(name);
    const { stored } = hostileRequest({ run: RUN, publisher: 1, seq, publishedAt: SENT_AT });
    const table = new TablePath("messages", RUN, 1, true);
    if (stored !== null)
      table.enter({ id: 1, insertedAt: null, ...stored, ...change(stored) }, SENT_AT, new Deliveries());
    return numbers(table);
  };

  test.each(["2,000 characters", "one character", "user 2^53 + 1", "SQL", "NUL"])("%s as it was sent", (name) => {
    expect(hostile(name, () => ({}))).toMatchObject({ rows: 1, events: 1, damaged: 0 });
  });

  test.each<[string, (content: string) => string]>([
    ["NUL", (content) => content.replace("\0", "")],
    ["astral characters", (content) => content.replace("𝒳", "?")],
    ["combining characters", (content) => content.normalize("NFC")],
    ["invisible characters", (content) => content.replace("\ufeff", "")],
    ["markup", (content) => content.replace("<", "&lt;")],
  ])("%s changed on its way", (name, change) => {
    expect(hostile(name, ({ content }) => ({ content: change(content) }))).toMatchObject({ rows: 1, damaged: 1 });
  });

  test("an id that was cut to 32 bits", () => {
    expect(hostile("user 2^32", () => ({ user_id: "0" }))).toMatchObject({ rows: 1, damaged: 1 });
  });
});

const SHORT: Account = { ...ACCOUNT, ending: "quiet", acknowledged: 100, lost: 10, delivered: 90 };

describe("what is missing", () => {
  test.each<[string, Partial<Account>, Partial<StorageAccount>, string[]]>([
    ["nothing", { lost: 0 }, {}, []],
    [
      "waits, and nothing was ever stored",
      { lost: 0, open: 100 },
      { rows: 0, queue: { pending: 100, buffered: 0 } },
      ["100 messages wait in the pending list: no worker takes them"],
    ],
    [
      "waits while the run goes on",
      { ending: null },
      { queue: { pending: 10, buffered: 0 } },
      ["10 messages wait in the pending list"],
    ],
    [
      "is buffered",
      { lost: 0, open: 10 },
      { queue: { pending: 0, buffered: 10 } },
      ["10 messages are in a worker's buffer (worker_buffer_size)"],
    ],
    [
      "is nowhere",
      {},
      {},
      [
        "10 of 100 acknowledged messages are neither rows nor pending nor buffered: they are gone; the worker says it has stored 100 in all",
      ],
    ],
    [
      "cannot be told without Redis",
      {},
      { queue: null },
      ["Redis is not observed: give the receiver --redis, or pending messages cannot be told from lost ones"],
    ],
    [
      "is held by a batch that is stuck",
      { ending: "held", lost: 0, open: 10 },
      { queue: { pending: 0, buffered: 10 }, stuck: { events: [3, 4], count: 9, unreadable: "poison" } },
      [
        "10 messages are in a worker's buffer (worker_buffer_size), and nothing has moved since",
        "the batch that is stuck holds 9 messages of this run (events 3, 4, ...) and 1 that are not: an entry that cannot be stored holds up the others of its batch",
        'an entry of the pending list is not a valid message: "poison"',
      ],
    ],
    ["is nothing, although rows were changed", { lost: 0 }, { changed: 9 }, []],
    [
      "is nothing, but ids repeat",
      { lost: 0 },
      { ids: { answered: 100, repeated: 7 } },
      ["7 of 100 messages were accepted under the message_id of another"],
    ],
    [
      "is nothing, but what the worker stored became less",
      { lost: 0 },
      { setBack: { from: 90, to: 4 } },
      ["total_messages went back from 90 to 4: the worker or its Redis was replaced during the run"],
    ],
    [
      "is nothing, but what the worker stored is told no more",
      { lost: 0 },
      { setBack: { from: 90, to: null } },
      ["total_messages was 90, and is gone"],
    ],
    ["was there", { lost: 0 }, { vanished: 3 }, ["3 rows existed and are gone"]],
    ["cannot be read", { lost: 0 }, { problem: "refused" }, ["the table or Redis could not be read: refused"]],
  ])("%s", (_, account, storage, causes) => {
    expect(explainStorage({ ...SHORT, ...account }, { ...STORAGE, ...storage })).toEqual(causes);
  });

  test.each<[string, Partial<StorageAccount>, boolean, RegExp]>([
    ["waits for a worker", { queue: { pending: 3, buffered: 0 } }, true, /no worker stores them/],
    ["is in another database", {}, false, /is the receiver's --database that of this ingestor/],
    ["cannot be looked for", { problem: "no such host", queue: { pending: 3, buffered: 0 } }, false, /no such host/],
  ])("of the canaries %s", (_, storage, waiting, why) => {
    const explained = explainUnstored({ ...ACCOUNT, storage: { ...STORAGE, ...storage } });
    expect(explained.waiting).toBe(waiting);
    expect(explained.why).toMatch(why);
  });
});
