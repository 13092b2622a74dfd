/** What a session tells of its operations, over a socket and timers that stand for those of k6. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetSecrets, hide } from "../../core/redaction.ts";
import { Agenda } from "../../systems/pulse/k6/agenda.ts";
import { ownSockets } from "../../systems/pulse/k6/ownsocket.ts";
import { Session } from "../../systems/pulse/k6/session.ts";
import type { SessionEnd, SessionEvents, SessionPlan } from "../../systems/pulse/k6/sessionparts.ts";
import { DOOR, Socket } from "./socket.ts";

vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("k6/websockets", async () => ({ WebSocket: (await import("./socket.ts")).Socket }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SETTINGS = { CONNECT_TIMEOUT: 10 };
const PINGED = { pingEvery: 30_000 };
/** The moment so many ms from now. */
const momentIn = (ms: number) => performance.now() + ms;
const EVERYTHING = { chains: [], event_types: [], accounts: [], program_ids: [] };

function openSession(plan: Partial<SessionPlan> = {}) {
  const lives: string[] = [];
  const told: (readonly [string, string | null])[] = [];
  const strange: string[] = [];
  const ends: SessionEnd[] = [];
  const events: SessionEvents = {
    operation: (operation, failure) => void told.push([operation, failure]),
    live: () => void lives.push("live"),
    leaving: () => void lives.push("leaving"),
    unsubscribed: () => void lives.push("over"),
    event: () => undefined,
    strange: (what) => void strange.push(what),
    over: (end) => void ends.push(end),
  };
  const agenda = new Agenda(() => performance.now());
  const whole = { until: momentIn(60_000), ...PINGED, ...plan, agenda };
  const session = new Session(SETTINGS, ownSockets(DOOR), EVERYTHING, whole, events);
  return { session, told, strange, lives, ends, failed: () => told.filter(([, failure]) => failure !== null) };
}

function openLiveSession(plan: Partial<SessionPlan> = {}) {
  const opened = openSession(plan);
  Socket.last.goesLive();
  return opened;
}

