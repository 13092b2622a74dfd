/** What a session tells of its operations, over a socket and timers that stand for those of k6. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Session, type SessionEvents } from "../../systems/pulse/k6/session.ts";
import { DOOR, Socket } from "./socket.ts";

vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("k6/websockets", async () => ({ WebSocket: (await import("./socket.ts")).Socket }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SETTINGS = { WS_URL: "ws://gateway", CONNECT_TIMEOUT: 10, PING_EVERY: 30 };
const EVERYTHING = { chains: [], event_types: [], accounts: [], program_ids: [] };

function openSession() {
  const told: (readonly [string, string | null])[] = [];
  const events: SessionEvents = {
    operation: (operation, failure) => void told.push([operation, failure]),
    live: () => undefined,
    leaving: () => undefined,
    event: () => undefined,
  };
  const session = new Session(SETTINGS, DOOR, EVERYTHING, Date.now() + 60_000, events);
  return { session, told, failed: () => told.filter(([, failure]) => failure !== null) };
}

function openLiveSession() {
  const opened = openSession();
  Socket.last.goesLive();
  return opened;
}

describe("a session", () => {
  test("asks and is answered, from connect to unsubscribe", async () => {
    const { session, told } = openLiveSession();
    vi.advanceTimersByTime(30_000);
    Socket.last.says("pong");
    session.end();
    Socket.last.says("unsubscribed");
    expect(await session.over).toBe("ended");
    expect(told).toEqual(["connect", "subscribe", "list", "ping", "unsubscribe"].map((asked) => [asked, null]));
    expect(Socket.last.sent).toEqual(["subscribe", "list_subscriptions", "ping", "unsubscribe"]);
  });

  test.each([
    ["is connecting", () => undefined, []],
    ["is subscribing", () => Socket.last.says("connected"), [["connect", null]]],
  ])("that we end while it %s has not failed", async (_, before, answered) => {
    const { session, told } = openSession();
    before();
    session.end();
    expect(await session.over).toBe("ended");
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(answered);
  });

  test("that gets no answer to its goodbye has failed with it", async () => {
    const { session, failed } = openLiveSession();
    session.end();
    vi.advanceTimersByTime(10_000);
    expect(await session.over).toBe("ended");
    expect(failed()).toEqual([["unsubscribe", "no answer within 10 s"]]);
  });

  test("that hears nothing any more is given up, and says why", async () => {
    const { session, failed } = openLiveSession();
    vi.advanceTimersByTime(40_000);
    expect(await session.over).toBe("lost");
    expect(session.closedWith).toBe("no answer within 10 s, and no other frame");
    expect(failed()).toEqual([["ping", "no answer within 10 s"]]);
    expect(ArrayBuffer.isView.name).toBe("isView");
  });

  test("goes on where only the answer to a ping is missing", () => {
    const { failed } = openLiveSession();
    const closed = vi.spyOn(Socket.last, "close");
    vi.advanceTimersByTime(35_000);
    Socket.last.says("event");
    vi.advanceTimersByTime(5_000);
    expect(failed()).toEqual([["ping", "no answer within 10 s"]]);
    expect(closed).not.toHaveBeenCalled();
  });

  test("that never connects has failed", async () => {
    const { session, failed } = openSession();
    Socket.last.readyState = 0;
    vi.advanceTimersByTime(10_000);
    expect(await session.over).toBe("failed");
    expect(failed()).toEqual([["connect", "no answer within 10 s"]]);
  });

  test("that connects after it was given up is closed, and tells no more", async () => {
    const { session, told } = openSession();
    const socket = Socket.last;
    socket.readyState = 0;
    vi.advanceTimersByTime(10_000);
    await session.over;
    const before = told.length;
    const closed = vi.spyOn(socket, "close");
    socket.readyState = 1;
    socket.onopen();
    expect(closed).toHaveBeenCalledOnce();
    expect(told).toHaveLength(before);
  });

  test("that the gateway closes is lost, with what was under way", async () => {
    const { session, failed } = openLiveSession();
    vi.advanceTimersByTime(30_000);
    Socket.last.onclose();
    expect(await session.over).toBe("lost");
    expect(failed()).toEqual([["ping", "closed without a close frame"]]);
  });
});
