import { expect, test } from "vitest";
import { CountPath } from "../../receiver/countpath.ts";

test.each<[string, readonly number[], string | null]>([
  ["grows", [1_000, 1_001, 1_009], null],
  ["is that of a replica that is one behind, before anything came", [5, 4], null],
  ["is that of a replica that is one behind, after the canary", [5, 6, 5], null],
  ["goes back to where it began", [1_000, 1_100, 2], "count() went back from 1100 to 2"],
  ["goes back, and on from there", [0, 1_100, 2, 1_200], "count() went back from 1100 to 2"],
])("a count that %s", (_, counts, problem) => {
  const path = new CountPath("sum", {}, () => true);
  for (const count of counts) path.counted(count);
  expect(path.problem?.split(":")[0] ?? null).toBe(problem);
});
