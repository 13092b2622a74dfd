import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitset } from "../../core/bitset.ts";
import { selector } from "../../core/event.ts";
import { Ledger, settlePath } from "../../core/ledger.ts";
import { Publication } from "../../core/publication.ts";
import { streamOf } from "../../systems/pulse/events.ts";
import { type Delivery, type PlantedStream, plantedStreams } from "./planted.ts";

function ledgerOf(deliveries: Iterable<Delivery>): Ledger {
  const ledger = new Ledger();
  for (const { publisher, seq } of deliveries) ledger.record(publisher, seq);
  return ledger;
}

function publicationOf({ batches }: PlantedStream): Publication {
  const publication = new Publication();
  for (const batch of batches) publication.record(batch);
  return publication;
}

/** Arrivals of one publisher, unless told otherwise. */
const arrivals = (seqs: readonly number[], publisher = 1) => seqs.map((seq) => ({ publisher, seq }));

function bitsetOf(members: readonly number[]): Bitset {
  const bitset = new Bitset();
  for (const member of members) bitset.add(member);
  return bitset;
}

const always = () => true;

describe("planted defects", () => {
  test("are told exactly, each by its kind", () => {
    fc.assert(
      fc.property(plantedStreams, (planted) => {
        const { workload, filter, window, deliveries, truth } = planted;
        const selected = selector(streamOf(workload), filter);
        const expected = publicationOf(planted).expected(selected, window);
        expect(settlePath(ledgerOf(deliveries), expected, selected)).toEqual(truth);
      }),
      { numRuns: 500 },
    );
  });

  test("are told exactly without a window, too", () => {
    fc.assert(
      fc.property(plantedStreams, (planted) => {
        const { workload, filter, deliveries, window, truth } = planted;
        fc.pre(planted.batches.every((batch) => batch.sentFrom >= window.from && batch.sentThrough <= window.through));
        const selected = selector(streamOf(workload), filter);
        const expected = publicationOf(planted).expected(selected);
        expect(settlePath(ledgerOf(deliveries), expected, selected)).toEqual(truth);
      }),
    );
  });

  test("of every kind occur in the streams that are planted", () => {
    const truths = fc.sample(plantedStreams, 300).map(({ truth }) => truth);
    for (const kind of ["delivered", "lost", "duplicated", "reordered", "misrouted", "unjudged"] as const) {
      expect(truths.filter((truth) => truth[kind] > 0).length, kind).toBeGreaterThan(30);
    }
  });

  test("that were never reported, or refused and arrived, are found by their numbers", () => {
    fc.assert(
      fc.property(plantedStreams, (planted) => {
        const { seen } = ledgerOf(planted.deliveries);
        const publication = publicationOf(planted);
        expect([...publication.unreported(seen)]).toEqual(planted.unreported);
        expect([...publication.contradicted(seen)]).toEqual(planted.contradicted);
      }),
    );
  });
});

