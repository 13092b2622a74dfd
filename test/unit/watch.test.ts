import { afterEach, describe, expect, test, vi } from "vitest";
import { Bitset } from "../../core/bitset.ts";
import type { ClockReport } from "../../core/clocks.ts";
import { Deliveries } from "../../receiver/deliveries.ts";
import { type BucketSum, bucketOf, hashOf, type RowId } from "../../systems/ingestor/receiver/rowindex.ts";
import { type Row, TablePath } from "../../systems/ingestor/receiver/table.ts";
import { Watch, type WatchOptions } from "../../systems/ingestor/receiver/watch.ts";
import { asStored, message } from "../../systems/ingestor/wire.ts";

const RUN = 4_711;
const PUBLISHED_AT = 1.7e12;

type NumberedRow = Row & { readonly id: number };

/** A table whose rows are given, and which can be out of reach. */
class FakeTable {
  isAway = false;
  readonly rows: NumberedRow[] = [];
  private readonly before: number;

  /** @param before the largest id that there is before the run. */
  constructor(before: number) {
    this.before = before;
  }

  add(id: number, seq: number, publishedAt = PUBLISHED_AT): void {
    this.rows.push({
      id,
      ...asStored(message(1, { run: RUN, publisher: 1, seq, publishedAt })),
      insertedAt: null,
    });
  }

  async lastPlace(): Promise<number> {
    return this.answer(this.before);
  }

  async after(id: number): Promise<{ last: number | null; rows: NumberedRow[]; more: boolean }> {
    const rows = this.rows.filter((row) => row.id > id);
    return this.answer({ last: rows.at(-1)?.id ?? null, rows, more: false });
  }

  grows = true;
  readonly lowering: number = 0;
  readonly slack: number = 0;

  async sums(_run: number, above: number | null): Promise<ReadonlyMap<string, BucketSum>> {
    const sums = new Map<string, BucketSum>();
    for (const row of this.rows.filter(({ id, content }) => id > (above ?? 0) && content.includes("evt_"))) {
      const { count, sum } = sums.get(bucketOf(row.id)) ?? { count: 0, sum: 0 };
      sums.set(bucketOf(row.id), { count: count + 1, sum: sum + hashOf(row) });
    }
    this.looks++;
    return this.answer(sums);
  }

  async again(_run: number, above: number | null, buckets: readonly string[], ids: readonly RowId[]): Promise<Row[]> {
    const isAsked = ({ id }: NumberedRow) => ids.includes(id) || (id > (above ?? 0) && buckets.includes(bucketOf(id)));
    const rows = this.rows.filter(isAsked);
    this.readAgain += rows.length;
    return this.answer(rows);
  }

  /** Last looks, and rows that were read for them. */
  looks = 0;
  readAgain = 0;

  async ids(from: number, to: number): Promise<{ last: number; ids: number[]; more: boolean }> {
    const ids = this.rows.flatMap(({ id }) => (id > from && id <= to ? [id] : []));
    return this.answer({ last: ids.at(-1) ?? to, ids, more: false });
  }

  async byId(ids: readonly RowId[]): Promise<Row[]> {
    return this.answer(this.rows.filter(({ id }) => ids.includes(id)));
  }

  async compareClocks(): Promise<ClockReport> {
    return this.answer({ clock: "messages", role: "table", at: 1e12, offset: 0, error: 0.1, correction: 0 });
  }

  private answer<Value>(value: Value): Value {
    if (this.isAway) throw new Error("connection refused");
    return value;
  }
}

const watches: Watch[] = [];
afterEach(() => Promise.all(watches.splice(0).map((watch) => watch.stop())));

