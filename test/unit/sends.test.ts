import fc from "fast-check";
import { expect, test } from "vitest";
import { Sends } from "../../core/sends.ts";

/** Sends without a number in common, in any order. */
const sends = fc
  .array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 1, max: 9 }), fc.nat(), fc.nat({ max: 2 ** 32 - 1 })), {
    maxLength: 60,
  })
  .map((drawn) => {
    let next = 0;
    const made = drawn.map(([gap, count, key, source]) => {
      const firstSeq = next + gap;
      next = firstSeq + count;
      return { key, send: { firstSeq, count, sentFrom: firstSeq * 1.5, sentThrough: firstSeq * 2.25, source } };
    });
    return made.sort((one, other) => one.key - other.key).map(({ send }) => send);
  });

test("sends are kept as they came, and found by any of their numbers", () => {
  fc.assert(
    fc.property(sends, (made) => {
      const kept = new Sends();
      for (const send of made) kept.push(send);
      expect([...kept]).toEqual(made);
      for (let seq = 0; seq < 900; seq++) {
        const holder = made.find(({ firstSeq, count }) => seq >= firstSeq && seq < firstSeq + count);
        expect(kept.of(seq)).toEqual(holder ?? null);
      }
    }),
    { numRuns: 50 },
  );
});

test("a hundred thousand that come almost in order are found, too", () => {
  const kept = new Sends();
  for (let place = 0; place < 100_000; place++) {
    const firstSeq = (place ^ 7) * 3;
    kept.push({ firstSeq, count: 3, sentFrom: firstSeq, sentThrough: firstSeq, source: 1 });
  }
  expect([0, 1, 150_001, 299_999, 300_000].map((seq) => kept.of(seq)?.firstSeq ?? null)).toEqual([
    0,
    0,
    150_000,
    299_997,
    null,
  ]);
});
