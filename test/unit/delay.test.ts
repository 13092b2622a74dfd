/** The gateway's delays: how exact they are, bench/accuracy.bench.ts says. */
import { expect, test } from "vitest";
import { DelayLine } from "../../target/delay.ts";

test.each([0.5, 3, 20])("items are released %d ms later, in order and never early", async (milliseconds) => {
  const early: number[] = [];
  const order: number[] = [];
  const line = new DelayLine<{ place: number; due: number }>(({ place, due }) => {
    order.push(place);
    if (performance.now() < due) early.push(place);
  });
  const places = Array.from({ length: 200 }, (_, place) => place);
  for (const place of places) {
    const due = performance.now() + milliseconds;
    line.push({ place, due }, due);
    if (place % 5 === 0) await new Promise((turn) => setTimeout(turn, 1));
  }
  await expect.poll(() => order).toEqual(places);
  expect(early).toEqual([]);
});
