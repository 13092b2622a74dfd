/** What a subscriber makes of sockets that are read in Go, over a module that stands for k6/x/sockets. */
import { expect, test, vi } from "vitest";
import { EVENT_ID_LENGTH, eventId } from "../../core/trace.ts";
import { Inspection } from "../../systems/pulse/k6/inspection.ts";
import { Reader } from "../../systems/pulse/k6/reader.ts";
import type { SocketListener } from "../../systems/pulse/k6/rudeness.ts";
import { GoSockets, NOTHING } from "./gosockets.ts";
import { DOOR } from "./socket.ts";

vi.mock("k6/execution", () => ({ default: { instance: { vusInitialized: 4 }, vu: { idInTest: 3 } } }));

function read() {
  const inspection = new Inspection({ seed: 1, chains: ["ethereum"] }, [], {} as never, null);
  const compared = vi.spyOn(inspection, "compare").mockReturnValue(undefined);
  vi.spyOn(inspection, "isDamage").mockImplementation((frame) => frame === "damaged");
  const settings = { judges: true, samplesPerSecond: 10, enough: 5_000 };
  const told: [boolean, boolean][] = [];
  const reader = new Reader(
    GoSockets as unknown as ConstructorParameters<typeof Reader>[0],
    DOOR,
    inspection,
    settings,
    (...news) => void told.push(news),
  );
  return { reader, go: GoSockets.last, compared, told };
}

test("gives Go its share of what may be looked at", () => {
  expect(read().go.calls[0]?.[1]).toMatchObject({
    samplesPerSecond: 10,
    comparedPerSecond: 250,
    place: 3,
    enough: 5_000,
  });
});

const [A, B] = ["a", "b"].map((letter) => letter.repeat(EVENT_ID_LENGTH)) as [string, string];
const SAMPLES = { ids: A, at: [1_000], lags: [3] };

test("compares what Go has chosen, and hands on its samples", () => {
  const { reader, go, compared } = read();
  go.batch = {
    ...NOTHING,
    ...{
      events: 9,
      foreign: 2,
      samples: SAMPLES,
      compared: { ids: A + B, messages: ["frame of a", "frame of b"] },
    },
  };
  expect(reader.take()).toEqual({ events: 9, foreign: 2, samples: SAMPLES });
  expect(compared.mock.calls).toEqual([
    ["frame of a", A],
    ["frame of b", B],
  ]);
});

test("counts what has no identity as foreign where it is not a damaged one of ours", () => {
  const { reader, go } = read();
  go.batch = { ...NOTHING, events: 3, foreign: 1, strays: ["damaged", "other"] };
  expect(reader.take().foreign).toBe(2);
});

test("a socket tells its session in the words of k6's own", () => {
  const { reader, go } = read();
  const said: unknown[] = [];
  const socket = reader.open({
    opened: () => void said.push(socket.readyState),
    read: (frame, readAt) => void said.push([frame, readAt]),
    failed: (error) => void said.push(error),
    closed: (end) => void said.push(end),
  });
  const [listener] = go.listeners as [SocketListener];
  expect(socket.readyState).toBe(0);
  listener.opened();
  listener.read('{"type":"connected"}', 5);
  listener.read(null, 6);
  listener.failed("broken pipe");
  listener.closed(0, "");
  listener.closed(1008, "quota");
  expect(said).toEqual([1, ['{"type":"connected"}', 5], [null, 6], "broken pipe", {}, { code: 1008, reason: "quota" }]);
  expect(socket.readyState).toBe(3);
  expect(socket.framesRead).toBe(7);
  expect(socket.arrivals.lag).toBe(12);
});

test("enters latencies by the receiver's clock, and of no canary", () => {
  const add = vi.fn();
  const nothing = { add: () => undefined, looked: () => undefined };
  const measures = new Proxy(
    {},
    { get: (_, name) => (name === "ws_event_latency_ms" ? { ...nothing, add } : nothing) },
  );
  const inspection = new Inspection({ seed: 1, chains: ["ethereum"] }, [], measures as never, 7);
  const ids = [1, 0xffff].map((publisher) => eventId({ run: 7, publisher, seq: 0, publishedAt: 1_767_225_600_000 }));
  const at = [1_767_225_600_005, 1_767_225_600_005];
  inspection.enter({ ids: ids.join(""), at, lags: [0, 0] }, 100);
  expect(add.mock.calls).toEqual([[105, 0]]);
});
