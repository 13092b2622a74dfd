/** What websocket.js judges of its subscriptions when there is no receiver. */

import { describe, expect, test, vi } from "vitest";
import type { PathReport } from "../../core/report.ts";
import { eventId, runNumber } from "../../core/trace.ts";
import { gapJudge } from "../../k6/support/judge.ts";
import { streamOf } from "../../systems/pulse/events.ts";
import type { Filter } from "../../systems/pulse/filters.ts";

vi.mock("k6", () => ({ sleep: () => undefined }));
vi.mock("k6/execution", () => ({ default: {} }));
vi.mock("k6/encoding", () => ({ default: {} }));
vi.mock("k6/http", () => ({ default: {} }));

const STREAM = streamOf({ seed: 7, chains: ["ethereum"] });
const RUN = runNumber("a run");
const EVERYTHING: Filter = { chains: [], event_types: [], accounts: [], program_ids: [] };
const NOTHING: Filter = { ...EVERYTHING, chains: ["nowhere"] };
/** Unix ms. */
const BEGAN = 1_790_000_000_000;

interface Arrival {
  readonly seq: number;
  readonly publisher?: number;
  /** Ms after {@link BEGAN}. */
  readonly at: number;
}

function reportOf(arrivals: readonly Arrival[], { path = "one", closed = true, filter = EVERYTHING } = {}): PathReport {
  const ids = arrivals.map(({ seq, publisher = 1, at }) =>
    eventId({ run: RUN, publisher, seq, publishedAt: BEGAN + at }),
  );
  const times = arrivals.map(({ at }) => at * 1_000);
  return { path, filter, from: BEGAN, through: BEGAN + 60_000, closed, lost: false, ids: ids.join(""), times };
}

/** What is entered of reports that come one after the other: of each metric how many, of how many. */
async function judged(...reports: PathReport[]) {
  const entered: Record<string, [number, number]> = {};
  const measures = new Proxy({} as Parameters<typeof gapJudge>[2], {
    get: (_, name: string) => ({
      add(value: number, outOf = 1) {
        const [sum, of] = entered[name] ?? [0, 0];
        entered[name] = [sum + value, of + outOf];
      },
    }),
  });
  const judge = gapJudge(STREAM, RUN, measures);
  for (const report of reports) await judge([report], [], 0);
  return entered;
}

/** Ten events a second, in order. */
const steady = (seconds: number) => Array.from({ length: seconds * 10 }, (_, seq): Arrival => ({ seq, at: seq * 100 }));

/** Four workers that each send 200 events at once, and are not in step: 800 of them in 400 ms. */
function sideBySide(batches: number): Arrival[] {
  return Array.from({ length: batches * 200 }, (_, seq) => {
    const batch = Math.floor(seq / 200);
    const worker = batch % 4;
    return { seq, publisher: worker + 1, at: Math.floor(batch / 4) * 400 + worker * 90 + (seq % 200) * 1.5 };
  }).sort((one, other) => one.at - other.at);
}

