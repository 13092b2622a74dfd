import { expect, test } from "vitest";
import { messageOf } from "../../core/problem.ts";

const refused = (address: string) => new Error(`connect ECONNREFUSED ${address}`);

test.each([
  ["an error", new Error("no"), "no"],
  ["a text", "no", "no"],
  [
    "several addresses",
    new AggregateError([refused("::1:1"), refused("127.0.0.1:1")]),
    "connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1",
  ],
  [
    "Node's fetch",
    new TypeError("fetch failed", { cause: refused("127.0.0.1:1") }),
    "fetch failed: connect ECONNREFUSED 127.0.0.1:1",
  ],
  [
    "its cause of several",
    new TypeError("fetch failed", { cause: new AggregateError([refused("::1:1")]) }),
    "fetch failed: connect ECONNREFUSED ::1:1",
  ],
  ["an error with a cause that it tells itself", new Error("cannot read", { cause: refused("::1:1") }), "cannot read"],
])("%s is told with what it is about", (_, problem, told) => {
  expect(messageOf(problem)).toBe(told);
});
