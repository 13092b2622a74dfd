import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readArrivals } from "../../core/arrivals.ts";
import { CANARY_PUBLISHER, eventId, PROBE_PUBLISHER, type Trace } from "../../core/trace.ts";
import { PathLog } from "../../k6/support/arrivals.ts";

const FILTER = { chains: ["ethereum"], event_types: [], accounts: [], program_ids: [] };
const FROM = 1_767_225_600_000.5;
const trace = (publisher: number, seq: number, changes: Partial<Trace> = {}): Trace => {
  return { run: 1, publisher, seq, publishedAt: FROM + 500, ...changes };
};
const ours = { run: 1 };

/** A log in which these traces arrived, each with its latency in ms. */
function logOf(...arrivals: readonly [Trace, number][]): PathLog {
  const log = new PathLog("a/1/1", FILTER, FROM);
  for (const [one, latency] of arrivals) log.record(eventId(one), one.publishedAt + latency);
  return log;
}

describe("a report", () => {
  test("holds what arrived since the last one, in order, to the microsecond", () => {
    const log = logOf([trace(2, 9), 1.2345], [trace(3, 4), -0.5], [trace(2, 9), 7]);
    const report = log.take(FROM + 1_000, false);
    const path = { path: "a/1/1", filter: FILTER, from: FROM };
    expect(readArrivals([report], ours, FROM)).toEqual({
      damaged: 0,
      foreign: 0,
      paths: [
        {
          ...path,
          through: FROM + 1_000,
          closed: false,
          lost: false,
          canaries: 0,
          probes: 0,
          publishers: [2, 3, 2],
          seqs: [9, 4, 9],
          latencies: [1.235, -0.5, 7],
          arrivedAt: [501.235, 499.5, 507].map((after) => expect.closeTo(FROM + after, 3)),
        },
      ],
    });
    log.record(eventId(trace(3, 5)), FROM + 501);
    expect(readArrivals([log.take(FROM + 2_000, true)], ours, FROM).paths).toMatchObject([
      { ...path, through: FROM + 2_000, closed: true, seqs: [5], publishers: [3] },
    ]);
  });

  test("that was taken does not change any more", () => {
    const log = logOf([trace(1, 1), 1]);
    const taken = log.take(FROM + 1_000, false);
    log.record(eventId(trace(1, 2)), FROM + 600);
    expect(readArrivals([taken], ours, FROM).paths[0]?.seqs).toEqual([1]);
  });

  test("counts canaries, which are no arrivals", () => {
    const report = logOf([trace(CANARY_PUBLISHER, 1), 1], [trace(CANARY_PUBLISHER, 2), 1]).take(FROM + 1_000, false);
    expect(readArrivals([report], ours, FROM).paths).toMatchObject([
      { canaries: 2, seqs: [], latencies: [], arrivedAt: [] },
    ]);
  });

  test("counts what belongs nowhere, which is no arrival either", () => {
    const report = logOf([trace(PROBE_PUBLISHER, 0), 1], [trace(1, 2), 1]).take(FROM + 1_000, false);
    expect(readArrivals([report], ours, FROM).paths).toMatchObject([{ canaries: 0, probes: 1, seqs: [2] }]);
  });

  test("tells what an earlier run of the same id left behind from its own", () => {
    const report = logOf([trace(1, 1, { publishedAt: FROM - 3_600_000 }), 1], [trace(1, 2), 1]).take(
      FROM + 1_000,
      false,
    );
    expect(readArrivals([report], { run: 1, openedAt: FROM }, FROM)).toMatchObject({
      foreign: 1,
      paths: [{ seqs: [2] }],
    });
  });

  test("tells damaged ids and those of other runs apart from the rest, over all its paths", () => {
    const damaged = eventId(trace(1, 3)).replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    const beyond = eventId(trace(1, 0xffffffff));
    const log = logOf([trace(1, 1), 1], [trace(1, 2, { run: 2 }), 1], [trace(1, 4), 1]);
    const other = logOf([trace(1, 5, { run: 3 }), 1]);
    for (const id of [damaged, beyond]) other.record(id, FROM + 600);
    const { paths, ...counts } = readArrivals(
      [log, other].map((one) => one.take(FROM + 1_000, false)),
      ours,
      FROM,
    );
    expect(counts).toEqual({ damaged: 2, foreign: 2 });
    expect(paths.map(({ seqs }) => seqs)).toEqual([[1, 4], []]);
  });

  test("of any arrivals reads as what arrived, and what took no time has no latency below zero", () => {
    const seqs = fc.nat({ max: 2 ** 28 - 1 });
    const times = fc.double({ min: FROM, max: FROM + 3_600_000, noNaN: true });
    const latencies = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 60_000, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: PROBE_PUBLISHER - 1 }), seqs, times, latencies)), (arrivals) => {
        const log = logOf(
          ...arrivals.map(([publisher, seq, publishedAt, latency]): [Trace, number] => [
            trace(publisher, seq, { publishedAt: Math.round(publishedAt * 1000) / 1000 }),
            latency,
          ]),
        );
        const [path] = readArrivals([log.take(FROM, false)], ours, FROM).paths;
        expect(path?.publishers).toEqual(arrivals.map(([publisher]) => publisher));
        expect(path?.seqs).toEqual(arrivals.map(([, seq]) => seq));
        for (const [place, latency] of (path?.latencies ?? []).entries()) {
          expect(latency).toBeGreaterThanOrEqual(0);
          expect(Math.abs(latency - (arrivals[place]?.[3] as number))).toBeLessThan(0.002);
        }
      }),
    );
  });
});

test("a log is due with arrivals, with a first word, and as a sign of life", () => {
  const log = new PathLog("a/1/1", FILTER, FROM);
  expect(log.isDue(FROM)).toBe(true);
  log.take(FROM, false);
  expect([log.isDue(FROM + 2_999), log.isDue(FROM + 3_000)]).toEqual([false, true]);
  log.record(eventId(trace(1, 1)), FROM + 501);
  expect(log.isDue(FROM + 600)).toBe(true);
});