describe("a session", () => {
  test("asks and is answered, from connect to unsubscribe", () => {
    const { session, told, ends } = openLiveSession();
    vi.advanceTimersByTime(30_000);
    Socket.last.says("pong");
    session.end();
    Socket.last.says("unsubscribed");
    expect(ends).toEqual(["ended"]);
    expect(told).toEqual(["connect", "subscribe", "list", "ping", "unsubscribe"].map((asked) => [asked, null]));
    expect(Socket.last.sent).toEqual(["subscribe", "list_subscriptions", "ping", "unsubscribe"]);
    // k6 ends no function while a timer waits.
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ["is connecting", () => undefined, []],
    ["is subscribing", () => Socket.last.says("connected"), [["connect", null]]],
  ])("that we end while it %s has not failed", (_, before, answered) => {
    const { session, told, ends } = openSession();
    before();
    session.end();
    expect(ends).toEqual(["ended"]);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(answered);
  });

  test("cuts a socket that never connects, and has failed", () => {
    const socket = { readyState: 0, send: () => undefined, cut: vi.fn() };
    const ends: SessionEnd[] = [];
    const events = { operation: () => undefined, over: (end) => void ends.push(end) } as Partial<SessionEvents>;
    const plan = { until: momentIn(60_000), ...PINGED, agenda: new Agenda(() => performance.now()) };
    new Session(SETTINGS, { open: () => socket }, EVERYTHING, plan, events as SessionEvents);
    vi.advanceTimersByTime(10_000);
    expect(ends).toEqual(["failed"]);
    expect(socket.cut).toHaveBeenCalled();
  });

  test("tells what comes that is no event and answers nothing", () => {
    const { strange, failed } = openLiveSession();
    Socket.last.says("error", { code: "slow", message: "100 events were dropped" });
    Socket.last.onmessage({ data: new ArrayBuffer(4) as unknown as string, timestamp: 0 });
    expect(strange).toEqual(["slow: 100 events were dropped", "a binary frame came"]);
    expect(failed()).toEqual([]);
  });

  test("hides a secret in what comes before it cuts that", () => {
    hide("hunter2-hunter2");
    const { strange } = openLiveSession();
    Socket.last.onmessage({ data: `${"x".repeat(90)}hunter2-hunter2`, timestamp: 0 });
    expect(strange).toEqual([`unknown frame: ${"x".repeat(90)}(hidden)`]);
    forgetSecrets();
  });

  test("that gets no answer to its goodbye has failed with it", () => {
    const { session, failed, ends } = openLiveSession();
    session.end();
    vi.advanceTimersByTime(10_000);
    expect(ends).toEqual(["ended"]);
    expect(failed()).toEqual([["unsubscribe", "no answer within 10 s"]]);
  });

  test("that hears nothing any more is given up, and says why", () => {
    const { session, failed, ends } = openLiveSession();
    vi.advanceTimersByTime(40_000);
    expect(ends).toEqual(["lost"]);
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

  test("goes on while it reads what came long before it asked", () => {
    const { failed } = openLiveSession();
    const closed = vi.spyOn(Socket.last, "close");
    vi.advanceTimersByTime(35_000);
    Socket.last.says("event", {}, Date.now() - 21_000);
    vi.advanceTimersByTime(5_000);
    expect(failed()).toEqual([["ping", "no answer within 10 s"]]);
    expect(closed).not.toHaveBeenCalled();
  });

  test("that never connects has failed", () => {
    const { failed, ends } = openSession();
    Socket.last.readyState = 0;
    vi.advanceTimersByTime(10_000);
    expect(ends).toEqual(["failed"]);
    expect(failed()).toEqual([["connect", "no answer within 10 s"]]);
  });

  test("that connects after it was given up is closed, and tells no more", () => {
    const { told } = openSession();
    const socket = Socket.last;
    socket.readyState = 0;
    vi.advanceTimersByTime(10_000);
    const before = told.length;
    const closed = vi.spyOn(socket, "close");
    socket.readyState = 1;
    socket.onopen();
    expect(closed).toHaveBeenCalledOnce();
    expect(told).toHaveLength(before);
  });

  test("that the gateway closes is lost, with what was under way", () => {
    const { failed, ends } = openLiveSession();
    vi.advanceTimersByTime(30_000);
    Socket.last.onclose();
    expect(ends).toEqual(["lost"]);
    expect(failed()).toEqual([["ping", "closed without a close frame"]]);
  });
});

describe("a session that subscribes again on its connection", () => {
  const open = () => openLiveSession({ resubscribesAt: momentIn(20_000), until: momentIn(25_000) });

  test("gives up the first subscription, and holds the second one to its end", () => {
    const { lives, failed, ends } = open();
    vi.advanceTimersByTime(20_000);
    expect([Socket.last.sent.at(-1), lives]).toEqual(["unsubscribe", ["live", "leaving"]]);
    Socket.last.says("unsubscribed");
    expect([Socket.last.sent.at(-1), lives.at(-1)]).toEqual(["subscribe", "over"]);
    Socket.last.says("subscribed", { subscription_id: "s-2" });
    Socket.last.says("subscriptions", { count: 1 });
    vi.advanceTimersByTime(5_000);
    expect(Socket.last.sent.at(-1)).toBe("unsubscribe");
    Socket.last.says("unsubscribed");
    expect(ends).toEqual(["ended"]);
    expect(lives).toEqual(["live", "leaving", "over", "live", "leaving"]);
    expect(failed()).toEqual([]);
  });

  test("finds the first subscription still there", () => {
    const { failed } = open();
    vi.advanceTimersByTime(20_000);
    Socket.last.says("unsubscribed");
    Socket.last.says("subscribed", { subscription_id: "s-2" });
    Socket.last.says("subscriptions", { count: 2 });
    expect(failed()).toEqual([["list", "lists 2 subscriptions, not 1"]]);
  });

  test.each([
    ["while it unsubscribes", () => undefined, () => Socket.last.says("unsubscribed")],
    ["while it subscribes", () => Socket.last.says("unsubscribed"), () => undefined],
  ])("may be ended %s", (_, before, after) => {
    const { session, failed, ends } = open();
    vi.advanceTimersByTime(20_000);
    before();
    session.end();
    after();
    expect(ends).toEqual(["ended"]);
    vi.advanceTimersByTime(60_000);
    expect(failed()).toEqual([]);
    expect(Socket.last.sent.filter((type) => type === "unsubscribe")).toHaveLength(1);
  });

  test("is lost when the gateway ends it in between", () => {
    const { ends } = open();
    vi.advanceTimersByTime(20_000);
    Socket.last.says("unsubscribed");
    Socket.last.onclose();
    expect(ends).toEqual(["lost"]);
  });
});

describe("a session that vanishes", () => {
  test("says nothing, whoever ends it", () => {
    let gone = 0;
    const { session, lives, failed, ends } = openLiveSession({
      until: momentIn(20_000),
      vanish: () => {
        gone++;
        session.abandon(false);
      },
    });
    vi.advanceTimersByTime(20_000);
    expect(gone).toBe(1);
    // The connection is cut below it.
    Socket.last.onclose();
    expect(ends).toEqual(["ended"]);
    expect(Socket.last.sent).not.toContain("unsubscribe");
    expect(lives).toEqual(["live", "leaving"]);
    expect(failed()).toEqual([]);
  });

  test("closes where nothing ruder can be done", () => {
    const { session, ends } = openLiveSession({ vanish: () => session.abandon(true) });
    session.end();
    expect(ends).toEqual(["ended"]);
    expect(Socket.last.sent).not.toContain("unsubscribe");
  });
});
