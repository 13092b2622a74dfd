/** What a subscriber tells of what it receives, over a socket and timers that stand for those of k6. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ArrivalsAnswer, DamageReport, PathReport } from "../../core/report.ts";
import { CANARY_PUBLISHER, eventId, runNumber, type Trace } from "../../core/trace.ts";
import { event } from "../../systems/pulse/events.ts";
import { Subscriber } from "../../systems/pulse/k6/subscriber.ts";
import { DOOR, Socket } from "./socket.ts";

vi.mock("k6", () => ({ sleep: () => undefined }));
vi.mock("k6/execution", () => import("./execution.ts"));
vi.mock("k6/encoding", () => ({ default: {} }));
vi.mock("k6/http", () => ({ default: {} }));
vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("k6/websockets", async () => ({ WebSocket: (await import("./socket.ts")).Socket }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const WORKLOAD = { seed: 7, chains: ["ethereum"] };
const CONFIG = {
  ...{ WS_URL: "ws://gateway", CONNECT_TIMEOUT: 10, PING_EVERY: 3_600, SEED: WORKLOAD.seed, CHAINS: WORKLOAD.chains },
  ...{ SOCKETS: 1, INSTANCES: 1, OPENING_RATE: 1_000, FILTERS: ["all"], FILTER_FIELDS: [], END_WHEN_SETTLED: true },
  ...{ test: "websocket", RECEIVER_URL: undefined },
};
const RUN = runNumber("a run");
const GOES_ON: ArrivalsAnswer = { draining: false, settled: false, damaged: 0, foreign: 0 };

/** A subscriber with one live subscription, and all that it says. */
async function subscribe({
  samplesPerSecond = 1_000,
  answers = [] as (ArrivalsAnswer | Promise<ArrivalsAnswer>)[],
} = {}) {
  const entered = new Map<string, number[]>();
  const enter = (name: string, value: number) => {
    const values = entered.get(name) ?? [];
    values.push(value);
    entered.set(name, values);
  };
  const measures = new Proxy({} as ConstructorParameters<typeof Subscriber>[2], {
    get: (_, name: string) => ({
      add: (value: number | boolean, outOf = 1) => {
        enter(name, Number(value));
        enter(`${name} of`, outOf);
      },
      looked: (outOf: number) => enter(`${name} of`, outOf),
    }),
  });
  let isKnown = false;
  const reports: PathReport[][] = [];
  const damages: DamageReport[][] = [];
  const judge = async (paths: PathReport[], damaged: DamageReport[]) => {
    damages.push(damaged);
    reports.push(paths);
    return (isKnown ? answers.shift() : undefined) ?? GOES_ON;
  };
  const run = { id: "a run", number: RUN, instance: "k6", clock: null };
  const subscriber = new Subscriber(CONFIG, DOOR, measures, run, judge, samplesPerSecond);
  const over = subscriber.hold(Date.now() + 60_000);
  Socket.last.goesLive();
  // What it says soon, while the subscription is new: that it is there, and that a canary has come.
  await vi.advanceTimersByTimeAsync(50);
  expect(reports.flat().map(({ times }) => times.length)).toEqual([0]);
  Socket.last.says("event", delivered({ publisher: CANARY_PUBLISHER }));
  await vi.advanceTimersByTimeAsync(50);
  expect(reports.flat().map(({ times }) => times.length)).toEqual([0, 1]);
  // Then ever later, up to a second.
  await vi.advanceTimersByTimeAsync(100 + 200 + 400 + 800);
  expect(reports.length).toBeGreaterThanOrEqual(6);
  reports.splice(0);
  damages.splice(0);
  entered.clear();
  isKnown = true;
  const sum = (name: string) => (entered.get(name) ?? []).reduce((total, value) => total + value, 0);
  return { subscriber, over, reports, damages, entered, sum };
}

const idOf = (trace: Partial<Trace>) => eventId({ run: RUN, publisher: 1, seq: 0, publishedAt: Date.now(), ...trace });

