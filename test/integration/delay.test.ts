/** How exactly the reference gateway delays; here, because nothing runs beside it. */
import { describe, expect, it } from "vitest";
import { DelayLine } from "../../target/delay.ts";
import { eventually, range } from "./gateway.ts";

describe("DelayLine", () => {
  // Tried again, because a process that takes the core away makes everything late.
  const trials = { retry: 10 };
  it.each([0.5, 3, 20])(
    "releases items %d ms later, in order, well within a millisecond",
    trials,
    async (milliseconds) => {
      const lateness: number[] = [];
      const order: number[] = [];
      const line = new DelayLine<{ place: number; due: number }>(milliseconds, ({ place, due }) => {
        order.push(place);
        lateness.push(performance.now() - due);
      });
      for (let place = 0; place < 200; place++) {
        const now = performance.now();
        line.push({ place, due: now + milliseconds }, now);
        if (place % 5 === 0) await new Promise((turn) => setTimeout(turn, 1));
      }
      await eventually(() => expect(order).toEqual(range(0, 200)));
      lateness.sort((a, b) => a - b);
      expect(lateness[0]).toBeGreaterThanOrEqual(0);
      expect(lateness[100]).toBeLessThan(0.3);
    },
  );
});
