import { describe, expect, test } from "vitest";
import { type ClockReport, Clocks, uncertaintyOf } from "../../core/clocks.ts";

/** A publisher's clock as it was compared: offset and error in ms, two seconds apart. */
function compared(readings: readonly (readonly [offset: number, error: number])[], changes: Partial<ClockReport> = {}) {
  const clocks = new Clocks();
  for (const [place, [offset, error]] of readings.entries()) {
    clocks.enter({ clock: "p", role: "publisher", at: 1e12 + place * 2_000, offset, error, correction: 0, ...changes });
  }
  return clocks.account();
}

describe("a clock", () => {
  test.each<[string, [number, number][], number]>([
    [
      "that stays is known to its narrowest errors",
      [
        [0.1, 0.4],
        [0, 0.5],
        [0.1, 0.4],
      ],
      0.5,
    ],
    [
      "that was set back in the middle is as far off as that",
      [
        [0, 0.4],
        [-350, 0.4],
        [-350, 0.4],
      ],
      350.4,
    ],
    [
      "that was set and set again is",
      [
        [0, 0.4],
        [2_000, 0.4],
        [0, 0.4],
      ],
      2_000.4,
    ],
    [
      "that drifts is where it got to",
      [
        [0, 0.4],
        [5, 0.4],
        [10, 0.4],
      ],
      10.4,
    ],
    [
      "behind a slow way may be off by all of it",
      [
        [40, 40],
        [41, 40],
      ],
      80,
    ],
    [
      "that a busy machine reads badly now and then is known to its good readings",
      [
        [0, 1.5],
        [0.1, 0.4],
        [0, 1.6],
        [0.1, 1.2],
        [0, 0.5],
      ],
      0.5,
    ],
    [
      "is no better known than in the worst ten seconds",
      [
        [0, 0.4],
        [0, 3],
        [0, 3],
        [0, 2.5],
        [0, 3],
        [0, 3],
        [0, 3],
        [0, 0.4],
      ],
      2.5,
    ],
    [
      "is not doubted for one slow answer that agrees",
      [
        [0, 0.4],
        [30, 40],
        [0, 0.4],
      ],
      0.4,
    ],
    [
      "is doubted for a slow answer that does not",
      [
        [0, 0.4],
        [500, 40],
        [0, 0.4],
      ],
      540,
    ],
  ])("%s", (_, readings, uncertainty) => {
    expect(compared(readings)[0]?.uncertainty).toBeCloseTo(uncertainty, 9);
  });

  test("says when it was further off than it is taken to be", () => {
    expect(
      compared([
        [0, 0.4],
        [-350, 0.4],
      ])[0]?.evidence,
    ).toBe(
      "the clock of publisher p and the receiver's were 350 ms (± 0.4 ms) further apart at 01:46:42Z than they are taken to be",
    );
    expect(compared([[3, 40]])[0]?.evidence).toContain(
      "is known to 40 ms only: a round trip to the receiver takes 80 ms",
    );
  });

  test("whose offset is taken out is doubted by what is left", () => {
    expect(
      compared(
        [
          [5_000, 0.4],
          [5_001, 0.4],
        ],
        { correction: 5_000 },
      )[0]?.uncertainty,
    ).toBeCloseTo(1.4, 9);
  });
});

describe("a latency between clocks", () => {
  const account = (clocks: ReturnType<typeof compared>) => ({ clocks, latency: { samples: 10 } });

  test("may be off by what both ends may be", () => {
    const clocks = [
      ...compared([[0, 1]]),
      ...compared([[0, 2]], { clock: "s", role: "subscriber" }),
      ...compared([[0, 7]], { clock: "t", role: "table" }),
    ];
    expect(uncertaintyOf(account(clocks))("account_delivery_p95_ms")?.by).toBe(3);
    const late = [...clocks, ...compared([[-9, 1]], { clock: "o", role: "observer" })];
    expect(uncertaintyOf(account(late))("account_delivery_p95_ms")?.by).toBe(11);
    expect(uncertaintyOf(account(clocks))("account_insert_p95_ms")?.by).toBe(8);
    expect(uncertaintyOf(account(clocks))("publish_ack_latency_ms")).toBeNull();
  });

  test("says nothing when no publisher compared its clock", () => {
    expect(uncertaintyOf(account([]))("account_delivery_p95_ms")?.by).toBe(Number.POSITIVE_INFINITY);
  });

  test("that nobody measured is not doubted", () => {
    expect(uncertaintyOf(null)("account_delivery_p95_ms")).toBeNull();
    expect(uncertaintyOf({ clocks: [], latency: { samples: 0 } })("account_delivery_p95_ms")).toBeNull();
  });
});
