import { expect, test } from "vitest";
import { Clock } from "../../receiver/clock.ts";

const READINGS = 1_000;

/** Readings of a clock, each with the wall's right after it. */
function readings(): { fine: number; wall: number }[] {
  const clock = new Clock();
  return Array.from({ length: READINGS }, () => ({ fine: clock.now(), wall: Date.now() }));
}

test("the clock agrees with the wall's", () => {
  const distances = readings().map(({ fine, wall }) => Math.abs(fine - wall));
  // The median, because on a busy machine a single pair of readings may be torn apart.
  expect(distances.sort((a, b) => a - b)[READINGS / 2]).toBeLessThan(2);
});

test("the clock has digits behind the millisecond", () => {
  const fractions = readings().map(({ fine }) => fine % 1);
  expect(fractions.filter((fraction) => fraction > 0).length).toBeGreaterThan(READINGS * 0.9);
  expect(new Set(fractions).size).toBeGreaterThan(10);
});
