import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitset } from "../../core/bitset.ts";
import { selector } from "../../core/event.ts";
import type { Window } from "../../core/ledger.ts";
import { type Batch, Publication } from "../../core/publication.ts";
import { streamOf } from "../../systems/pulse/events.ts";
import { plantedStreams } from "./planted.ts";

function batch(firstSeq: number, count: number, more: Partial<Batch> = {}): Batch {
  return { publisher: 1, firstSeq, count, sentFrom: 1_000, sentThrough: 1_010, refused: [], unknown: [], ...more };
}

function publicationOf(batches: readonly Batch[]): Publication {
  const publication = new Publication();
  for (const one of batches) publication.record(one);
  return publication;
}

const everything = () => true;

/** Everything a publication says. */
function said(publication: Publication, window?: Window) {
  const { published, acknowledged, refused, unknown, span } = publication;
  return { published, acknowledged, refused, unknown, span, expected: [...publication.expected(everything, window)] };
}

describe("outcomes", () => {
  test("of any stream are counted exactly", () => {
    fc.assert(
      fc.property(plantedStreams, ({ batches }) => {
        const publication = publicationOf(batches);
        const total = (count: (one: Batch) => number) => batches.reduce((sum, one) => sum + count(one), 0);
        const refused = total((one) => one.refused.length);
        const unknown = total((one) => one.unknown.length);
        const published = total((one) => one.count);
        expect(said(publication)).toMatchObject({
          published,
          refused,
          unknown,
          acknowledged: published - refused - unknown,
        });
      }),
    );
  });

  test("are the same in whatever order the batches are reported", () => {
    fc.assert(
      fc.property(plantedStreams, fc.infiniteStream(fc.nat()), ({ batches, window }, keys) => {
        const shuffled = batches
          .map((one) => ({ one, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(said(publicationOf(shuffled), window)).toEqual(said(publicationOf(batches), window));
      }),
    );
  });

  test("are the same when a report is repeated", () => {
    fc.assert(
      fc.property(plantedStreams, ({ batches, window }) => {
        expect(said(publicationOf([...batches, ...batches]), window)).toEqual(said(publicationOf(batches), window));
      }),
    );
  });

  test("of an event that was refused in one batch and unknown in another are one refusal", () => {
    const publication = publicationOf([batch(0, 2, { refused: [1] }), batch(0, 2, { unknown: [1] })]);
    expect(said(publication)).toMatchObject({ published: 2, acknowledged: 1, refused: 1, unknown: 0 });
  });
});

describe("a number that is reported twice", () => {
  const said = (...batches: Batch[]) => {
    const publication = publicationOf(batches);
    return { contested: publication.contested, contests: publication.contests };
  };

  test.each<[string, Batch, Partial<Batch>, number]>([
    ["by the same report once more", batch(0, 5), {}, 0],
    ["by another publisher", batch(0, 5), { publisher: 2 }, 5],
    ["by another process with publishers of the same numbers", batch(0, 5, { instance: "a" }), { instance: "b" }, 5],
    ["by the same publisher at another time", batch(0, 5), { sentFrom: 999 }, 5],
    ["in part", batch(0, 5), { firstSeq: 3, publisher: 2 }, 2],
    ["not at all", batch(0, 5), { firstSeq: 5, publisher: 2 }, 0],
  ])("%s", (_, first, changes, contested) => {
    expect(said(first, { ...first, ...changes }).contested).toBe(contested);
  });

  test("is named with who sent it and when, and its first report stands", () => {
    const first = batch(0, 5, { publisher: 3, instance: "a", unknown: [4] });
    const second = batch(2, 5, { publisher: 9, instance: "b", sentFrom: 1_500, refused: [2, 6] });
    const publication = publicationOf([first, second]);
    expect(publication.contests[0]).toEqual({
      seq: 2,
      claims: [
        { instance: "a", publisher: 3, sentFrom: 1_000 },
        { instance: "b", publisher: 9, sentFrom: 1_500 },
      ],
    });
    expect(publication).toMatchObject({ published: 7, contested: 3, unknown: 1, refused: 1, acknowledged: 5 });
    expect([1, 2, 5].map((seq) => publication.sentAt(seq))).toEqual([1_000, 1_000, 1_500]);
  });

  test("is described five times at most", () => {
    expect(said(batch(0, 50), batch(0, 50, { publisher: 2 })).contests).toHaveLength(5);
  });
});

describe("expected", () => {
  test("are acknowledged and selected events of batches wholly inside the window", () => {
    fc.assert(
      fc.property(plantedStreams, ({ workload, filter, batches, window }) => {
        const selected = selector(streamOf(workload), filter);
        const model = batches
          .filter(({ sentFrom, sentThrough }) => sentFrom >= window.from && sentThrough <= window.through)
          .flatMap(({ firstSeq, count, refused, unknown }) => {
            const seqs = Array.from({ length: count }, (_, place) => firstSeq + place);
            return seqs.filter((seq) => !refused.includes(seq) && !unknown.includes(seq) && selected(seq));
          });
        expect([...publicationOf(batches).expected(selected, window)]).toEqual(model);
      }),
    );
  });

  test.each<[string, Window, number[]]>([
    ["exactly as wide as the batch holds it", { from: 1_000, through: 1_010 }, [5, 6]],
    ["that opens after the first send does not", { from: 1_000.001, through: 2_000 }, []],
    ["that closes before the last send does not", { from: 0, through: 1_009.999 }, []],
    ["long before does not", { from: 0, through: 10 }, []],
    ["that closes before it opens does not", { from: 1_010, through: 1_000 }, []],
  ])("a window %s", (_, window, expected) => {
    expect([...publicationOf([batch(5, 2)]).expected(everything, window)]).toEqual(expected);
  });

  test("do not hold what is between two batches", () => {
    expect([...publicationOf([batch(0, 2), batch(10, 2)]).expected(everything)]).toEqual([0, 1, 10, 11]);
  });
});

describe("the span", () => {
  test("is nothing before anything was published", () => {
    expect(said(new Publication())).toEqual({
      published: 0,
      acknowledged: 0,
      refused: 0,
      unknown: 0,
      span: null,
      expected: [],
    });
  });

  test("reaches from the first send to the last, however the reports come in", () => {
    const early = batch(0, 1, { sentFrom: 10, sentThrough: 500 });
    const late = batch(1, 1, { sentFrom: 400, sentThrough: 450 });
    expect(publicationOf([late, early]).span).toEqual({ from: 10, through: 500 });
    expect(publicationOf([early, late]).span).toEqual({ from: 10, through: 500 });
  });
});

describe("one event", () => {
  const publication = publicationOf([batch(0, 3, { sentFrom: 10 }), batch(3, 2, { sentFrom: 20, refused: [4] })]);

  test.each([
    [0, 10],
    [2, 10],
    [3, 20],
    [4, 20],
    [5, null],
  ])("number %i was sent at %s", (seq, at) => {
    expect(publication.sentAt(seq)).toBe(at);
  });

  test("is unreported when no batch holds it, refused or not", () => {
    const seen = new Bitset();
    for (const seq of [7, 4, 5, 0]) seen.add(seq);
    expect([...publication.unreported(seen)]).toEqual([5, 7]);
  });

  test("is contradicted when it was refused and has arrived; that an answer never came promises nothing", () => {
    const seen = new Bitset();
    for (const seq of [0, 1, 3, 9]) seen.add(seq);
    const refusing = publicationOf([batch(0, 5, { refused: [1, 2], unknown: [3] })]);
    expect([...refusing.contradicted(seen)]).toEqual([1]);
    expect([...publicationOf([batch(0, 5)]).contradicted(seen)]).toEqual([]);
  });
});
