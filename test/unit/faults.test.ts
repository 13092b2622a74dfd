import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { Breaker } from "../../systems/ethhook/target/breaker.ts";
import { PULSE_FAULTS } from "../../systems/pulse/target/faults.ts";
import { FaultySockets } from "../../systems/pulse/target/faultysockets.ts";
import { parseFaults } from "../../target/faults.ts";

describe("connections", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  const socketsWith = (...faults: string[]) => new FaultySockets(parseFaults(faults, PULSE_FAULTS));
  /** A client as the seam sees it. */
  const client = () => Object.assign(new EventEmitter(), { close: vi.fn() }) as unknown as WebSocket & EventEmitter;

  test("are as they were without faults", () => {
    const sockets = socketsWith();
    const send = () => {};
    expect([0, 10, 10_000].map((open) => sockets.refuses(open))).toEqual([false, false, false]);
    expect(sockets.events(send, client())).toBe(send);
  });

  test("beyond a cap are refused", () => {
    const sockets = socketsWith("connection-cap=2");
    expect([0, 1, 2, 3, 1].map((open) => sockets.refuses(open))).toEqual([false, false, true, true, false]);
  });

  test("are refused one in so many", () => {
    const sockets = socketsWith("refuse-upgrade=3");
    expect([1, 2, 3, 4, 5, 6].map(() => sockets.refuses(0))).toEqual([false, false, true, false, false, true]);
  });

  test("that say nothing are closed, others are not", () => {
    const sockets = socketsWith("close-idle=1000");
    const [quiet, lively] = [client(), client()];
    sockets.opened(quiet);
    sockets.opened(lively);
    vi.advanceTimersByTime(900);
    lively.emit("message");
    vi.advanceTimersByTime(200);
    expect(quiet.close).toHaveBeenCalledWith(1001, "idle");
    expect(lively.close).not.toHaveBeenCalled();
  });

  test("are closed after a while, and sent nothing in their last second", () => {
    const sockets = socketsWith("deaf-end=3000");
    const [socket, sent] = [client(), [] as number[]];
    sockets.opened(socket);
    const send = sockets.events((frame) => void sent.push(frame.length), socket);
    for (let length = 1; length <= 3; length++) {
      send(Buffer.alloc(length));
      vi.advanceTimersByTime(1_000);
    }
    expect(sent).toEqual([1, 2]);
    expect(socket.close).toHaveBeenCalledWith(1001, "enough");
  });

  test("that follow one that ended miss their first moments", () => {
    const sockets = socketsWith("drop-after-reconnect=1000");
    const sent: string[] = [];
    const open = (name: string) => sockets.events(() => void sent.push(name), client());
    const first = client();
    sockets.opened(first);
    const one = open("first");
    first.emit("close");
    const two = open("second");
    for (const send of [one, two]) send(Buffer.alloc(0));
    vi.advanceTimersByTime(1_000);
    two(Buffer.alloc(0));
    expect(sent).toEqual(["first", "second"]);
  });

  test("wait for the slowest of them", () => {
    const sockets = socketsWith("wait-for-slow");
    const sent: string[] = [];
    const slow = Object.assign(client(), { bufferedAmount: 0 });
    const open = (name: string, socket: WebSocket) => sockets.events(() => void sent.push(name), socket);
    const [one, two] = [open("slow", slow), open("quick", Object.assign(client(), { bufferedAmount: 0 }))];
    one(Buffer.alloc(0));
    Object.assign(slow, { bufferedAmount: 100_000 });
    two(Buffer.alloc(0));
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual(["slow"]);
    Object.assign(slow, { bufferedAmount: 0 });
    vi.advanceTimersByTime(10);
    expect(sent).toEqual(["slow", "quick"]);
  });

  test("are sent what waits for them as one frame, a line each", () => {
    const sent: string[] = [];
    const send = socketsWith("join-frames").events((frame) => void sent.push(String(frame)), client());
    for (const text of ["{1}", "{2}", "{3}"]) send(Buffer.from(text));
    vi.runAllTimers();
    send(Buffer.from("{4}"));
    vi.runAllTimers();
    expect(sent).toEqual(["{1}\n{2}\n{3}", "{4}"]);
  });

  test("are sent no more at once than their queue holds", () => {
    const sent: number[] = [];
    const send = socketsWith("slow-consumer-drop=3").events((frame) => void sent.push(frame.length), client());
    for (let length = 1; length <= 5; length++) send(Buffer.alloc(length));
    vi.runAllTimers();
    send(Buffer.alloc(6));
    expect(sent).toEqual([1, 2, 3, 6]);
  });
});

describe("a circuit breaker", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  test("discards for a second what its endpoint is owed after so many failures in a row", () => {
    const breaker = new Breaker({ limit: 2, openMs: 1_000 });
    for (const succeeded of [false, true, false]) breaker.ended("a", succeeded);
    expect(breaker.discards("a")).toBe(false);
    breaker.ended("a", false);
    expect([breaker.discards("a"), breaker.discards("b")]).toEqual([true, false]);
    vi.advanceTimersByTime(1_000);
    expect(breaker.discards("a")).toBe(false);
  });

  test("that is not planted never opens", () => {
    const breaker = new Breaker({ limit: Number.POSITIVE_INFINITY, openMs: 1_000 });
    for (let failure = 0; failure < 1_000; failure++) breaker.ended("a", false);
    expect(breaker.discards("a")).toBe(false);
  });
});
