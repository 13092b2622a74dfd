/** One timer for many moments. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Agenda, type Scheduled } from "../../systems/pulse/k6/agenda.ts";

vi.mock("k6/timers", () => import("./timers.ts"));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Notes when each of its moments has come; they are in ms from now. */
function scheduled(name: string, done: string[], ...moments: number[]): Scheduled {
  const began = performance.now();
  const all = moments.map((moment) => began + moment);
  return {
    get dueAt() {
      return all[0] ?? Number.POSITIVE_INFINITY;
    },
    due() {
      all.shift();
      done.push(`${name} after ${performance.now() - began}`);
    },
  };
}

test("does each thing when it is due, in order, whoever came first", () => {
  const done: string[] = [];
  const agenda = new Agenda(() => performance.now());
  agenda.add(scheduled("late", done, 300));
  agenda.add(scheduled("twice", done, 100, 200));
  agenda.add(scheduled("early", done, 50));
  agenda.add(scheduled("never", done));
  vi.advanceTimersByTime(1_000);
  expect(done).toEqual(["early after 50", "twice after 100", "twice after 200", "late after 300"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("keeps one timer, whatever is added", () => {
  const agenda = new Agenda(() => performance.now());
  for (const moment of [500, 400, 600, 100]) agenda.add(scheduled("", [], moment));
  expect(vi.getTimerCount()).toBe(1);
});

test("does nothing before its time, where a timer fires early", () => {
  const done: string[] = [];
  let behind = 0;
  const agenda = new Agenda(() => performance.now() - behind);
  agenda.add(scheduled("one", done, 100));
  behind = 5;
  vi.advanceTimersByTime(100);
  expect(done).toEqual([]);
  vi.advanceTimersByTime(5);
  expect(done).toHaveLength(1);
});

test.each([-30_000, 30_000])("heeds no clock that is set by %s ms", (step) => {
  const done: string[] = [];
  const agenda = new Agenda(() => performance.now());
  agenda.add(scheduled("one", done, 60_000));
  vi.advanceTimersByTime(20_000);
  vi.setSystemTime(Date.now() + step);
  vi.advanceTimersByTime(60_000);
  expect(done).toEqual(["one after 60000"]);
});

test("never clears a timer that is due: k6 would take the next one for it", () => {
  const cleared = vi.spyOn(globalThis, "clearTimeout");
  let late = 0;
  const done: string[] = [];
  const agenda = new Agenda(() => performance.now() + late);
  agenda.add(scheduled("one", done, 100));
  late = 200;
  agenda.add(scheduled("two", done, 10));
  agenda.clear();
  expect(cleared).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(done).toEqual([]);
});

test("keeps no timer once all have left", () => {
  const agenda = new Agenda(() => performance.now());
  agenda.add(scheduled("one", [], 100));
  agenda.add(scheduled("other", [], 200));
  agenda.leave();
  expect(vi.getTimerCount()).toBe(1);
  agenda.leave();
  expect(vi.getTimerCount()).toBe(0);
});

test("forgets what it is told to", () => {
  const done: string[] = [];
  const agenda = new Agenda(() => performance.now());
  agenda.add(scheduled("one", done, 100));
  agenda.clear();
  expect(vi.getTimerCount()).toBe(0);
  agenda.add(scheduled("other", done, 200));
  vi.advanceTimersByTime(1_000);
  expect(done).toEqual(["other after 200"]);
});
