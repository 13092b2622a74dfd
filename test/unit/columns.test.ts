import { describe, expect, test } from "vitest";
import { COLUMNS, isTableName, quoted, readColumns } from "../../systems/ingestor/receiver/columns.ts";
import { byKey, byTime, instantOf, keyOf } from "../../systems/ingestor/receiver/cursor.ts";

describe("columns", () => {
  test.each([
    ["id=uuid", { ...COLUMNS, id: "uuid" }],
    ["id=eventId, content=Body", { ...COLUMNS, id: "eventId", content: "Body" }],
    [
      "user_id=none,channel_id=none,inserted_at=none",
      { ...COLUMNS, user_id: null, channel_id: null, inserted_at: null },
    ],
  ])("%s", (text, columns) => expect(readColumns(text)).toEqual(columns));

  test.each([
    "",
    "id",
    "id=",
    "id=a=b",
    "key=id",
    "id=none",
    "content=none",
    "id=a b",
    'id=a"b',
    "id=a;drop",
    "id=1a",
    "id=a,",
  ])("%j are none", (text) => expect(readColumns(text)).toBeUndefined());
});

test.each([
  ["messages", true],
  ["app.Events", true],
  ["a.b.c", false],
  ["", false],
  ["app.", false],
  ['a"b', false],
  ["a b", false],
])("the table %j: %j", (name, isOne) => expect(isTableName(name)).toBe(isOne));

test("names are quoted part by part", () => expect(quoted("app.Events")).toBe('"app"."Events"'));

test.each([
  ["bigint", true, '"id" = any($1::bigint[])'],
  ["integer", true, '"id" = any($1::bigint[])'],
  ["uuid", false, '"id" = any($1::uuid[])'],
  ["character varying(36)", false, '"id" = any($1::text[])'],
  ["numeric(20,0)", false, '"id"::text = any($1::text[])'],
])("keys of type %s are numbers: %j, and compared by %s", (type, isNumber, sql) => {
  const key = keyOf(COLUMNS, type);
  expect([key.isNumber, key.among("$1")]).toEqual([isNumber, sql]);
});

describe("new rows are found", () => {
  test("by a key that grows, from exactly where the last reading ended", () => {
    const cursor = byKey(COLUMNS);
    expect([cursor.behind("$1"), cursor.limit("10"), cursor.slack]).toEqual(['"id" > $1', "limit 10", 0]);
  });

  test.each([
    ["timestamp with time zone", '"inserted_at"'],
    ["timestamp without time zone", `"inserted_at" at time zone current_setting('TimeZone')`],
    ["timestamp(3) without time zone", `"inserted_at" at time zone current_setting('TimeZone')`],
  ])("by a %s, whose column stands alone where an index may serve", (type, instant) => {
    expect(instantOf("inserted_at", type)).toBe(instant);
    const cursor = byTime("inserted_at", type);
    expect(cursor.behind("$1")).toMatch(/^"inserted_at" > \(?timestamptz 'epoch' \+ \$1::bigint/);
    // All rows of a transaction have one time: a page must not end in between.
    expect(cursor.limit("10")).toBe("fetch first 10 rows with ties");
    expect(cursor.slack).toBeGreaterThan(0);
  });
});