describe("without a receiver", () => {
  test("nothing is missing that publishers sent side by side as the subscription began and ended", async () => {
    const arrivals = sideBySide(60).filter(({ at }) => at >= 1_150 && at <= 5_020);
    const { ws_events_missing: [missing, looked] = [], ws_events_reordered } = await judged(reportOf(arrivals));
    expect(missing).toBe(0);
    expect(looked).toBeGreaterThan(2_000);
    expect(ws_events_reordered).toEqual([0, arrivals.length]);
  });

  test("what never came in the middle is missing, whichever report it is missing from", async () => {
    const arrivals = steady(5).filter(({ seq }) => seq !== 24 && seq !== 30);
    const halves = [arrivals.slice(0, 24), arrivals.slice(24)].map((half, place) =>
      reportOf(half, { closed: place === 1 }),
    );
    const { ws_events_missing: [missing, looked] = [] } = await judged(...halves);
    expect(missing).toBe(2);
    expect(looked).toBeGreaterThan(20);
    expect(await judged(reportOf(arrivals, { closed: false }))).toEqual({});
  });

  test("of a subscription that was too short no event was looked for, and all else is judged", async () => {
    const arrivals = [
      ...steady(1).filter(({ seq }) => seq !== 4 && seq !== 5),
      { seq: 5, at: 950 },
      { seq: 2, at: 960 },
    ];
    expect(await judged(reportOf(arrivals))).toEqual({
      ws_events_missing: [0, 0],
      ws_events_duplicated: [1, 10],
      ws_events_reordered: [1, 10],
      ws_events_misrouted: [0, 10],
      ws_subscriptions_silent: [0, 1],
      ws_judged_share: [0, 100],
    });
  });

  test("what comes within the edges is misrouted, out of order or a duplicate as anywhere", async () => {
    const [first, second, ...rest] = steady(5) as [Arrival, Arrival, ...Arrival[]];
    const turned = [{ ...second, at: first.at }, { ...first, at: second.at }, ...rest, { seq: 49, at: 4_950 }];
    expect(await judged(reportOf(turned))).toMatchObject({
      ws_events_duplicated: [1, 51],
      ws_events_reordered: [1, 51],
    });
    expect(await judged(reportOf(turned, { filter: NOTHING }))).toMatchObject({
      ws_events_missing: [0, 0],
      ws_events_misrouted: [50, 51],
    });
  });

  test("an old event that comes once more at the end hides no loss", async () => {
    const arrivals = [...steady(5).filter(({ seq }) => seq !== 24), { seq: 3, at: 4_950 }];
    expect((await judged(reportOf(arrivals)))["ws_events_missing"]?.[0]).toBe(1);
  });

  test("subscriptions are judged each by itself", async () => {
    const [one, other] = [steady(5), steady(5).filter(({ seq }) => seq !== 24)];
    const { ws_events_missing } = await judged(reportOf(one, { path: "one" }), reportOf(other, { path: "other" }));
    expect(ws_events_missing?.[0]).toBe(1);
  });
});

describe("of several subscriptions of one virtual user", () => {
  const through = (report: PathReport, at: number): PathReport => ({ ...report, through: BEGAN + at });

  test("one that nothing reached after the middle has lost what the other saw", async () => {
    const half = through(reportOf(steady(10), { path: "other", closed: false }), 10_000);
    const all = through(reportOf(steady(20), { path: "one", closed: false }), 20_000);
    const over = through(reportOf([], { path: "other" }), 20_000);
    const { ws_events_missing: [missing] = [] } = await judged(half, all, over);
    expect(missing).toBeGreaterThan(80);
    expect(missing).toBeLessThanOrEqual(100);
  });

  test("one that left before has not", async () => {
    const half = through(reportOf(steady(10), { path: "other", closed: false }), 10_000);
    const all = through(reportOf(steady(20), { path: "one", closed: false }), 20_000);
    const over = through(reportOf([], { path: "other" }), 10_000);
    expect((await judged(half, all, over))["ws_events_missing"]?.[0]).toBe(0);
  });
});

test.each([
  ["that was there for 10 s and received nothing", [], 10_000, [1, 1]],
  ["that received an event", [{ seq: 1, at: 5_000 }], 10_000, [0, 1]],
  ["that was there for less", [], 9_000, [0, 1]],
])("a subscription %s", async (_, arrivals, length, silent) => {
  const report = { ...reportOf(arrivals), through: BEGAN + length };
  expect((await judged(report))["ws_subscriptions_silent"]).toEqual(silent);
});

test.each([
  ["whose events went on until its end", steady(60), 60_000, [97, 100]],
  ["whose second half was silent", steady(30), 60_000, [47, 100]],
  ["that was over after three seconds", steady(3), 3_000, [5, 15]],
  ["that nothing reached", [], 60_000, undefined],
])(
  "without a receiver the time of a subscription %s is judged as far as losses can be seen",
  async (_, arrivals, length, share) => {
    const report = { ...reportOf(arrivals), through: BEGAN + length };
    expect((await judged(report))["ws_judged_share"]).toEqual(share);
  },
);
