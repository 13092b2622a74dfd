import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUCKET_MS, EDGE_MS, Edges } from "../../core/edges.ts";

interface Arrival {
  readonly seq: number;
  /** Ms. */
  readonly at: number;
}

const inOrder = (one: Arrival, other: Arrival) => one.at - other.at;

function betweenOf(arrivals: readonly Arrival[]) {
  const edges = new Edges();
  for (const { seq, at } of arrivals) edges.record(seq, at);
  return edges.between();
}

/** One event each 100 ms, in order, unless a place says otherwise. */
const steady = (count: number, from = 0) =>
  Array.from({ length: count }, (_, place) => ({ seq: from + place, at: 1_000_000 + place * 100 }));

/** Four seconds in order, but for one event. */
const turned = (which: number, at: number) =>
  steady(41)
    .map((arrival) => (arrival.seq === which ? { seq: which, at } : arrival))
    .sort(inOrder);

describe("between the edges", () => {
  test.each<[string, readonly Arrival[], number, number]>([
    ["of a path on which nothing arrived, is nothing", [], 0, -1],
    ["of a single arrival, is nothing", [{ seq: 7, at: 5_000 }], 8, 6],
    ["of a path of one second, is nothing", steady(10), 10, -1],
    ["of four seconds in order, are those in the middle", steady(41), 11, 29],
    ["of a path that was joined later, are those in its own middle", steady(41, 500), 511, 529],
    ["are all that lie in a silence between two arrivals", [...steady(1), { seq: 50, at: 1_010_000 }], 1, 49],
    ["are above an event of the first second that was far ahead", turned(20, 1_000_550), 21, 29],
    ["are below an event of the last second that was far behind", turned(20, 1_003_450), 11, 19],
  ])("%s", (_, arrivals, first, last) => {
    expect(betweenOf(arrivals)).toEqual({ first, last });
  });

  test("is nothing more when the clock is set back", () => {
    const arrivals = steady(41).map(({ seq, at }) => ({ seq, at: seq > 20 ? at - 60_000 : at }));
    const { last } = betweenOf(arrivals);
    expect(last).toBeLessThanOrEqual(19);
  });
});

/**
 * Workers that take batches in turn, each late by its own: event `seq` is due every `pace` ms. Whoever subscribes
 * comes and goes in the middle of it.
 */
const concurrent = fc.record({
  pace: fc.integer({ min: 5, max: 50 }),
  count: fc.integer({ min: 100, max: 500 }),
  batch: fc.integer({ min: 1, max: 100 }),
  late: fc.array(fc.oneof(fc.constantFrom(0, EDGE_MS - 50), fc.integer({ min: 0, max: EDGE_MS - 50 })), {
    minLength: 1,
    maxLength: 4,
  }),
  subscribed: fc.integer({ min: 0, max: 3_000 }),
  stayed: fc.integer({ min: 0, max: 6_000 }),
  dropped: fc.uniqueArray(fc.nat({ max: 500 }), { maxLength: 20 }),
});

type Concurrent = typeof concurrent extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function arrivalsOf({ pace, count, batch, late, subscribed, stayed }: Concurrent): Arrival[] {
  const lateness = (seq: number) => late[Math.floor(seq / batch) % late.length] as number;
  return Array.from({ length: count }, (_, seq) => ({ seq, at: seq * pace + lateness(seq) }))
    .filter(({ at }) => at >= subscribed && at <= subscribed + stayed)
    .sort(inOrder);
}

describe("whatever publishers do side by side", () => {
  test("nothing between the edges is missing on a path that lost nothing", () => {
    fc.assert(
      fc.property(concurrent, (drawn) => {
        const arrivals = arrivalsOf(drawn);
        const seen = new Set(arrivals.map(({ seq }) => seq));
        const { first, last } = betweenOf(arrivals);
        for (let seq = first; seq <= last; seq++) expect(seen).toContain(seq);
      }),
      { numRuns: 500 },
    );
  });

  test("there is often something between the edges, and often something within them that never came", () => {
    const drawn = fc.sample(concurrent, 1_000).map(arrivalsOf);
    const judged = drawn.filter((arrivals) => betweenOf(arrivals).first <= betweenOf(arrivals).last);
    const gaps = drawn.filter((arrivals) => {
      const seqs = arrivals.map(({ seq }) => seq);
      return seqs.length > 0 && Math.max(...seqs) - Math.min(...seqs) >= seqs.length;
    });
    expect(judged.length).toBeGreaterThan(100);
    expect(gaps.length).toBeGreaterThan(100);
  });

  test("all that is lost of an orderly stream outside of its edges lies between them", () => {
    fc.assert(
      fc.property(concurrent, (drawn) => {
        const orderly = arrivalsOf({ ...drawn, late: [0] });
        const dropped = new Set(drawn.dropped);
        const arrivals = orderly.filter(({ seq }) => !dropped.has(seq));
        const [begin, end] = [arrivals[0]?.at ?? 0, arrivals.at(-1)?.at ?? 0];
        const { first, last } = betweenOf(arrivals);
        const outside = ({ at }: Arrival) => at > begin + EDGE_MS && at < end - EDGE_MS - BUCKET_MS;
        for (const { seq } of orderly.filter((arrival) => dropped.has(arrival.seq) && outside(arrival))) {
          expect(seq).toBeGreaterThanOrEqual(first);
          expect(seq).toBeLessThanOrEqual(last);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the edges are those of a list of all arrivals, the closing one by a bucket at most longer", () => {
    const numbered = fc.array(fc.record({ seq: fc.nat({ max: 1_000 }), at: fc.integer({ min: 0, max: 6_000 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(numbered, (drawn) => {
        const arrivals = [...drawn].sort(inOrder);
        const { first, last } = betweenOf(arrivals);
        const [begin, end] = [arrivals[0]?.at ?? 0, arrivals.at(-1)?.at ?? 0];
        const lowestFrom = (from: number) => Math.min(...arrivals.filter(({ at }) => at >= from).map(({ seq }) => seq));
        const opening = arrivals.filter(({ at }) => at <= begin + EDGE_MS);
        expect(first - 1).toBe(Math.max(...opening.map(({ seq }) => seq)));
        expect(last + 1).toBeLessThanOrEqual(lowestFrom(end - EDGE_MS));
        expect(last + 1).toBeGreaterThanOrEqual(lowestFrom(end - EDGE_MS - BUCKET_MS));
      }),
    );
  });
});
