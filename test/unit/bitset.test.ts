import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitset } from "../../core/bitset.ts";

/** Numbers close together, so that they meet, beside some far away, so that the set must grow. */
const numbers = fc.array(fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 2_000 }), fc.nat({ max: 200_000 })));

function bitsetOf(members: Iterable<number>): Bitset {
  const bitset = new Bitset();
  for (const member of members) bitset.add(member);
  return bitset;
}

const ascending = (one: number, other: number) => one - other;

describe("against a set", () => {
  test("a union has the members of all", () => {
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 4 }), (lists) => {
        const union = Bitset.union(lists.map(bitsetOf));
        const model = new Set(lists.flat());
        expect([...union]).toEqual([...model].sort(ascending));
        expect(union.size).toBe(model.size);
      }),
    );
  });

  test("each addition answers as the set would, and the size follows", () => {
    fc.assert(
      fc.property(numbers, (added) => {
        const [bitset, model] = [new Bitset(), new Set<number>()];
        for (const number of added) {
          expect(bitset.has(number)).toBe(model.has(number));
          expect(bitset.add(number)).toBe(!model.has(number));
          model.add(number);
          expect(bitset.size).toBe(model.size);
        }
      }),
    );
  });

  test("has what was added and nothing else", () => {
    fc.assert(
      fc.property(numbers, numbers, (added, asked) => {
        const [bitset, model] = [bitsetOf(added), new Set(added)];
        for (const number of [...added, ...asked]) expect(bitset.has(number)).toBe(model.has(number));
      }),
    );
  });

  test("lists its members once, in ascending order", () => {
    fc.assert(
      fc.property(numbers, (added) => {
        expect([...bitsetOf(added)]).toEqual([...new Set(added)].sort(ascending));
      }),
    );
  });

  test("without another lists the difference, whichever of the two is larger", () => {
    fc.assert(
      fc.property(numbers, numbers, (ours, theirs) => {
        const model = [...new Set(ours)].filter((number) => !theirs.includes(number)).sort(ascending);
        expect([...bitsetOf(ours).without(bitsetOf(theirs))]).toEqual(model);
      }),
    );
  });
});

test("the four corners of a word are four numbers", () => {
  const corners = [0, 31, 32, 63, 1023, 1024];
  expect([...bitsetOf(corners)]).toEqual(corners);
  expect(bitsetOf(corners).has(30)).toBe(false);
});

test("a whole word is 32 numbers", () => {
  const whole = Array.from({ length: 64 }, (_, number) => number);
  expect([...bitsetOf(whole)]).toEqual(whole);
});

test("a number far beyond the others costs no more than its place", () => {
  const bitset = bitsetOf([3, 20_000_000]);
  expect(bitset.has(20_000_000)).toBe(true);
  expect(bitset.has(20_000_001)).toBe(false);
  expect([...bitset]).toEqual([3, 20_000_000]);
});

test("what is within another set is what both have", () => {
  const ours = bitsetOf([0, 31, 32, 63, 64, 4_096]);
  expect([...ours.within(bitsetOf([31, 33, 64, 100_000]))]).toEqual([31, 64]);
  expect([...ours.within(new Bitset())]).toEqual([]);
  expect([...ours.within(ours)]).toEqual([...ours]);
});

test.each([-1, 0.5, Number.NaN, 2 ** 32, 2 ** 32 + 3, 2 ** 53])(
  "%d is no member, and is not taken for another",
  (number) => {
    const bitset = bitsetOf([0, 3, 2 ** 20]);
    expect(bitset.has(number)).toBe(false);
    expect(() => bitset.add(number)).toThrow(`${number} is no member of such a set`);
  },
);

test("an empty set has no members, wherever one looks", () => {
  const empty = new Bitset();
  expect([...empty]).toEqual([]);
  expect(empty.size).toBe(0);
  expect([0, 31, 5_000_000].some((number) => empty.has(number))).toBe(false);
});

test("a set can be grown while it is being listed against another", () => {
  const ours = bitsetOf([1, 2]);
  const rest = ours.without(bitsetOf([1]));
  ours.add(100_000);
  expect([...rest]).toEqual([2, 100_000]);
});
