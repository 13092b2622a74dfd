/** What is a burst, and what is a reader that is behind. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ReadingQueue } from "../../k6/support/readingqueue.ts";

/** Handles texts that came at some times, each of which takes as long. @returns the waits. */
function handled(times: readonly number[], takes: number, startsAt = 0) {
  const queue = new ReadingQueue();
  let free = startsAt;
  return times.map((readAt) => {
    const now = Math.max(readAt, free);
    free = now + takes;
    return queue.handle(readAt, now);
  });
}

/** As many texts, one each so many ms. */
const every = (ms: number, count: number, from = 0) => Array.from({ length: count }, (_, place) => from + place * ms);
const longest = (waits: readonly { lag: number; turn: number }[]) => [
  Math.max(...waits.map(({ lag }) => lag)),
  Math.max(...waits.map(({ turn }) => turn)),
];

test.each<[string, number[], number, number, (lag: number, turn: number) => boolean]>([
  ["texts that come one by one wait for nothing", every(5, 1_000), 0.1, 0, (lag, turn) => lag === 0 && turn === 0],
  [
    "of a burst after a silence the last waits for its turn",
    every(0, 1_000, 5_000),
    0.1,
    0,
    (lag, turn) => lag === 0 && turn > 99,
  ],
  [
    "of texts that wait for a script that stands still all lag",
    every(0, 10, 5_000),
    0.1,
    5_080,
    (lag, turn) => lag === 80 && turn < 1,
  ],
  ["a reader that is slower than what comes is behind", every(1, 5_000), 1.5, 0, (lag) => lag > 2_000],
  ["a reader that needs a second for a burst is behind", every(0, 10_000), 0.1, 0, (lag) => lag > 900],
  [
    "bursts that leave no time between them are too much",
    every(400, 20).flatMap((at) => every(0, 100, at)),
    3,
    0,
    (lag) => lag > 250,
  ],
  [
    "bursts with time between them are not",
    every(2_000, 20).flatMap((at) => every(0, 100, at)),
    3,
    0,
    (lag) => lag === 0,
  ],
])("%s", (_, times, takes, startsAt, holds) => {
  const [lag = 0, turn = 0] = longest(handled(times, takes, startsAt));
  expect({ lag, turn, holds: holds(lag, turn) }).toMatchObject({ holds: true });
});

test("a wait is lag and turn, and neither is negative", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10), { maxLength: 200 }), fc.nat(20), (gaps, takes) => {
      let at = 0;
      const times = gaps.map((gap) => (at += gap));
      const queue = new ReadingQueue();
      let free = 0;
      for (const readAt of times) {
        const now = Math.max(readAt, free);
        free = now + takes;
        const { lag, turn } = queue.handle(readAt, now);
        expect(Math.min(lag, turn)).toBeGreaterThanOrEqual(0);
        expect(lag + turn).toBeCloseTo(now - readAt);
      }
    }),
  );
});