function watchOf(
  table: FakeTable,
  keys: WatchOptions["keys"] = null,
  acknowledged: readonly number[] = [],
  deliveries = new Deliveries(),
): Watch {
  const path = new TablePath("messages", RUN, 1, false, [], PUBLISHED_AT - 1_000);
  const observed = {
    now: () => Date.now(),
    acknowledged: () => 1,
    acknowledgedSeqs: () => {
      const seqs = new Bitset();
      for (const seq of acknowledged) seqs.add(seq);
      return seqs;
    },
    underLoad: () => false,
    acknowledgements: { acknowledgedAt: () => null, timeTolerance: 0 },
    deliveries,
    arrived: () => {},
    clock: () => {},
  };
  const watch = new Watch({ table, keys, path, run: RUN, now: () => Date.now() }, observed);
  watches.push(watch);
  return watch;
}

test("rows are read, and those that are gone at the end have vanished", async () => {
  const table = new FakeTable(100);
  table.add(101, 0);
  table.add(102, 1);
  const watch = watchOf(table);
  await vi.waitFor(() => expect(watch.account().rows).toBe(2));
  table.rows.pop();
  await watch.finish();
  expect(watch.account()).toMatchObject({ rows: 2, vanished: 1, problem: null });
});

test("a row that comes between two readings is dated between them, and so is one that becomes visible late", async () => {
  const table = new FakeTable(100);
  const deliveries = new Deliveries();
  const watch = watchOf(table, null, [], deliveries);
  const began = Date.now();
  const addNow = (id: number, seq: number) => table.add(id, seq, Date.now());
  table.add(101, 0, began);
  await vi.waitFor(() => expect(watch.account().rows).toBe(1));
  addNow(105, 1);
  await vi.waitFor(() => expect(watch.account().rows).toBe(2));
  addNow(103, 2);
  await vi.waitFor(() => expect(watch.account().rows).toBe(3), 5_000);
  await watch.finish();
  const looks = deliveries.looks.account();
  expect(looks?.earliest.samples).toBe(3);
  expect(looks?.earliest.max).toBeLessThanOrEqual(deliveries.total.percentiles().max);
  // None can have come before it was sent, and what a reading did not find came after that reading.
  expect(looks?.earliest.min).toBeGreaterThanOrEqual(0);
  expect(looks?.longest).toBeGreaterThan(0);
  expect(looks?.longest).toBeLessThanOrEqual(Date.now() - began);
});

test("a table that cannot be read in the end is a problem, however well it was read before", async () => {
  const table = new FakeTable(100);
  table.add(101, 0);
  const watch = watchOf(table);
  await vi.waitFor(() => expect(watch.account().rows).toBe(1));
  table.isAway = true;
  await watch.finish();
  expect(watch.account()).toMatchObject({ rows: 1, problem: "connection refused" });
});

test("a table that could never be read is a problem to the end", async () => {
  const table = new FakeTable(100);
  table.isAway = true;
  const watch = watchOf(table);
  await watch.finish();
  expect(watch.account()).toMatchObject({ rows: 0, problem: "connection refused" });
});

test("a Redis that cannot be read in the end is a problem, too", async () => {
  const watch = watchOf(new FakeTable(100), {
    read: () => Promise.reject(new Error("Redis is away")),
    pendingContents: () => Promise.reject(new Error("Redis is away")),
  });
  await watch.finish();
  expect(watch.account()).toMatchObject({ problem: "Redis is away" });
});

test("rows are read again in the end, and only those that are not as they were", async () => {
  const table = new FakeTable(100);
  for (let seq = 0; seq < 500; seq++) table.add(101 + seq, seq);
  const watch = watchOf(table);
  await vi.waitFor(() => expect(watch.account().rows).toBe(500));
  table.rows[7] = { ...(table.rows[7] as NumberedRow), user_id: "0" };
  table.rows[8] = { ...(table.rows[8] as NumberedRow), content: "somebody else's" };
  await watch.finish();
  expect(watch.account()).toMatchObject({ rows: 500, damaged: 2, changed: 2, vanished: 0 });
  expect(table.readAgain).toBeLessThan(20);
  // A second look, after lingering, counts nothing twice.
  await watch.finish();
  expect(watch.account()).toMatchObject({ rows: 500, damaged: 2, changed: 2, vanished: 0 });
});

