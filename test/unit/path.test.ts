import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PathArrivals } from "../../core/arrivals.ts";
import type { PathAccount } from "../../core/ledger.ts";
import type { PromisedOrder } from "../../core/order.ts";
import { Publication } from "../../core/publication.ts";
import type { PublisherReport } from "../../core/report.ts";
import { Deliveries } from "../../receiver/deliveries.ts";
import { SubscriptionPath } from "../../receiver/subscription.ts";
import { streamOf } from "../../systems/pulse/events.ts";
import { plantedStreams } from "./planted.ts";
import { batch, ETHEREUM, EVERYTHING, ON_ETHEREUM, ON_SOLANA, report, STREAM } from "./reports.ts";

/** A path to which these reports were made, each at the moment it is complete up to. */
function pathOf(...reports: PathArrivals[]): SubscriptionPath {
  return promising("all", ...reports);
}

function promising(order: PromisedOrder, ...reports: PathArrivals[]): SubscriptionPath {
  const path = new SubscriptionPath(reports[0] as PathArrivals, STREAM, 0, order);
  for (const one of reports) path.enter(one, new Deliveries(), one.through);
  return path;
}

function publicationOf(...batches: PublisherReport[]): Publication {
  const publication = new Publication();
  for (const one of batches) publication.record(one);
  return publication;
}

function settled(path: SubscriptionPath, publication: Publication, now = 0): PathAccount {
  return path.settle(publication, ({ selected }) => publication.expected(selected), now);
}

describe("the opening edge", () => {
  test.each([
    [1_099.999, { expected: 0, unjudged: 1, lost: 0 }],
    [1_100, { expected: 1, unjudged: 0, lost: 0 }],
  ])("of a path live from 1,000: what was sent at %f is %j when it arrives", (sentFrom, judged) => {
    const publication = publicationOf(batch(0, 1, sentFrom), batch(1, 1, 5_000));
    const account = settled(pathOf(report([0, 1], 9_000, { from: 1_000 })), publication);
    expect(account).toMatchObject({ ...judged, expected: judged.expected + 1 });
  });

  test.each([
    [1_099.999, 0],
    [1_100, 1],
  ])("of a path live from 1,000: what was sent at %f and never came is lost %i times", (sentFrom, lost) => {
    const publication = publicationOf(batch(0, 1, sentFrom));
    expect(settled(pathOf(report([], 9_000, { from: 1_000 })), publication).lost).toBe(lost);
  });
});

describe("the closing edge", () => {
  test.each([
    ["that is open", false, 0, 9_000, 1],
    ["that is open", false, 0, 9_000.001, 0],
    ["that was closed", true, 0, 7_000, 1],
    ["that was closed", true, 0, 7_000.001, 0],
    ["whose subscriber died", false, 100_000, 7_000, 1],
    ["whose subscriber died", false, 100_000, 7_000.001, 0],
  ])(
    "of a path %s (closed: %s, at %i): what was sent through %f is expected %i times",
    (_, closed, now, sentThrough, expected) => {
      const publication = publicationOf(batch(0, 1, 500, { sentThrough }));
      expect(settled(pathOf(report([], 9_000, { closed })), publication, now)).toMatchObject({
        expected,
        lost: expected,
      });
    },
  );

  test("does not make what arrived inside it wrong", () => {
    const account = settled(pathOf(report([0], 9_000, { closed: true })), publicationOf(batch(0, 1, 8_999)));
    expect(account).toMatchObject({ expected: 0, delivered: 0, unjudged: 1, lost: 0, misrouted: 0 });
  });

  test("lies before the last arrival at the earliest: what was acknowledged before that was sent had to come", () => {
    const publication = publicationOf(batch(0, 1, 8_000), batch(1, 1, 8_100), batch(2, 1, 8_200));
    const path = pathOf(report([0, 2], 9_000, { closed: true, arrivedAt: [8_050, 8_250], latencies: [50, 50] }));
    expect(settled(path, publication)).toMatchObject({ expected: 2, delivered: 1, lostSeqs: [1], unjudged: 1 });
  });

  test.each<[PromisedOrder, object]>([
    ["all", { expected: 2, lost: 1, unjudged: 1 }],
    ["none", { expected: 1, lost: 0, unjudged: 2 }],
    ["per publisher", { expected: 1, lost: 0, unjudged: 2 }],
    [{ per: "chains" }, { expected: 1, lost: 0, unjudged: 2 }],
  ])("says nothing of what another event overtook, where order %j is promised", (order, judged) => {
    const publication = publicationOf(batch(0, 1, 8_000), batch(1, 1, 8_100), batch(2, 1, 8_200));
    const one = report([0, 2], 9_000, { closed: true, arrivedAt: [8_050, 8_250], latencies: [50, 50] });
    expect(settled(promising(order, one), publication)).toMatchObject(judged);
  });

  test("counts what did not arrive inside it, but not what was sent when the path was closed", () => {
    const publication = publicationOf(batch(0, 1, 6_000), batch(1, 5, 8_000), batch(6, 7, 9_001));
    const path = pathOf(report([0], 9_000, { closed: true, arrivedAt: [6_050], latencies: [50] }));
    expect(settled(path, publication)).toMatchObject({ expected: 1, delivered: 1, lost: 0, unjudged: 5 });
  });

  test.each([
    [8_900, { expected: 1, lost: 1 }],
    [8_900.001, { expected: 0, lost: 0 }],
  ])("of a path that the gateway ended is short: what was sent through %f is %j", (sentThrough, judged) => {
    const publication = publicationOf(batch(0, 1, 500, { sentThrough }));
    expect(settled(pathOf(report([], 9_000, { closed: true, lost: true })), publication)).toMatchObject(judged);
  });

  test("lies before the goodbye, even where an earlier report reached further", () => {
    const path = pathOf(report([], 9_000), report([], 8_000, { closed: true }));
    expect(settled(path, publicationOf(batch(0, 1, 6_000))).expected).toBe(1);
    expect(settled(path, publicationOf(batch(0, 1, 6_001))).expected).toBe(0);
  });

  test("stays where it is once the path was closed", () => {
    const path = pathOf(report([], 9_000, { closed: true }), report([], 3_000));
    expect(settled(path, publicationOf(batch(0, 1, 7_000))).expected).toBe(1);
    expect(settled(path, publicationOf(batch(0, 1, 7_001))).expected).toBe(0);
    expect(path.isSilent(1_000_000)).toBe(false);
  });

  test("of an open path never moves back", () => {
    const path = pathOf(report([], 9_000), report([], 3_000));
    expect(settled(path, publicationOf(batch(0, 1, 9_000))).expected).toBe(1);
  });
});

