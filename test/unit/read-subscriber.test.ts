/** What a subscriber reports of connections that are read in Go. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ArrivalJudge } from "../../k6/support/judge.ts";
import { Reader } from "../../systems/pulse/k6/reader.ts";
import { useSockets } from "../../systems/pulse/k6/rudeness.ts";
import { Subscriber } from "../../systems/pulse/k6/subscriber.ts";
import { GoSockets } from "./gosockets.ts";
import { DOOR } from "./socket.ts";

vi.mock("k6", () => ({ sleep: () => undefined }));
vi.mock("k6/execution", () => import("./execution.ts"));
vi.mock("k6/encoding", () => ({ default: {} }));
vi.mock("k6/http", () => ({ default: {} }));
vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("k6/websockets", async () => ({ WebSocket: (await import("./socket.ts")).Socket }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const CONFIG = {
  ...{ CONNECT_TIMEOUT: 10, PING_EVERY: 3_600, SEED: 7, CHAINS: ["ethereum"], SOCKETS: 2, INSTANCES: 1 },
  ...{ OPENING_RATE: 1_000, FILTERS: ["all"], FILTER_FIELDS: [], END_WHEN_SETTLED: true, test: "websocket" },
  RECEIVER_URL: undefined,
};

test("a path that is over was read as far as its own socket was, whatever the others' lag", async () => {
  useSockets({
    ...{ follow: () => undefined, vanish: () => 0 },
    reader: (...given) => new Reader(GoSockets as unknown as ConstructorParameters<typeof Reader>[0], ...given),
  });
  const reported = vi.fn<ArrivalJudge>(async () => ({ draining: false, settled: false, damaged: 0, foreign: 0 }));
  const measures = new Proxy({}, { get: () => ({ add: () => undefined, looked: () => undefined }) }) as never;
  const run = { id: "a run", number: 1, instance: "k6", clock: null };
  const subscriber = new Subscriber(CONFIG, DOOR, measures, run, reported, 10);
  void subscriber.hold(Date.now() + 60_000);
  await vi.advanceTimersByTimeAsync(100);
  const { listeners } = GoSockets.last;
  for (const listener of listeners) {
    listener.opened();
    listener.read('{"type":"connected"}', Date.now());
    listener.read('{"type":"subscribed","data":{"subscription_id":"s-1"}}', Date.now());
  }
  await vi.advanceTimersByTimeAsync(5_000);
  const over = Date.now();
  for (const listener of listeners) listener.closed(1001, "going away");
  await vi.advanceTimersByTimeAsync(2_000);
  const closed = reported.mock.calls.flatMap(([paths]) => paths).filter((path) => path.closed);
  expect(closed.map(({ through }) => over - through)).toEqual([0, 5_000]);
});
