import { expect, test } from "vitest";
import { onlySide } from "../../cli/own/sides.ts";

const FILE = `import pg from "pg";
import http from "k6/http";
const helper = { kind: "other", rows: 1, publish: 2 };
export default definePipeline({
  name: "orders",
  events: { attributes: {}, write: ({ id }) => id },
  publish({ URL }) {
    return () => http.post(URL);
  },
  explain: async ({ URL }) => [http.get(URL).body],
  observe: {
    kind: "rows",
    paths: { table: {} },
    async rows(after) {
      return pg.query(after);
    },
  },
});
const after = 1;
`;

test("k6 gets no rows(), the receiver no publish(), and everything else is where it was", () => {
  const [k6, node] = [onlySide(FILE, "k6"), onlySide(FILE, "node")];
  expect(k6).toContain("http.post(URL)");
  expect(k6).not.toContain("pg.query");
  expect(node).toContain("pg.query(after)");
  expect(k6).toContain("http.get(URL)");
  expect(node).not.toMatch(/http\.(post|get)/);
  const lineOf = (text: string) => text.split("\n").indexOf("const after = 1;");
  expect([k6, node].map(lineOf)).toEqual([lineOf(FILE), lineOf(FILE)]);
});

test("objects that are no pipeline and no far end keep what they have", () => {
  expect(onlySide(FILE, "k6")).toContain('{ kind: "other", rows: 1, publish: 2 }');
  expect(onlySide(FILE, "node")).toContain('{ kind: "other", rows: 1, publish: 2 }');
});

test.each([
  ["subscription", "open", "k6"],
  ["request", "receive", "node"],
  ["list", "list", "node"],
  ["stream", "consume", "node"],
  ["count", "count", "node"],
] as const)("of a %s, %s() runs in %s only", (kind, name, side) => {
  const text = `x({ kind: "${kind}", ${name}: () => here(), other: () => both() })`;
  for (const one of ["k6", "node"] as const) {
    expect(onlySide(text, one).includes("here()")).toBe(one === side);
    expect(onlySide(text, one)).toContain("both()");
  }
});
