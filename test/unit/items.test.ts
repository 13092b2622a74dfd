import { expect, test } from "vitest";
import type { Item } from "../../core/observe.ts";
import { itemsOf } from "../../receiver/givenitems.ts";
import { Items } from "../../receiver/items.ts";
import type { FarEndContext } from "../../receiver/poll.ts";

/** A table that grows, read by its keys a page at a time; what arrived of it, and from where it was read. */
function tableOf(...keys: readonly string[]) {
  const rows = [...keys];
  const arrived: string[] = [];
  const readFrom: (Item["id"] | null)[] = [];
  const farEnd = {
    kind: "rows",
    now: () => 0,
    arrived: ({ text }: { text: string }) => arrived.push(text),
    counted: () => undefined,
    absentAt: () => undefined,
    carriedBy: (text: string) => text,
    gained: (_: object, __: number, before: string) => before,
    changed: () => undefined,
    looked: () => undefined,
    read: () => undefined,
    beganAnew: () => undefined,
  };
  const page = async (after: Item["id"] | null) => {
    readFrom.push(after);
    const behind = rows.filter((key) => after === null || key > String(after)).sort();
    return behind.slice(0, 2).map((id) => ({ id, text: id }));
  };
  const at = (now: () => number) => new Items(farEnd, page, now);
  return { rows, arrived, readFrom, at, farEnd, items: new Items(farEnd, page) };
}

test("rows whose keys do not grow are found wherever they come to stand", async () => {
  const { rows, arrived, items } = tableOf("b4e2", "f0a1", "c3d3");
  await items.look();
  rows.push("0a01", "d000");
  await expect
    .poll(async () => {
      await items.look();
      return arrived;
    })
    .toEqual(["b4e2", "c3d3", "f0a1", "0a01", "d000"]);
});

test.each([
  ["numbers", ["101", "102"], "103"],
  ["ids of a Redis stream", ["1700000000000-0", "1700000000000-1"], "1700000000001-0"],
])("rows whose keys grow, as %s, are entered once, and never read from the start again", async (_, keys, next) => {
  const { rows, arrived, readFrom, items } = tableOf(...keys);
  await items.look();
  rows.push(next);
  for (let look = 0; look < 20; look++) await items.look();
  expect(arrived).toEqual([...keys, next]);
  expect(readFrom.filter((after) => after === null)).toHaveLength(1);
});

test("what is new is read first, and what was passed a moment ago a page at a time", async () => {
  let now = 0;
  const { rows, arrived, readFrom, at } = tableOf("101", "102");
  const items = at(() => now);
  const lookWith = async (...keys: readonly string[]) => {
    now += 100;
    rows.push(...keys);
    readFrom.length = 0;
    await items.look();
  };
  await items.look();
  await lookWith("103", "104", "105");
  await lookWith("106", "1035");
  // The first page of those before was read in the look before.
  expect(readFrom).toEqual(["105", "106", "104"]);
  await lookWith("107");
  expect(readFrom).toEqual(["106", "107", "102"]);
  expect(arrived).toEqual(["101", "102", "103", "104", "105", "106", "107", "1035"]);
});

test("what became visible behind a row that was passed more than ten seconds ago waits for the end", async () => {
  let now = 0;
  const { rows, arrived, at } = tableOf("101", "102");
  const items = at(() => now);
  await items.look();
  for (const next of ["103", "104"]) {
    now += 11_000;
    rows.push(next);
    await items.look();
  }
  rows.push("1025");
  for (let look = 0; look < 20; look++) {
    now += 100;
    await items.look();
  }
  expect(arrived).toEqual(["101", "102", "103", "104"]);
  await items.lookAgain();
  expect(arrived).toContain("1025");
});

test.each<["rows" | "list", unknown, string]>([
  ["list", { data: [] }, "list() gives of type object; allowed: a list"],
  ["rows", undefined, "rows() gives undefined; allowed: a list"],
  ["list", [{ ref: "a" }], "list() gives an item whose text is undefined; allowed: a text"],
  ["rows", ["a"], "rows() gives an item whose text is undefined; allowed: a text"],
  ["list", [null], "list() gives an item whose text is undefined; allowed: a text"],
  [
    "list",
    [{ id: undefined, text: "hunter2" }],
    "list() gives an item whose id is undefined; allowed: a text or a num",
  ],
  ["rows", [{ id: {}, text: "hunter2" }], "rows() gives an item whose id is of type object; allowed: a text or a num"],
])("%s that gives %j is no far end that lost something", (name, given, message) => {
  expect(() => itemsOf(name, given)).toThrow(message);
});

