/** When the connections of a subscriber end. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Door } from "../../k6/support/door.ts";
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

const CONFIG = {
  ...{ WS_URL: "ws://gateway", CONNECT_TIMEOUT: 10, PING_EVERY: 3_600, SEED: 7, CHAINS: ["ethereum"], SOCKETS: 2 },
  ...{ INSTANCES: 1, OPENING_RATE: "max" as const, FILTERS: ["all"], FILTER_FIELDS: [], END_WHEN_SETTLED: true },
  ...{ test: "websocket", RECEIVER_URL: undefined },
};
const GOES_ON = { draining: false, settled: false, damaged: 0, foreign: 0 };
const NO_MEASURES = new Proxy({} as ConstructorParameters<typeof Subscriber>[2], {
  get: () => ({ add: () => undefined, looked: () => undefined }),
});

/** A subscriber that holds two connections for a minute. */
async function held(door: Partial<Door> = {}) {
  const sockets: Socket[] = [];
  const open = () => {
    const socket = new Socket();
    sockets.push(socket);
    return socket;
  };
  const run = { id: "a run", number: null, instance: "k6", clock: null };
  const listening = { ...DOOR, open, ...door } as unknown as Door;
  const subscriber = new Subscriber(CONFIG, listening, NO_MEASURES, run, async () => GOES_ON, 1);
  const over = subscriber.hold(Date.now() + 60_000).then(
    () => "over",
    (problem: Error) => problem.message,
  );
  await vi.advanceTimersByTimeAsync(0);
  for (const socket of sockets) socket.goesLive();
  return { sockets, over };
}

test.each([0, -30_000, 30_000])("after their minute, where the clock is set by %s ms meanwhile", async (step) => {
  const { sockets, over } = await held();
  await vi.advanceTimersByTimeAsync(20_000);
  vi.setSystemTime(Date.now() + step);
  await vi.advanceTimersByTimeAsync(39_900);
  expect(sockets.map(({ sent }) => sent.at(-1))).not.toContain("unsubscribe");
  await vi.advanceTimersByTimeAsync(200);
  expect(sockets.map(({ sent }) => sent.at(-1))).toEqual(["unsubscribe", "unsubscribe"]);
  for (const socket of sockets) socket.says("unsubscribed");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await over).toBe("over");
  expect(sockets).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});

test("all of them, where one cannot be opened again", async () => {
  const { sockets, over } = await held();
  vi.spyOn(Socket.prototype, "close");
  const [first, second] = sockets as [Socket, Socket];
  sockets.push = () => {
    throw new Error("no descriptor");
  };
  second.onclose({ code: 1001 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await over).toBe("no descriptor");
  expect(first.sent.at(-1)).toBe("unsubscribe");
  first.says("unsubscribed");
  await vi.advanceTimersByTimeAsync(0);
  expect(first.close).toHaveBeenCalled();
});
