import { afterEach, expect, test, vi } from "vitest";
import type { ClockReport } from "../../core/clocks.ts";
import { Deliveries } from "../../receiver/deliveries.ts";
import { type Row, TablePath } from "../../receiver/table.ts";
import { Watch, type WatchOptions } from "../../receiver/watch.ts";
import { asStored, message } from "../../systems/ingestor/wire.ts";

const RUN = 4_711;

/** A table whose rows are given, and which can be out of reach. */
class FakeTable {
  isAway = false;
  readonly rows: Row[] = [];
  private readonly before: number;

  /** @param before the largest id that there is before the run. */
  constructor(before: number) {
    this.before = before;
  }

  add(id: number, seq: number): void {
    this.rows.push({
      id,
      ...asStored(message(1, { run: RUN, publisher: 1, seq, publishedAt: 1e12 })),
      insertedAt: null,
    });
  }

  async lastId(): Promise<number> {
    return this.answer(this.before);
  }

  async after(id: number): Promise<{ ids: number[]; rows: Row[]; more: boolean }> {
    const rows = this.rows.filter((row) => row.id > id);
    return this.answer({ ids: rows.map((row) => row.id), rows, more: false });
  }

  async ids(from: number, to: number): Promise<number[]> {
    return this.answer(this.rows.flatMap(({ id }) => (id > from && id <= to ? [id] : [])));
  }

  async byId(ids: readonly number[]): Promise<Row[]> {
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

function watchOf(table: FakeTable, keys: WatchOptions["keys"] = null): Watch {
  const path = new TablePath("messages", RUN, 1, false);
  const deliveries = new Deliveries();
  const observed = {
    now: () => Date.now(),
    acknowledged: () => 1,
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
  const watch = watchOf(new FakeTable(100), { read: () => Promise.reject(new Error("Redis is away")) });
  await watch.finish();
  expect(watch.account()).toMatchObject({ problem: "Redis is away" });
});

test("ids that are made of the time are refused: they lie too far apart to be told from each other", async () => {
  const table = new FakeTable(0);
  table.add(2 ** 32, 0);
  const watch = watchOf(table);
  await watch.finish();
  expect(watch.account()).toMatchObject({
    rows: 0,
    problem: "row id 4294967296 lies 4294967296 above the last before the run; allowed: less than 4294967296",
  });
});
