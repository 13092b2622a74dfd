/** What one connection of a user's own pipeline reports. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSecrets, hide } from "../../core/redaction.ts";
import type { PathReport } from "../../core/report.ts";
import { eventId, runNumber } from "../../core/trace.ts";
import { Connection } from "../../k6/own/connection.ts";
import { pause } from "../../k6/support/pause.ts";

vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("k6/execution", () => ({ default: { instance: { vusInitialized: 1 } } }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const RUN = runNumber("a run");
const idOf = (seq: number) => eventId({ run: RUN, publisher: 1, seq, publishedAt: Date.now() });

function connect() {
  const reports: PathReport[] = [];
  const [lags, turns, lostAt]: [number[], number[], number[]] = [[], [], []];
  const kept = new Map<PropertyKey, number[]>([
    ["generator_lag_ms", lags],
    ["generator_turn_ms", turns],
    ["ws_sessions_lost_at", lostAt],
  ]);
  const measure = new Proxy({} as ConstructorParameters<typeof Connection>[0], {
    get: (_, name) => ({ add: (value: number) => void kept.get(name)?.push(value) }),
  });
  const connection = new Connection(measure, { id: "a run", number: RUN, instance: "k6", clock: null }, 0, null);
  connection.live("all", {});
  const report = async () => {
    await connection.report(async (paths) => {
      reports.push(...paths);
      return { draining: false, settled: false, damaged: 0, foreign: 0 };
    }, false);
    return reports.at(-1);
  };
  return { connection, report, lags, turns, lostAt };
}

test("that ends by itself tells when, however much later that is entered", () => {
  const { connection, lostAt } = connect();
  const endedAt = Date.now();
  connection.failed("1001 going away");
  vi.setSystemTime(endedAt + 5_000);
  connection.enterEnd();
  expect(lostAt).toEqual([endedAt]);
  const { connection: kept, lostAt: none } = connect();
  kept.enterEnd();
  expect(none).toEqual([]);
});

test("what is handled long after it was read says that more may wait", async () => {
  const { connection, report } = connect();
  vi.setSystemTime(Date.now() + 20_000);
  const readAt = Date.now() - 15_000;
  connection.arrived(idOf(1), readAt);
  expect((await report())?.through).toBe(readAt);
});

test("a pause that was too long says so where nobody tells when a text was read from its socket", async () => {
  const { connection, report, lags } = connect();
  vi.setSystemTime(Date.now() + 20_000);
  connection.late = 15_000;
  connection.arrived(idOf(1));
  expect((await report())?.through).toBe(Date.now() - 15_000);
  connection.arrived(idOf(2), Date.now());
  expect((await report())?.through).toBe(Date.now());
  expect(lags).toEqual([15_000, 0]);
});

test("a burst that is read one after the other is no lag, and tells how long it waited for its turn", async () => {
  const { connection, lags, turns } = connect();
  const readAt = Date.now();
  for (let seq = 0; seq < 1_000; seq++) {
    if (seq % 10 === 0) vi.setSystemTime(Date.now() + 1);
    connection.arrived(idOf(seq), readAt);
  }
  expect(Math.max(...lags)).toBe(1);
  expect([turns.length, Math.max(...turns)]).toEqual([500, 99]);
});

test("a pause tells by how much it was longer than asked", async () => {
  const waiting = pause(500);
  vi.setSystemTime(Date.now() + 2_000);
  await vi.advanceTimersByTimeAsync(500);
  expect(await waiting).toBe(2_000);
});

test("everything has been read when nothing came since the last report", async () => {
  const { connection, report } = connect();
  connection.arrived(idOf(1), Date.now() - 15_000);
  await report();
  vi.setSystemTime(Date.now() + 5_000);
  expect((await report())?.through).toBe(Date.now());
});

test("that is given no identity for seconds tells once what it was given", () => {
  const { connection } = connect();
  connection.arrived("[object Blob]", Date.now());
  expect(connection.takeStranger()).toBeNull();
  vi.setSystemTime(Date.now() + 5_000);
  expect(connection.takeStranger()).toContain("[object Blob]");
  expect(connection.takeStranger()).toBeNull();
});

test("that is live again and again tells what it was given, too", () => {
  const { connection } = connect();
  connection.arrived("[object Blob]", Date.now());
  vi.setSystemTime(Date.now() + 5_000);
  connection.live("all", {});
  expect(connection.takeStranger()).toContain("[object Blob]");
});

test("a secret in what it was given is hidden before that is cut", () => {
  hide("hunter2-hunter2");
  const { connection } = connect();
  connection.arrived(`${"x".repeat(90)}hunter2-hunter2`, Date.now());
  vi.setSystemTime(Date.now() + 5_000);
  expect(connection.takeStranger()).toMatch(/x\(hidden\)$/);
  forgetSecrets();
});

test("that is given events tells nothing of what else came", () => {
  const { connection } = connect();
  connection.arrived("subscribed", Date.now());
  connection.arrived(idOf(1), Date.now());
  vi.setSystemTime(Date.now() + 5_000);
  expect(connection.takeStranger()).toBeNull();
});

test("a short wait holds back nothing", async () => {
  const { connection, report } = connect();
  connection.arrived(idOf(1), Date.now() - 20);
  expect((await report())?.through).toBe(Date.now());
});
