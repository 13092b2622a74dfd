import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Order, type OrderScope } from "../../core/order.ts";
import { Publication } from "../../core/publication.ts";
import { batch } from "./reports.ts";

/** One event: who sent it, when, and when it was acknowledged. */
interface TimedSend {
  readonly publisher: number;
  readonly sentAt: number;
  readonly acknowledgedAt: number;
}

function publicationOf(
  events: readonly TimedSend[],
  more: { instance?: string; clockError?: number } = {},
): Publication {
  const publication = new Publication();
  for (const [seq, { publisher, sentAt, acknowledgedAt }] of events.entries()) {
    publication.record(batch(seq, 1, sentAt, { publisher, sentThrough: acknowledgedAt, ...more }));
  }
  return publication;
}

/** How many of the arrivals, which are numbers of events in their order, came too late. */
function reordered(events: readonly TimedSend[], arrivals: readonly number[], promised?: OrderScope): number {
  const order = new Order(promised);
  for (const seq of arrivals) {
    const { publisher, sentAt } = events[seq] as TimedSend;
    order.enter(publisher, seq, sentAt);
  }
  order.judge(publicationOf(events));
  return order.reordered;
}

/** Two hundred a second, each by the next of ten publishers, acknowledged after 2 ms. */
const steady = (count: number): TimedSend[] =>
  Array.from({ length: count }, (_, seq) => ({ publisher: seq % 10, sentAt: seq * 5, acknowledgedAt: seq * 5 + 2 }));

const swapped = (count: number) => Array.from({ length: count }, (_, place) => place ^ 1);

describe("the order of events of several publishers", () => {
  test("is broken once for every pair of neighbours that changed places", () => {
    expect(reordered(steady(1_000), swapped(1_000))).toBe(500);
  });

  test("is kept by a stream that is as it was sent", () => {
    expect(reordered(steady(1_000), [...steady(1_000).keys()])).toBe(0);
  });

  test("is nobody's promise while both are on their way, however they arrive", () => {
    const batches = fc.array(fc.tuple(fc.nat(9), fc.nat(20)), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(batches, (drawn) => {
        // Whatever is sent before the first of them is acknowledged may overtake and be overtaken.
        const events = drawn.map(([, sentAt], seq) => ({ publisher: seq, sentAt, acknowledgedAt: 20 + seq }));
        const arrivals = [...events.keys()].sort((one, other) => (drawn[one]?.[0] ?? 0) - (drawn[other]?.[0] ?? 0));
        expect(reordered(events, arrivals)).toBe(0);
      }),
    );
  });

  test("counts exactly those that were acknowledged before an earlier arrival was sent", () => {
    const sending = fc.record({ publisher: fc.nat(3), wait: fc.nat(9), answer: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.array(fc.tuple(sending, fc.nat(1_000)), { maxLength: 40 }), (drawn) => {
        let now = 0;
        const free = new Map<number, number>();
        const events = drawn.map(([{ publisher, wait, answer }]): TimedSend => {
          now = Math.max(now + wait, free.get(publisher) ?? 0);
          free.set(publisher, now + answer);
          return { publisher, sentAt: now, acknowledgedAt: now + answer };
        });
        const arrivals = [...events.keys()].sort((one, other) => (drawn[one]?.[1] ?? 0) - (drawn[other]?.[1] ?? 0));
        const late = arrivals.filter((seq, place) => {
          const one = events[seq] as TimedSend;
          return arrivals.slice(0, place).some((earlier) => {
            const other = events[earlier] as TimedSend;
            return one.acknowledgedAt + 1 < other.sentAt || (one.publisher === other.publisher && seq < earlier);
          });
        });
        expect(reordered(events, arrivals)).toBe(late.length);
      }),
    );
  });

  test("is judged when the publisher reports, however much later", () => {
    const events = steady(4);
    const [order, publication] = [new Order(), new Publication()];
    for (const seq of [1, 0, 3, 2]) order.enter(seq, seq, (events[seq] as TimedSend).sentAt);
    order.judge(publication);
    expect(order.reordered).toBe(0);
    for (const seq of [0, 1]) publication.record(batch(seq, 1, seq * 5, { publisher: seq, sentThrough: seq * 5 + 2 }));
    order.judge(publication);
    expect(order.reordered).toBe(1);
    publication.record(batch(2, 1, 10, { publisher: 2, sentThrough: 12 }));
    order.judge(publication);
    order.judge(publication);
    expect(order.reordered).toBe(2);
  });

  test("says nothing of an event that was never acknowledged", () => {
    const publication = new Publication();
    publication.record(batch(0, 1, 0, { sentThrough: 2, unknown: [0] }));
    const order = new Order();
    order.enter(2, 1, 1_000);
    order.enter(1, 0, 0);
    order.judge(publication);
    expect(order.reordered).toBe(0);
  });

  test("of two processes needs as much time between them as their clocks may be wrong", () => {
    const order = (clockError: number) => {
      const publication = publicationOf([{ publisher: 1, sentAt: 0, acknowledgedAt: 2 }], {
        instance: "a",
        clockError,
      });
      publication.record(batch(1, 1, 9, { publisher: 2, instance: "b", clockError }));
      const judged = new Order();
      judged.enter(2, 1, 9);
      judged.enter(1, 0, 0);
      judged.judge(publication);
      return judged.reordered;
    };
    expect([order(0), order(2.9), order(3.1)]).toEqual([1, 1, 0]);
  });
});

describe("an order that is promised", () => {
  const events = steady(4);

  test("for the events of one publisher only is not broken by another's", () => {
    expect(reordered(events, [1, 0, 3, 2], "publisher")).toBe(0);
  });

  test("for the events of one key is broken by those alone", () => {
    expect(reordered(events, [1, 0, 3, 2], (seq) => seq % 2)).toBe(0);
    expect(reordered(events, [2, 0, 3, 1], (seq) => seq % 2)).toBe(2);
  });
});
