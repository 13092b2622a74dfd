import { expect, test } from "vitest";
import { Reach } from "../../k6/support/reach.ts";

test.each<[string, [answered: number, unsent: number][], number]>([
  [
    "never away",
    [
      [1, 0],
      [1, 0],
    ],
    0,
  ],
  [
    "away to the end",
    [
      [1, 0],
      [0, 1],
      [0, 1],
    ],
    0,
  ],
  [
    "away, and back",
    [
      [0, 1],
      [0, 1],
      [1, 0],
      [1, 0],
    ],
    1,
  ],
  [
    "away, and answered nothing clear since",
    [
      [0, 1],
      [0, 0],
    ],
    0,
  ],
  [
    "away twice, and back twice",
    [
      [0, 1],
      [1, 0],
      [0, 1],
      [1, 0],
    ],
    2,
  ],
  ["lost within a batch", [[3, 2]], 0],
])("a target that was %s", (_, ticks, times) => {
  const moments: number[] = [];
  const reach = new Reach({ reached_again_at: { add: (at: number) => void moments.push(at) } } as never);
  for (const [answered, unsent] of ticks) reach.enter(answered, unsent);
  expect(moments).toHaveLength(times);
});
