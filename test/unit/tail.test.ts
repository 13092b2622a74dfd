import { expect, test } from "vitest";
import { Tail } from "../../core/tail.ts";

test("counts the deliveries behind the last send, whichever was told of first", () => {
  const tail = new Tail();
  tail.published(1_000);
  for (const at of [900, 1_000, 1_500, 1_999, 2_030]) tail.delivered(at);
  expect([tail.count, tail.length]).toEqual([3, 1_030]);
  tail.published(2_000);
  expect([tail.count, tail.length]).toEqual([1, 30]);
  tail.published(1_200);
  tail.delivered(2_000);
  tail.delivered(9_000.5);
  expect([tail.count, tail.length, tail.lastAt]).toEqual([2, 7_000.5, 9_000.5]);
});

test("is empty before anything was delivered, and where all came in time", () => {
  const tail = new Tail();
  tail.published(5);
  expect([tail.count, tail.length, tail.lastAt]).toEqual([0, 0, null]);
  tail.delivered(4);
  expect([tail.count, tail.length, tail.lastAt]).toEqual([0, 0, 4]);
});

test("has no length where nobody said what was sent", () => {
  const tail = new Tail();
  tail.delivered(7);
  expect([tail.count, tail.length, tail.lastAt]).toEqual([1, 0, 7]);
});