/** What the gateway delivers of an event. */
function delivered(trace: Partial<Trace>, change: object = {}) {
  const { chain, blockNumber, txHash, eventType, accounts, programId } = event(WORKLOAD, trace.seq ?? 0);
  const names = { chain, block_num: blockNumber, tx_hash: txHash, event_type: eventType, accounts };
  const rest = { program_id: programId, native_value: 0, timestamp: "2026-01-01T00:00:00Z" };
  return { event_id: idOf(trace), ...names, ...rest, ...change };
}

describe("a subscriber", () => {
  test("reports the ids that arrived, in order and with their times, once a second", async () => {
    const { reports } = await subscribe();
    const began = Date.now();
    const ids = [1, 2, 3].map((seq) => idOf({ seq }));
    for (const seq of [1, 2, 3]) Socket.last.says("event", delivered({ seq }), began + seq * 10);
    await vi.advanceTimersByTimeAsync(999);
    expect(reports).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    const [report] = reports.flat();
    expect(report?.ids).toBe(ids.join(""));
    expect(report?.times.map((micros) => report.from + Number(micros) / 1_000 - began)).toEqual([10, 20, 30]);
  });

  test("has read no further than a late message, and up to now when none waits any more", async () => {
    const { reports } = await subscribe();
    Socket.last.says("event", delivered({ seq: 1 }), Date.now() - 20_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reports.flat().at(-1)?.through).toBe(Date.now() - 20_000);
    Socket.last.says("event", delivered({ seq: 2 }), Date.now());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reports.flat().at(-1)?.through).toBe(Date.now());
  });

  test("has read no further than a late message when nobody answers its goodbye", async () => {
    const { reports, over } = await subscribe({ answers: [{ ...GOES_ON, settled: true }] });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(Socket.last.sent.at(-1)).toBe("unsubscribe");
    await vi.advanceTimersByTimeAsync(9_999);
    Socket.last.says("event", delivered({ seq: 1 }), Date.now() - 20_000);
    await vi.advanceTimersByTimeAsync(1_000);
    await over;
    const { through, closed } = reports.flat().at(-1) ?? {};
    expect(closed).toBe(true);
    expect(Date.now() - Number(through)).toBeGreaterThanOrEqual(20_000);
  });

  test("does not wait for the second to end when there is enough to report", async () => {
    const { reports } = await subscribe();
    for (let seq = 0; seq < 4_999; seq++) Socket.last.says("event", delivered({ seq }));
    await vi.advanceTimersByTimeAsync(1);
    expect(reports).toEqual([]);
    Socket.last.says("event", delivered({ seq: 4_999 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(reports.flat().map(({ times }) => times.length)).toEqual([5_000]);
  });

  test("enters latency and lag of its own events, and of no canary or other run", async () => {
    const { entered } = await subscribe();
    const publishedAt = Date.now() - 30;
    const readAt = Date.now() - 10;
    Socket.last.says("event", delivered({ seq: 1, publishedAt }), readAt);
    Socket.last.says("event", delivered({ publisher: CANARY_PUBLISHER, publishedAt }), readAt);
    Socket.last.says("event", delivered({ run: RUN + 1, publishedAt }), readAt);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entered.get("ws_event_latency_ms")).toEqual([20]);
    expect(entered.get("generator_lag_ms")).toEqual([10]);
    expect(entered.get("ws_event_latency_ms of")?.at(-1)).toBe(1);
  });

  test.each([
    [30, 0],
    [0, 0],
    [-0.9, 0],
    [-1, 1],
    [-5_000, 1],
  ])("says of an event that took %d ms that it came too early: %i", async (latency, early) => {
    const { sum } = await subscribe();
    const readAt = Date.now();
    Socket.last.says("event", delivered({ seq: 1, publishedAt: readAt - latency }), readAt);
    Socket.last.says("event", delivered({ seq: 2, publishedAt: readAt - 5 }), readAt);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([sum("ws_negative_latency"), sum("ws_negative_latency of")]).toEqual([early, 2]);
  });

  test("keeps of a fast stream an even sample", async () => {
    const { entered } = await subscribe({ samplesPerSecond: 10 });
    const readAt = Date.now();
    for (let seq = 0; seq < 100; seq++) {
      Socket.last.says("event", delivered({ seq, publishedAt: readAt - seq }), readAt);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    const latencies = entered.get("ws_event_latency_ms") ?? [];
    const gaps = latencies.slice(1).map((latency, place) => latency - (latencies[place] as number));
    expect(latencies.length).toBeGreaterThanOrEqual(5);
    expect(latencies.length).toBeLessThanOrEqual(10);
    expect(new Set(gaps).size).toBe(1);
  });

  test.each([
    ["whose id is cut off", { event_id: idOf({}).slice(0, 16) }, { ws_events_damaged: 1, ws_events_foreign: 0 }],
    [
      "of another generator",
      { event_id: "evt_1795312312345678901_0x0123456789abcdef" },
      { ws_events_damaged: 0, ws_events_foreign: 1 },
    ],
    ["without an id of ours", { event_id: "somebody else's" }, { ws_events_damaged: 0, ws_events_foreign: 1 }],
  ])("tells an event %s from the others", async (_, data, told) => {
    const { sum, reports } = await subscribe();
    Socket.last.says("event", data);
    await vi.advanceTimersByTimeAsync(1_000);
    expect({ ws_events_damaged: sum("ws_events_damaged"), ws_events_foreign: sum("ws_events_foreign") }).toEqual(told);
    expect(sum("ws_events_received")).toBe(1);
    expect(reports.flat().flatMap(({ times }) => times)).toEqual([]);
  });

  test("takes for foreign what comes before its subscription is confirmed", async () => {
    const { sum, reports } = await subscribe();
    Socket.last.onclose();
    await vi.advanceTimersByTimeAsync(1_000);
    reports.splice(0);
    Socket.last.says("event", delivered({ seq: 1 }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sum("ws_events_foreign")).toBe(1);
    expect(reports.flat()).toEqual([]);
  });

  test("takes every event of a frame", async () => {
    const { reports, sum } = await subscribe();
    const both = [delivered({ seq: 1 }), delivered({ seq: 2 })];
    Socket.last.says("event", both);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reports.flat().map(({ ids }) => ids)).toEqual([both.map(({ event_id }) => event_id).join("")]);
    expect([sum("ws_events_received"), sum("ws_events_damaged")]).toEqual([2, 0]);
  });

  test("compares what was delivered with what was published", async () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue(undefined);
    const { sum, damages } = await subscribe();
    Socket.last.says("event", delivered({ seq: 1 }));
    Socket.last.says("event", delivered({ seq: 2 }, { block_num: 5 }));
    Socket.last.says("event", delivered({ seq: 3 }, { block_num: 6 }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sum("ws_events_damaged")).toBe(2);
    const told = "block_num is not what was published in 1 delivery that was compared: sent 18000000, received 5";
    expect(warned.mock.calls).toEqual([[`damaged: ${told}`]]);
    expect(damages.flat()).toEqual([{ field: "block_num", sent: "18000000", received: "5", count: 2 }]);
    warned.mockRestore();
  });

  test("finds damage where others of the variant were whole", async () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue(undefined);
    const { sum } = await subscribe();
    const all = Array.from({ length: 1_000 }, (_, seq) => event(WORKLOAD, seq));
    const [one, two, three] = all.filter(({ variant }) => variant === all[0]?.variant).map(({ seq }) => seq);
    for (const seq of [one, two]) Socket.last.says("event", delivered({ seq: seq as number }));
    Socket.last.says("event", delivered({ seq: three as number }, { block_num: 5 }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sum("ws_events_damaged")).toBe(1);
    warned.mockRestore();
  });

  test("reads what came before its connection ended", async () => {
    const { reports } = await subscribe();
    const delivery = delivered({ seq: 1 });
    Socket.last.says("event", delivery);
    Socket.last.onclose();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reports.flat().find(({ closed }) => closed)?.ids).toBe(delivery.event_id);
  });

  test("reads without waiting where much came", async () => {
    const { sum } = await subscribe();
    for (let seq = 0; seq < 249; seq++) Socket.last.says("event", delivered({ seq }));
    expect(sum("ws_events_damaged of")).toBe(0);
    Socket.last.says("event", delivered({ seq: 249 }));
    expect(sum("ws_events_damaged of")).toBeGreaterThan(0);
  });

  test("enters what the judge finds in its report", async () => {
    const { sum } = await subscribe({ answers: [{ ...GOES_ON, damaged: 2, foreign: 3 }] });
    Socket.last.says("event", delivered({ seq: 1 }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect([sum("ws_events_damaged"), sum("ws_events_foreign")]).toEqual([2, 3]);
  });

  test("says a word in every report while the run waits for it, soon, and else every three seconds", async () => {
    const draining = { ...GOES_ON, draining: true };
    const { reports } = await subscribe({ answers: [draining, draining, GOES_ON] });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reports.map((paths) => paths.length)).toEqual([0]);
    // It is reported soon what the run waits for.
    await vi.advanceTimersByTimeAsync(50 + 100 + 200);
    expect(reports.map((paths) => paths.length)).toEqual([0, 1, 1, 0]);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(reports.flat()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reports.flat()).toHaveLength(3);
  });

  test("says goodbye once the run is settled, and reports what was left", async () => {
    const { subscriber, over, reports } = await subscribe({ answers: [{ ...GOES_ON, settled: true }] });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(Socket.last.sent.at(-1)).toBe("unsubscribe");
    Socket.last.says("event", delivered({ seq: 9 }));
    Socket.last.says("unsubscribed");
    await vi.advanceTimersByTimeAsync(1_000);
    await over;
    expect(subscriber.settled).toBe(true);
    expect(reports.flat().at(-1)).toMatchObject({
      closed: true,
      ids: idOf({ seq: 9, publishedAt: Date.now() - 1_000 }),
    });
  });

  test("does not wait for its next attempt once the run is settled", async () => {
    const answers: ArrivalsAnswer[] = [];
    const { over } = await subscribe({ answers });
    // One connection is lost, the next ones fail.
    for (const longestWait of [500, 1_000, 2_000, 4_000]) {
      Socket.last.onclose();
      await vi.advanceTimersByTimeAsync(longestWait);
    }
    Socket.last.onclose();
    answers.push({ ...GOES_ON, settled: true });
    let isOver = false;
    void over.then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(2_500);
    expect(isOver).toBe(true);
  });

  test("does not wait either when enough came while the last report was under way", async () => {
    let answer: (given: ArrivalsAnswer) => void = () => undefined;
    const slow = new Promise<ArrivalsAnswer>((resolve) => {
      answer = resolve;
    });
    const { reports } = await subscribe({ answers: [slow] });
    await vi.advanceTimersByTimeAsync(1_000);
    for (let seq = 0; seq < 5_000; seq++) Socket.last.says("event", delivered({ seq }));
    answer(GOES_ON);
    await vi.advanceTimersByTimeAsync(0);
    expect(reports.flat().map(({ times }) => times.length)).toEqual([5_000]);
  });

  test("tells how long it stood still, and of the times only the longest", async () => {
    const { entered } = await subscribe();
    for (const pause of [2_500, 700, 3_000]) {
      vi.setSystemTime(Date.now() + pause);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(entered.get("generator_pause_ms")).toEqual([2_500, 3_000]);
  });

  test("tells of no standstill once the run is settled", async () => {
    const { entered } = await subscribe({ answers: [{ ...GOES_ON, settled: true }] });
    await vi.advanceTimersByTimeAsync(1_000);
    // Its goodbye is not answered yet.
    vi.setSystemTime(Date.now() + 2_500);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entered.get("generator_pause_ms") ?? []).toEqual([]);
  });
});
