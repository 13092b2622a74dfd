import { describe, expect, test } from "vitest";
import { Failures, type Refusal } from "../../receiver/failures.ts";

/** Attempts at one delivery, as [ms, how it was answered]. */
function history(attempts: readonly (readonly [number, Refusal | "taken"])[]): Failures {
  const failures = new Failures();
  for (const [at, answer] of attempts) {
    failures.attempted(1, at);
    if (answer === "taken") failures.succeeded(1);
    else failures.failed(1, at, answer);
  }
  return failures;
}

describe("a retry", () => {
  test.each<[string, readonly (readonly [number, Refusal | "taken"])[], number]>([
    [
      "after a pause is none",
      [
        [0, "answered 503"],
        [50, "answered 503"],
        [200, "taken"],
      ],
      0,
    ],
    [
      "at once is hasty, each time",
      [
        [0, "answered 503"],
        [49, "cut off"],
        [60, "taken"],
      ],
      2,
    ],
    [
      "of what was taken is a copy and no retry",
      [
        [0, "taken"],
        [1, "taken"],
      ],
      0,
    ],
  ])("%s", (_, attempts, hasty) => {
    expect(history(attempts).hasty).toBe(hasty);
  });

  test("of another delivery says nothing of this one", () => {
    const failures = new Failures();
    failures.failed(1, 0, "answered 404");
    failures.attempted(2, 1);
    expect(failures.hasty).toBe(0);
  });
});

test("a delivery whose last attempt failed is abandoned, by how it failed", () => {
  const failures = history([
    [0, "answered 503"],
    [500, "answered 404"],
  ]);
  failures.failed(2, 0, "answered 404");
  failures.failed(3, 0, "wrong signature");
  expect([...failures.abandoned()]).toEqual([
    ["answered 404", 2],
    ["wrong signature", 1],
  ]);
  failures.succeeded(3);
  expect(failures.abandoned().has("wrong signature")).toBe(false);
});
