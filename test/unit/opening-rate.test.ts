import { expect, test } from "vitest";
import { opensAfter } from "../../systems/pulse/opening.ts";

test.each([
  ["the first at once", 0, 1_000, 0],
  ["the others one after the other", 2_500, 1_000, 2.5],
  ["a thundering herd all at once", 9_999, "max", 0],
] as const)("connections are opened: %s", (_, place, rate, seconds) => {
  expect(opensAfter(place, rate)).toBe(seconds);
});
