/** A lane of an open model, over a transport whose answers come when a test says so. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type PacedPlan, publishingPlan } from "../../core/plan.ts";
import type { Measure, measures } from "../../k6/support/metrics.ts";
import { Lane } from "../../k6/support/pacing.ts";
import { FAMILIES } from "../../systems/metrics.ts";

vi.mock("k6/execution", () => ({ default: { scenario: { startTime: 0 } } }));
vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("../../k6/support/clock.ts", () => ({ now: () => Date.now() }));

const entered = new Map<string, number[]>();
const metrics = Object.fromEntries(
  Object.keys(FAMILIES.publishing).map((name): [string, Measure] => [
    name,
    { add: (value) => void entered.set(name, [...(entered.get(name) ?? []), Number(value)]), looked: () => undefined },
  ]),
) as ReturnType<typeof measures<"publishing">>;

beforeEach(() => {
  entered.clear();
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => void vi.useRealTimers());

/** Twenty events in two seconds, all in one lane unless told. */
const plan = (changes: Partial<PacedPlan> = {}) =>
  ({ ...publishingPlan([{ from: 10, to: 10, seconds: 2 }], {}), lanes: 1, workers: 1_000, ...changes }) as PacedPlan;

/** Runs a lane and notes when each tick was sent. @param takes ms until a tick is settled. */
function started(
  load: PacedPlan,
  takes: (tick: number) => number,
  { lane = 0, settle = async () => undefined }: { lane?: number; settle?: (tick: number) => Promise<void> } = {},
) {
  const sent: [tick: number, at: number][] = [];
  const skipped: number[] = [];
  const waits: number[] = [];
  const over = new Lane(load, metrics).run(lane, 1_000, {
    send: async (tick) => {
      sent.push([tick, Date.now()]);
      await new Promise((resolve) => setTimeout(resolve, takes(tick)));
    },
    skip: (tick) => void skipped.push(tick),
    waited: (took) => void waits.push(took),
    settle: (tick) => settle(tick),
  });
  return { sent, skipped, waits, over };
}

describe("a lane", () => {
  const dueTimes = Array.from({ length: 20 }, (_, tick) => [tick, 1_000 + tick * 100]);

  test.each([
    ["that answers at once", 1],
    ["that answers in three seconds", 3_000],
  ])("sends every event when it is due to a target %s", async (_, takes) => {
    const { sent, skipped, over } = started(plan(), () => takes);
    await vi.advanceTimersByTimeAsync(7_000);
    await over;
    expect(sent).toEqual(dueTimes);
    expect(skipped).toEqual([]);
  });

  test("shifts nothing when the target stands still for a moment", async () => {
    const { sent, over } = started(plan(), (tick) => (tick === 5 ? 900 : 1));
    await vi.advanceTimersByTimeAsync(4_000);
    await over;
    expect(sent).toEqual(dueTimes);
  });

  test("sends only its share", async () => {
    const { sent, over } = started(plan({ lanes: 4 }), () => 1, { lane: 3 });
    await vi.advanceTimersByTimeAsync(4_000);
    await over;
    expect(sent).toEqual([3, 7, 11, 15, 19].map((tick) => [tick, 1_000 + tick * 100]));
  });

  test("skips what is due while as many wait as may, and shifts nothing for it", async () => {
    const { sent, skipped, over } = started(plan({ workers: 2 }), (tick) => (tick < 2 ? 450 : 1));
    await vi.advanceTimersByTimeAsync(4_000);
    await over;
    expect(skipped).toEqual([2, 3, 4]);
    expect(sent).toEqual(dueTimes.filter(([tick]) => !skipped.includes(tick as number)));
  });

  test("tells how long the answer took that others waited for, and not how long others took", async () => {
    const { skipped, waits, over } = started(plan({ workers: 2 }), (tick) =>
      tick === 0 ? 1_150 : tick === 3 ? 150 : 1,
    );
    await vi.advanceTimersByTimeAsync(4_000);
    await over;
    expect({ skipped, waits }).toEqual({ skipped: [4], waits: [1_150] });
  });

  test("is not kept from sending by reports that are held, and waits for them at its end", async () => {
    let settled = 0;
    const settle = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      settled++;
    };
    const { sent, skipped, over } = started(plan({ workers: 1 }), () => 1, { settle });
    await vi.advanceTimersByTimeAsync(10_000);
    await over;
    expect(sent).toEqual(dueTimes);
    expect({ skipped, settled }).toEqual({ skipped: [], settled: 20 });
  });

  test("goes on after a failure, and tells the first of them at its end", async () => {
    const load = plan();
    const sent: number[] = [];
    const over = new Lane(load, metrics).run(0, 1_000, {
      send: async (tick) => {
        sent.push(tick);
        if (tick === 3 || tick === 4) throw new Error(`tick ${tick}`);
      },
      skip: () => undefined,
      waited: () => undefined,
      settle: async () => undefined,
    });
    const failure = over.catch((problem: Error) => problem.message);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await failure).toBe("tick 3");
    expect(sent).toHaveLength(20);
  });
});

test("a lane notes for how long k6 stood still, and when that was noticeable", async () => {
  const { over } = started(plan(), () => 1);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(Math.max(...(entered.get("generator_pause_ms") ?? []))).toBe(0);
  // The clock goes on, and no timer does.
  vi.setSystemTime(Date.now() + 2_000);
  await vi.advanceTimersByTimeAsync(4_000);
  await over;
  expect(Math.max(...(entered.get("generator_pause_ms") ?? []))).toBeGreaterThan(1_900);
  expect(entered.get("generator_paused_at")?.[0]).toBeGreaterThanOrEqual(3_500);
});
