import { expect, test, vi } from "vitest";
import { backoff } from "../../k6/support/backoff.ts";

/** The shortest and the longest wait after so many failures. */
function bounds(failures: number): readonly number[] {
  const random = vi.spyOn(Math, "random").mockReturnValueOnce(0).mockReturnValueOnce(1);
  const waits = [backoff(failures), backoff(failures)];
  random.mockRestore();
  return waits;
}

test.each([
  [0, 250, 500],
  [1, 500, 1_000],
  [3, 2_000, 4_000],
  [5, 5_000, 10_000],
  [60, 5_000, 10_000],
])("after %d failures the wait is from %d to %d ms", (failures, shortest, longest) => {
  expect(bounds(failures)).toEqual([shortest, longest]);
});
