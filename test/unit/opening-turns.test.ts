/** When a subscriber opens its connections, over a door and timers that stand for those of k6. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Door } from "../../k6/support/door.ts";
import { Subscriber } from "../../systems/pulse/k6/subscriber.ts";
import type { OpeningRate } from "../../systems/pulse/opening.ts";
import { DOOR, Socket } from "./socket.ts";

vi.mock("k6", () => ({ sleep: () => undefined }));
vi.mock("k6/execution", () => import("./execution.ts"));
vi.mock("k6/encoding", () => ({ default: {} }));
vi.mock("k6/http", () => ({ default: {} }));
vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("k6/websockets", async () => ({ WebSocket: (await import("./socket.ts")).Socket }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const CONFIG = {
  ...{ WS_URL: "ws://gateway", CONNECT_TIMEOUT: 10, PING_EVERY: 3_600, SEED: 7, CHAINS: ["ethereum"] },
  ...{ SOCKETS: 4, INSTANCES: 1, FILTERS: ["all"], FILTER_FIELDS: [], END_WHEN_SETTLED: true },
  ...{ test: "websocket", RECEIVER_URL: undefined },
};
const GOES_ON = { draining: false, settled: false, damaged: 0, foreign: 0 };
const NO_MEASURES = new Proxy({} as ConstructorParameters<typeof Subscriber>[2], {
  get: () => ({ add: () => undefined, looked: () => undefined }),
});

/** A subscriber that holds its connections for a minute, in turn with another one. */
function held(OPENING_RATE: OpeningRate, door: Partial<Door> = {}) {
  const openings: number[] = [];
  const began = Date.now();
  const open = () => {
    openings.push(Date.now() - began);
    return new Socket();
  };
  const run = { id: "a run", number: null, instance: "k6", clock: null };
  const config = { ...CONFIG, OPENING_RATE };
  const listening = { ...DOOR, open, ...door } as unknown as Door;
  const subscriber = new Subscriber(config, listening, NO_MEASURES, run, async () => GOES_ON, 1);
  return { openings, over: subscriber.hold(began + 60_000, 2) };
}

test("one after the other, each in its turn", async () => {
  const { openings } = held(100);
  await vi.advanceTimersByTimeAsync(100);
  expect(openings).toEqual([0, 20, 40, 60]);
});

test("all at once, where a thundering herd is asked for", async () => {
  const { openings } = held("max");
  await vi.advanceTimersByTimeAsync(0);
  expect(openings).toEqual([0, 0, 0, 0]);
});

test("the rest later by as much as this machine was late", async () => {
  const { openings } = held(100);
  await vi.advanceTimersByTimeAsync(30);
  // The machine stands still: the timer that was due after 40 ms fires after 500.
  vi.setSystemTime(Date.now() + 460);
  await vi.advanceTimersByTimeAsync(100);
  expect(openings).toEqual([0, 20, 500, 520]);
});

test("what fails without the gateway ends it at once", async () => {
  const gone = new Error("no token");
  const { over } = held(100, { isDue: true, ready: () => Promise.reject(gone) } as Partial<Door>);
  const problem = over.catch((one) => one);
  await vi.advanceTimersByTimeAsync(10);
  expect(await problem).toBe(gone);
});
