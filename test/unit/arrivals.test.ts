import { expect, test } from "vitest";
import { PathLog } from "../../k6/support/arrivals.ts";
import { CANARY_PUBLISHER, type Trace } from "../../workload/trace.ts";

const FILTER = { chains: ["ethereum"], event_types: [], accounts: [], program_ids: [] };
const trace = (publisher: number, seq: number): Trace => ({ run: 1, publisher, seq, publishedAt: 1_000 });

test("a report holds what arrived since the last one, in order, in microseconds", () => {
  const log = new PathLog("a/1/1", FILTER, 500);
  log.record(trace(2, 9), 1.2345);
  log.record(trace(3, 4), -0.5);
  log.record(trace(2, 9), 7);
  expect(log.take(1_500, false)).toEqual({
    path: "a/1/1",
    filter: FILTER,
    from: 500,
    through: 1_500,
    closed: false,
    canaries: 0,
    publishers: [2, 3, 2],
    seqs: [9, 4, 9],
    latencies: [1_235, -500, 7_000],
    seconds: [
      [1, 1],
      [0, 1],
      [1, 1],
    ],
  });
  log.record(trace(3, 5), 1);
  expect(log.take(2_500, true)).toMatchObject({ from: 500, through: 2_500, closed: true, seqs: [5], publishers: [3] });
});

test("a report that was taken does not change any more", () => {
  const log = new PathLog("a/1/1", FILTER, 500);
  log.record(trace(1, 1), 1);
  const taken = log.take(1_500, false);
  log.record(trace(1, 2), 1);
  expect(taken.seqs).toEqual([1]);
});

test("canaries are counted once and are no arrivals", () => {
  const log = new PathLog("a/1/1", FILTER, 500);
  log.record(trace(CANARY_PUBLISHER, 1), 1);
  log.record(trace(CANARY_PUBLISHER, 2), 1);
  expect(log.take(1_500, false)).toMatchObject({ canaries: 2, seqs: [], publishers: [], latencies: [] });
  expect(log.take(2_500, false)).toMatchObject({ canaries: 0 });
});
