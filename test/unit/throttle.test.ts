import { expect, test } from "vitest";
import { Throttle } from "../../cli/health/throttle.ts";

/** Ms between two times that it is done, when it takes so long. */
function pauseOf(takes: number, atLeastMs?: number): number {
  let now = 0;
  const rarely = new Throttle(1_000, 0.01, atLeastMs, () => now);
  expect(rarely.isDue).toBe(true);
  rarely.run(() => {
    now += takes;
  });
  const ended = now;
  while (!rarely.isDue) now++;
  return now - ended;
}

test.each([
  [0, undefined, 1_000],
  [10, undefined, 1_000],
  [50, undefined, 5_000],
  [600, undefined, 60_000],
  [50, 3_000, 3_000],
])("what takes %i ms is done again after %s at most: %i ms", (takes, atLeast, pause) => {
  expect(pauseOf(takes, atLeast)).toBe(pause);
});

test("what fails is due again at once", () => {
  const rarely = new Throttle(1_000, 0.01);
  expect(() =>
    rarely.run(() => {
      throw new Error("EMFILE");
    }),
  ).toThrow("EMFILE");
  expect(rarely.isDue).toBe(true);
});