test("a list may give texts, of which equal ones are several items", () => {
  expect(itemsOf("list", ["a", "a", { id: 7n, text: "b" }]).map(({ id }) => id)).toEqual(["1 a", "2 a", 7n]);
});

test.each([
  [
    "the newest first",
    ["103", "102"],
    "rows(null) gives row 102 behind row 103; it must give them in the order of their ids",
  ],
  [
    "as numbers, the newest first",
    [103n, 102n],
    "rows(null) gives row 102 behind row 103; it must give them in the order of their ids",
  ],
  ["texts as texts are sorted", ["10", "9"], null],
  ["numbers as they are sorted", [9, 10], null],
  ["keys whose order only their database knows", ["b", "a"], null],
])("a page of rows, %s", async (_, ids, problem) => {
  const seen = { arrived: () => 0, carriedBy: () => "", absentAt: () => undefined };
  const farEnd = { kind: "rows", now: () => 0, ...seen } as unknown as FarEndContext;
  const rows = ids.map((id) => ({ id, text: "" }));
  const look = new Items(farEnd, async (after) => (after === null ? rows : [])).look();
  if (problem === null) await look;
  else await expect(look).rejects.toThrow(problem);
});

test("rows that come before those of the page before are told, where each page has one", async () => {
  const seen = { arrived: () => 0, carriedBy: () => "", absentAt: () => undefined };
  const farEnd = { kind: "rows", now: () => 0, ...seen } as unknown as FarEndContext;
  const ids = [103, 102, 101];
  const rows = async (after: Item["id"] | null) => {
    const next = ids[after === null ? 0 : ids.indexOf(Number(after)) + 1];
    return next === undefined ? [] : [{ id: next, text: "" }];
  };
  await expect(new Items(farEnd, rows).look()).rejects.toThrow("rows(103) gives row 102 behind row 103");
});

test("events under known ids of a list that begins anew arrive no earlier than they were given", async () => {
  let now = 0;
  let texts = ["1/0", "1/1", "1/2"];
  const gained: [text: string, at: number | null][] = [];
  const farEnd: FarEndContext = {
    kind: "list",
    now: () => now,
    arrived: () => 1,
    counted: () => undefined,
    absentAt: () => undefined,
    carriedBy: (text) => text,
    gained: ({ text }, at, before) => {
      gained.push([text, at]);
      return before;
    },
    changed: () => undefined,
    looked: () => undefined,
    read: () => undefined,
    beganAnew: () => undefined,
  };
  const list = async () => {
    now += 100; // The question travels, and meanwhile an event is published.
    return texts.map((text, id) => ({ id, text }));
  };
  const items = new Items(farEnd, list, () => now);
  await items.look();
  texts = ["1/3", "1/4"];
  await items.look();
  expect(gained).toEqual([
    ["1/3", 200],
    ["1/4", 200],
  ]);
});

test("rows of an API with cursors of its own are read with those kept by the last row's id", async () => {
  const arrived: string[] = [];
  const all = ["c", "a", "e", "b", "d"]; // in the order of their arrival, whatever their ids
  const pageAt = (cursor: string) => {
    const from = cursor === "" ? 0 : Number(cursor.slice(4));
    const items = all.slice(from, from + 2);
    return { items, next: `opq:${from + items.length}` };
  };
  const cursors = new Map<Item["id"], string>();
  const rows = async (after: Item["id"] | null) => {
    const { items, next } = pageAt(after === null ? "" : (cursors.get(after) ?? "none"));
    const last = items.at(-1);
    if (last !== undefined) cursors.set(last, next);
    return items.map((id) => ({ id, text: id }));
  };
  const { farEnd } = tableOf();
  const items = new Items({ ...farEnd, arrived: ({ text }) => arrived.push(text) }, rows);
  await items.look();
  all.push("0");
  for (let look = 0; look < 5; look++) await items.look();
  expect(arrived).toEqual(["c", "a", "e", "b", "d", "0"]);
  expect(await items.lookAgain()).toEqual([]);
});
