import { describe, expect, test } from "vitest";
import { Failures, type Refusal } from "../../systems/ethhook/receiver/failures.ts";

const PAUSES = [2_000, 4_000, 8_000, 16_000];

/** Attempts at one delivery, as [ms, how it was answered, what its header says]. */
type Attempts = readonly (readonly [at: number, answer: Refusal | "taken", claimed?: number])[];

function history(attempts: Attempts, pauses: readonly number[] = PAUSES): Failures {
  const failures = new Failures(pauses);
  for (const [at, answer, claimed = 1] of attempts) {
    failures.attempted(1, { at, claimed });
    if (answer === "taken") failures.succeeded(1);
    else failures.refused(1, at, claimed, answer);
  }
  return failures;
}

describe("a retry", () => {
  test.each<[string, Attempts, number]>([
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
    const failures = history([[0, "answered 404"]]);
    failures.attempted(2, { at: 1, claimed: 1 });
    expect([failures.hasty, failures.unraisedHeaders]).toEqual([0, 0]);
  });

  test("is counted here, whatever its header says", () => {
    const failures = new Failures(PAUSES);
    failures.refused(1, 0, 1, "answered 503");
    failures.attempted(1, { at: 2_000, claimed: 1 });
    expect(failures.unraisedHeaders).toBe(1);
    expect(failures.succeeded(1)).toBe(true);
    expect(failures.succeeded(1)).toBe(false);
  });

  test("whose header rises is not among those that do not", () => {
    const attempts: Attempts = [
      [0, "answered 503", 1],
      [2_000, "answered 503", 2],
      [6_000, "taken", 3],
    ];
    expect(history(attempts).unraisedHeaders).toBe(0);
  });
});

describe("what was refused is open", () => {
  test.each<[string, Attempts, readonly number[], openUntil: number]>([
    ["for the first pause and a fifth of it", [[0, "answered 503"]], PAUSES, 2_400],
    [
      "for the second after the second attempt",
      [
        [0, "answered 503"],
        [2_000, "answered 503"],
      ],
      PAUSES,
      2_000 + 4_800,
    ],
    ["for as long as the header says it is the fourth", [[0, "answered 503", 4]], PAUSES, 19_200],
    [
      "for twice the pause that was seen, where that is longer",
      [
        [0, "cut off"],
        [10_000, "cut off"],
      ],
      PAUSES,
      10_000 + 24_000,
    ],
    ["no longer after the last attempt", [[0, "answered 503", 5]], PAUSES, 0],
    ["not at all where the sender never tries again", [[0, "answered 503"]], [], 0],
  ])("%s", (_, attempts, pauses, openUntil) => {
    const failures = history(attempts, pauses);
    expect(failures.openUntil).toBe(openUntil);
    const [last] = attempts.at(-1) as Attempts[number];
    expect(failures.isOpen(1, last)).toBe(openUntil > last);
    expect(failures.isOpen(1, openUntil)).toBe(false);
    expect([...failures.abandoned(last)]).toHaveLength(openUntil > last ? 0 : 1);
    expect([...failures.abandoned(openUntil)]).toHaveLength(1);
  });

  test("only while it is refused", () => {
    expect(
      history([
        [0, "answered 503"],
        [100, "taken"],
      ]).openUntil,
    ).toBe(Number.NEGATIVE_INFINITY);
  });
});

test("a delivery whose last attempt failed is abandoned in the end, by how it failed", () => {
  const failures = history([
    [0, "answered 503"],
    [500, "answered 404"],
  ]);
  failures.refused(2, 0, 1, "answered 404");
  failures.refused(3, 0, 1, "wrong signature");
  expect([...failures.abandoned(60_000)]).toEqual([
    ["answered 404", 2],
    ["wrong signature", 1],
  ]);
  failures.succeeded(3);
  expect(failures.abandoned(60_000).has("wrong signature")).toBe(false);
});

test("refusals are counted in a row, over all deliveries of the endpoint", () => {
  const failures = new Failures(PAUSES);
  for (const seq of [1, 2, 3]) failures.refused(seq, 0, 1, "answered 503");
  failures.succeeded(4);
  failures.refused(5, 0, 1, "answered 503");
  expect(failures.longestRow).toBe(3);
});