describe("one report", () => {
  test("adds what arrived for the first time and belongs here, with its latency", () => {
    const [latencies, path] = [new Deliveries(), new SubscriptionPath(report([], 0, { filter: ETHEREUM }), STREAM, 0)];
    const [ours, theirs] = [ON_ETHEREUM[0] as number, ON_SOLANA[0] as number];
    expect(path.enter(report([ours, theirs, ours], 1, { latencies: [5, 9, 7] }), latencies, 1)).toBe(1);
    expect(path.enter(report([ours, theirs], 2), latencies, 2)).toBe(0);
    expect(latencies.total.percentiles()).toMatchObject({ samples: 1, max: expect.closeTo(5, 1) });
  });

  test("with a latency below zero is told as such", () => {
    const latencies = new Deliveries();
    new SubscriptionPath(report([], 0), STREAM, 0).enter(report([1], 1, { latencies: [-3] }), latencies, 1);
    expect(latencies.total.percentiles()).toMatchObject({ samples: 0, negative: 1 });
  });

  test("with a canary makes the path ready, now or later", () => {
    const path = pathOf(report([1], 1));
    expect(path.ready).toBe(false);
    path.enter(report([], 2, { canaries: 1 }), new Deliveries(), 2);
    path.enter(report([], 3), new Deliveries(), 3);
    expect(path.ready).toBe(true);
  });

  test("keeps the filter that the first one named", () => {
    const path = pathOf(report([], 0, { filter: ETHEREUM }), report([...ON_SOLANA], 1, { filter: EVERYTHING }));
    expect(settled(path, publicationOf(batch(0, 100, 500))).misrouted).toBe(ON_SOLANA.length);
  });
});

describe("a path", () => {
  test.each([
    [10_000, false],
    [10_000.001, true],
  ])("that reported at 0 and then no more is silent at %f: %s", (now, silent) => {
    expect(pathOf(report([], 0)).isSilent(now)).toBe(silent);
  });

  test("that reports again is silent no more", () => {
    const path = pathOf(report([], 0), report([], 15_000));
    expect(path.isSilent(20_000)).toBe(false);
  });

  test.each<[string, PathArrivals, number, boolean]>([
    ["that is complete up to the last send", report([], 5_000), 5_000, true],
    ["that is not", report([], 4_999), 5_000, false],
    ["that is not, but is closed", report([], 10, { closed: true }), 5_000, true],
    ["that is not, and has not reported for 10 seconds", report([], 4_999), 14_999, false],
    ["that is not, and has not reported for longer", report([], 4_999), 15_000, true],
  ])("%s has caught up, or not", (_, last, now, caughtUp) => {
    expect(pathOf(last).hasCaughtUp(5_000, now)).toBe(caughtUp);
  });

  test("takes of the remembered expectation what its window holds", () => {
    const publication = publicationOf(batch(0, 4, 1_000), batch(4, 4, 3_000));
    const asked: string[] = [];
    const remember = (path: { name: string; selected: (seq: number) => boolean }) => {
      asked.push(path.name);
      return publication.expected(path.selected);
    };
    const windows = [
      report([], 3_000, { from: 900 }),
      report([], 2_999, { from: 900 }),
      report([], 3_000, { from: 901 }),
    ];
    expect(windows.map((one) => pathOf(one).settle(publication, remember, 0).expected)).toEqual([8, 4, 4]);
    expect(asked).toEqual(["a", "a", "a"]);
  });

  test("of a run that published nothing expects nothing", () => {
    expect(settled(pathOf(report([3], 9_000)), new Publication())).toMatchObject({ expected: 0, unjudged: 0, lost: 0 });
  });

  test("tells planted defects exactly, in however many reports they came", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
    fc.assert(
      fc.property(
        plantedStreams,
        cuts,
        ({ workload, filter, batches, window, deliveries, truth, unpromised, undueMissing }, lengths) => {
          const base = { filter, from: window.from - 100 };
          const path = new SubscriptionPath(report([], window.through, base), streamOf(workload), 0);
          for (let at = 0, turn = 0; at < deliveries.length; turn++) {
            const next = deliveries.slice(at, at + (lengths[turn % lengths.length] as number));
            const publishers = next.map(({ publisher }) => publisher);
            const seqs = next.map(({ seq }) => seq);
            path.enter(report(seqs, window.through, { ...base, publishers }), new Deliveries(), 0);
            at += next.length;
          }
          const publication = publicationOf(
            ...batches.map(({ ids: _, words: __, ...one }) => ({
              ...one,
              refused: [...one.refused],
              unknown: [...one.unknown],
              unsent: [],
            })),
          );
          const missed = undueMissing({ from: base.from, through: Number.POSITIVE_INFINITY });
          expect(settled(path, publication)).toEqual({ ...truth, unjudged: truth.unjudged - unpromised + missed });
        },
      ),
    );
  });
});
