import { expect, test } from "vitest";
import { Clock } from "../../workload/clock.ts";

const READINGS = 1_000;

/** Readings of a clock, each with the wall's right after it. */
function readings(): { fine: number; wall: number }[] {
  const clock = new Clock(() => performance.now(), 1_000);
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

test("a comparison is renewed, so that a clock that drifts stays with the wall", () => {
  let drift = 0;
  const clock = new Clock(() => performance.now() + drift, 0);
  clock.now();
  drift = 5_000;
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
});