describe("order", () => {
  test.each<[string, Delivery[], number]>([
    ["as sent is in order", arrivals([1, 2, 3]), 0],
    ["with gaps is in order", arrivals([1, 5, 90]), 0],
    ["has one inversion where two change places", arrivals([1, 3, 2, 4]), 1],
    ["has as many inversions as events that were overtaken", arrivals([9, 1, 2, 3]), 3],
    ["has all but the first inverted when it is reversed", arrivals([4, 3, 2, 1]), 3],
    ["is judged by the highest seen, not by the last one", arrivals([1, 9, 3, 4]), 2],
    ["is not broken by a duplicate of an earlier event", arrivals([1, 2, 3, 1, 4]), 0],
    ["is not broken by a duplicate of an overtaken event", arrivals([2, 1, 1, 1]), 1],
    [
      "of one publisher says nothing of another's",
      [...arrivals([9], 1), ...arrivals([1, 2], 2), ...arrivals([10], 1)],
      0,
    ],
    [
      "is judged for each publisher",
      [...arrivals([5], 1), ...arrivals([7], 2), ...arrivals([4], 1), ...arrivals([6], 2)],
      2,
    ],
    ["starts at number 0 like any other", arrivals([0, 1, 0]), 0],
  ])("%s", (_, deliveries, reordered) => {
    expect(ledgerOf(deliveries).reordered).toBe(reordered);
  });

  test("is never broken by mixing publishers that keep their own", () => {
    const streams = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 1_000 })), { maxLength: 100 });
    fc.assert(
      fc.property(streams, (drawn) => {
        const own = new Map<number, number[]>();
        for (const [publisher, seq] of drawn) own.set(publisher, [...(own.get(publisher) ?? []), seq]);
        for (const seqs of own.values()) seqs.sort((a, b) => b - a);
        // Whoever is next in the mix sends the lowest it has left; numbers are unique to a publisher.
        const mixed = drawn.map(([publisher]) => ({
          publisher,
          seq: (own.get(publisher)?.pop() ?? 0) * 6 + publisher,
        }));
        expect(ledgerOf(mixed).reordered).toBe(0);
      }),
    );
  });
});

describe("one arrival", () => {
  test("is the first or a duplicate, whoever is said to have published it", () => {
    const ledger = new Ledger();
    expect([
      ledger.record(1, 7),
      ledger.record(1, 8),
      ledger.record(1, 7),
      ledger.record(2, 7),
      ledger.record(1, 7),
    ]).toEqual(["first", "first", "duplicate", "duplicate", "duplicate"]);
    expect(ledger.duplicated).toBe(3);
    expect([...ledger.seen]).toEqual([7, 8]);
  });
});

describe("a settled path", () => {
  test("that saw nothing has lost all that was expected", () => {
    expect(settlePath(new Ledger(), bitsetOf([1, 2, 3]), always)).toEqual({
      expected: 3,
      delivered: 0,
      lost: 3,
      open: 0,
      duplicated: 0,
      reordered: 0,
      misrouted: 0,
      unjudged: 0,
      lostSeqs: [1, 2, 3],
      duplicatedSeqs: [],
      reorderedSeqs: [],
      misroutedSeqs: [],
    });
  });

  test("that expected nothing has lost nothing", () => {
    expect(settlePath(new Ledger(), new Bitset(), always)).toMatchObject({ expected: 0, delivered: 0, lost: 0 });
  });

  test("does not make up for a loss by an arrival that was not expected", () => {
    const account = settlePath(ledgerOf(arrivals([1, 2, 50, 51])), bitsetOf([1, 2, 3]), (seq) => seq !== 51);
    expect(account).toMatchObject({ expected: 3, delivered: 2, lost: 1, unjudged: 1, misrouted: 1, lostSeqs: [3] });
  });

  test("leaves what was refused, and arrived, to the count of that", () => {
    const account = settlePath(
      ledgerOf(arrivals([1, 7, 8])),
      bitsetOf([1]),
      always,
      undefined,
      0,
      undefined,
      (seq) => seq !== 8,
    );
    expect(account).toMatchObject({ expected: 1, delivered: 1, unjudged: 1 });
  });

  test("counts a misrouted event once, and its copies as duplicates", () => {
    const account = settlePath(ledgerOf(arrivals([1, 9, 9, 9])), bitsetOf([1]), (seq) => seq < 5);
    expect(account).toMatchObject({ delivered: 1, misrouted: 1, duplicated: 2, unjudged: 0 });
  });

  test("names the ten lowest of many losses, however they are scattered", () => {
    const lost = Array.from({ length: 30 }, (_, place) => place * 41 + 3);
    const account = settlePath(ledgerOf(arrivals([4])), bitsetOf([...lost, 4]), always);
    expect(account.lost).toBe(30);
    expect(account.lostSeqs).toEqual(lost.slice(0, 10));
  });
});
