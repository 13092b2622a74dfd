import { expect, test } from "vitest";
import { lineIn, lineOf, placesOf } from "../../cli/own/place.ts";

const FILE = `import { definePipeline } from "throughline"; // objectives: none
const kind = "webhook";
export default definePipeline({
  name: "orders",
  observe: {
    kind: "rows",
    paths: {
      "sales.orders": { kind: "b" },
      audit: { kind: "mars" },
    },
  },
  objectives: {
    account_lost: "none",
  },
});
`;

test.each<[string, number | null]>([
  ["pipeline orders: observe.paths.audit.kind: mars: allowed: a, b", 9],
  ["pipeline orders: observe.paths.sales.orders.kind: c: allowed: a, b", 8],
  ["pipeline orders: objectives.account_lost: none: allowed: p(95)", 13],
  ["pipeline orders: objectives.nothing: no such metric", 12],
  ["pipeline orders: name: the suite has a test of that name", 4],
  ["Cannot read properties of undefined", null],
])("%s: line %s", (message, line) => {
  expect(lineOf(message, FILE)).toBe(line);
});

test("what its publisher may have to name stands on lines, or only in the file", () => {
  const declared = { name: "orders", variables: { EVENTS_URL: "" } };
  const text = FILE.replace('  name: "orders",', '  name: "orders",\n  variables: { EVENTS_URL: "http://a" },');
  expect(placesOf(declared, "a.ts", text)).toMatchObject({ EVENTS_URL: "a.ts:5", "observe.paths": "a.ts:8" });
  expect(placesOf(declared, "a.ts", "export { default } from './other.ts'")).toMatchObject({ EVENTS_URL: "a.ts" });
});

test("what was thrown in the file is where its stack says", () => {
  const problem = Object.assign(new Error("no"), {
    stack: "Error: no\n    at write (/home/me/orders.pipeline.ts:7:12)",
  });
  expect(lineIn(problem, "/home/me/orders.pipeline.ts")).toBe("7");
  expect(lineIn("no", "/home/me/orders.pipeline.ts")).toBeNull();
});
