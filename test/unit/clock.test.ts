import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock } from "../../core/clock.ts";

afterEach(() => void vi.restoreAllMocks());

describe("on a machine whose every reading takes 10 microseconds", () => {
  const READING_MS = 0.01;
  const LOOK_AFTER_MS = 1_000;

  /** A machine whose wall is ahead of its monotonic clock. */
  function machine(ahead: number) {
    const state = { elapsed: 0, ahead, looks: 0 };
    const read = () => {
      state.elapsed += READING_MS;
      return state.elapsed;
    };
    vi.spyOn(Date, "now").mockImplementation(() => {
      state.looks++;
      return Math.floor(read() + state.ahead);
    });
    return { state, clock: new Clock(read, LOOK_AFTER_MS), wall: () => state.elapsed + state.ahead };
  }

  test.each([0, 1_700_000_000_000.25, 1_700_000_000_000.999])("a wall that is %d ahead is told exactly", (ahead) => {
    const { clock, wall } = machine(ahead);
    expect(Math.abs(clock.now() - wall())).toBeLessThan(3 * READING_MS);
  });

  test.each([5_000, 2, -2, -5_000])("a wall that is set by %d ms is noticed at the next look", (correction) => {
    const { state, clock, wall } = machine(1_700_000_000_000.5);
    clock.now();
    state.ahead += correction;
    expect(Math.abs(clock.now() - wall())).toBeGreaterThan(1);
    state.elapsed += LOOK_AFTER_MS;
    expect(Math.abs(clock.now() - wall())).toBeLessThan(3 * READING_MS);
  });

  test("a wall that drifts is never a millisecond off", () => {
    const { state, clock, wall } = machine(1_700_000_000_000.5);
    for (let second = 0; second < 1_000; second++) {
      state.elapsed += LOOK_AFTER_MS;
      state.ahead += second < 500 ? 0.05 : -0.05;
      expect(Math.abs(clock.now() - wall())).toBeLessThan(1.1);
    }
  });

  test("one reading a look is enough while nothing is set", () => {
    const { state, clock } = machine(1_700_000_000_000.5);
    clock.now();
    const before = state.looks;
    for (let second = 0; second < 100; second++) {
      state.elapsed += LOOK_AFTER_MS;
      clock.now();
    }
    expect(state.looks - before).toBe(100);
  });
});

test("with this machine's clocks it agrees with the wall and has digits behind the millisecond", () => {
  const READINGS = 1_000;
  const clock = new Clock(() => performance.now(), 1_000);
  const readings = Array.from({ length: READINGS }, () => ({ fine: clock.now(), wall: Date.now() }));
  // The median, because on a busy machine a single pair of readings may be torn apart.
  const distances = readings.map(({ fine, wall }) => Math.abs(fine - wall)).sort((a, b) => a - b);
  expect(distances[READINGS / 2]).toBeLessThan(2);
  expect(readings.filter(({ fine }) => fine % 1 > 0).length).toBeGreaterThan(READINGS * 0.9);
});
