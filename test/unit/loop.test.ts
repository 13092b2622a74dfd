import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Loop } from "../../target/loop.ts";

vi.mock("node:timers/promises", () => ({
  setTimeout: (milliseconds: number, _: undefined, { signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
}));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a step that fails is logged, and the next comes after a pause", async () => {
  const told: string[] = [];
  let steps = 0;
  const loop = new Loop("worker", (text) => told.push(text));
  loop.start(async () => {
    if (++steps === 1) throw new Error("no database");
    await loop.pause(1_000);
  });
  await vi.advanceTimersByTimeAsync(199);
  expect([steps, told]).toEqual([1, ["worker: no database"]]);
  await vi.advanceTimersByTimeAsync(1);
  expect(steps).toBe(2);
  await loop.close();
  expect([steps, told.length, loop.isStopped]).toEqual([2, 1, true]);
});

test("closing waits for the step that is being done", async () => {
  let done = false;
  const loop = new Loop("worker", () => undefined);
  loop.start(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    done = true;
  });
  const closed = loop.close().then(() => done);
  await vi.advanceTimersByTimeAsync(500);
  expect(await closed).toBe(true);
});