test("rows that came by ids below those that were there are found in the end, because they are missing", async () => {
  const table = new FakeTable(1_000);
  table.add(1_001, 0);
  const watch = watchOf(table, null, [0, 1, 2]);
  await vi.waitFor(() => expect(watch.account().rows).toBe(1));
  table.add(17, 1);
  table.add(3, 2);
  await watch.finish();
  expect(watch.account()).toMatchObject({ rows: 3, damaged: 0, vanished: 0 });
});

describe("beside the rows of last night, under the same RUN_ID,", () => {
  /** Events 0 to 9 of last night, and so many of them again. */
  function kept(again: number): FakeTable {
    const table = new FakeTable(1_000);
    for (let seq = 0; seq < 10; seq++) table.add(1 + seq, seq, PUBLISHED_AT - 86_400_000);
    for (let seq = 0; seq < again; seq++) table.add(1_001 + seq, seq);
    return table;
  }
  const acknowledged = Array.from({ length: 10 }, (_, seq) => seq);

  test("what was never stored is missing", async () => {
    const watch = watchOf(kept(8), null, acknowledged);
    await watch.finish();
    expect(watch.account()).toMatchObject({ rows: 8, damaged: 0, vanished: 0 });
  });

  test("keys that do not grow duplicate nothing, also where last night's are cleaned up meanwhile", async () => {
    const table = kept(10);
    table.grows = false;
    const watch = watchOf(table, null, acknowledged);
    await watch.finish();
    expect(watch.account()).toMatchObject({ rows: 10, damaged: 0, vanished: 0 });
    table.rows.splice(0, 10);
    await watch.finish();
    expect(watch.account()).toMatchObject({ rows: 10, damaged: 0, vanished: 0 });
  });
});

test("ids that lie as far apart as they can be are no problem", async () => {
  const table = new FakeTable(0);
  table.add(2 ** 32, 0);
  table.add(Number.MAX_SAFE_INTEGER, 1);
  const watch = watchOf(table);
  await vi.waitFor(() => expect(watch.account().rows).toBe(2));
  await watch.finish();
  expect(watch.account()).toMatchObject({ rows: 2, vanished: 0, problem: null });
});

test("what is held is weighed: since when it has not become less, and what the stuck batch holds", async () => {
  const table = new FakeTable(100);
  table.add(101, 0);
  const reading = { pending: 2, buffered: 3, worker: {} };
  const pending = [JSON.stringify(message(1, { run: RUN, publisher: 1, seq: 3, publishedAt: PUBLISHED_AT })), "poison"];
  const keys = {
    read: async () => reading,
    pendingContents: async () => ({ contents: pending, isWhole: true }),
  };
  const watch = watchOf(table, keys, [0, 1, 2, 3]);
  await vi.waitFor(() => expect(watch.balance.held).toBe(5));
  await watch.finish();
  expect(watch.balance.emptySince).toBeNull();
  expect(watch.account().stuck).toEqual({ events: [1, 2], count: 2, unreadable: "poison" });
});

test.each([
  ["grows", [10, 10, 12], null],
  ["goes back", [10, 12, 3, 4], { from: 12, to: 3 }],
  ["is not there yet", [null, 12], null],
  ["is gone", [12, null], { from: 12, to: null }],
  ["is gone for a moment", [12, null, 13], null],
  ["is gone, and begins anew", [12, null, 3], { from: 12, to: 3 }],
  ["goes back twice", [12, 10, 11, 4], { from: 11, to: 4 }],
])("what the worker says it stored %s", async (_, totals, setBack) => {
  let reading = 0;
  const keys = {
    read: async () => {
      const total = totals[Math.min(reading++, totals.length - 1)] as number | null;
      return { pending: 0, buffered: 0, worker: total === null ? {} : { total_messages: total } };
    },
    pendingContents: async () => ({ contents: [], isWhole: true }),
  };
  const watch = watchOf(new FakeTable(0), keys as never);
  await vi.waitFor(() => expect(reading).toBeGreaterThanOrEqual(totals.length), { timeout: 5_000 });
  await watch.finish();
  expect(watch.account().setBack).toEqual(setBack);
});
