/** How a virtual user holds the subscription of a user's own pipeline. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AnyPipeline } from "../../core/pipeline.ts";
import type { PathReport } from "../../core/report.ts";
import { eventId, runNumber } from "../../core/trace.ts";
import { subscribersTest } from "../../k6/own/subscribers.ts";

const far = vi.hoisted(() => ({ isSettled: false, reports: [] as PathReport[] }));
const scenario = vi.hoisted(() => ({ startTime: 0, iterationInTest: 0 }));
vi.mock("k6", () => ({ check: () => true }));
vi.mock("k6/execution", async () => ({ default: { ...(await import("./execution.ts")).default, scenario } }));
vi.mock("k6/encoding", () => ({ default: {} }));
vi.mock("k6/http", () => ({ default: {} }));
vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("../../k6/own/access.ts", () => ({
  OwnAccess: class {
    endsAt = Number.POSITIVE_INFINITY;
    ready = async () => undefined;
    refusedOpening = async () => ({ status: 0, renewed: false });
  },
}));
vi.mock("../../k6/own/publisher.ts", () => ({ filterOf: () => ({}) }));
vi.mock("../../k6/support/health.ts", () => ({ requireHealth: () => ({}) }));
vi.mock("../../k6/support/host.ts", () => ({ isShortage: () => false }));
vi.mock("../../k6/support/judge.ts", () => ({
  receiverJudge: () => async (paths: PathReport[]) => {
    far.reports.push(...paths);
    return { draining: false, settled: far.isSettled, damaged: 0, foreign: 0 };
  },
}));
vi.mock("../../k6/support/lead.ts", () => ({ lead: undefined }));
vi.mock("../../k6/support/metrics.ts", () => ({
  declareCounters: () => undefined,
  measures: () => new Proxy({}, { get: () => ({ add: () => undefined }) }),
}));
vi.mock("../../k6/support/run.ts", () => ({ clockCorrection: () => 0, compareWhileLoaded: () => undefined }));
vi.mock("../../k6/support/told.ts", () => ({
  settingsOf: () => ({ SEED: 1, INSTANCES: 1, load: { kind: "visitors", shape: [{ from: 1, to: 1, seconds: 60 }] } }),
}));
vi.mock("../../k6/support/words.ts", () => ({ tellWords: async () => undefined }));
vi.stubGlobal("__ENV", {});

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  scenario.startTime = Date.now();
  Object.assign(far, { isSettled: false, reports: [] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const RUN = { id: "a run", number: runNumber("a run"), instance: "k6", clock: null };

/** What a file's open() is given. */
interface Told {
  live(): void;
  arrived(text: string, at?: number): void;
  failed(why: string): void;
}

function listen(open: (told: Told) => void) {
  const opened = (told: Told) => {
    open(told);
    return { close: () => undefined };
  };
  const pipeline = {
    name: "orders",
    events: { attributes: {}, write: () => "" },
    observe: { kind: "subscription", paths: { all: {} }, open: opened },
  };
  return subscribersTest(pipeline as unknown as AnyPipeline).listen(RUN);
}

test("does not wait for the next attempt once the run is settled", async () => {
  let isOver = false;
  void listen(({ failed }) => failed("refused")).then(() => {
    isOver = true;
  });
  // It has waited for 1, 2 and 4 s, and now waits for 8.
  await vi.advanceTimersByTimeAsync(8_000);
  expect(isOver).toBe(false);
  far.isSettled = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(isOver).toBe(true);
});

test("tries no more when the report of its end says that the run is settled", async () => {
  far.isSettled = true;
  let attempts = 0;
  await listen(({ failed }) => {
    attempts++;
    failed("refused");
  });
  expect(attempts).toBe(1);
});

test("has not read what may wait when its pauses are long, unless the file tells when it was read", async () => {
  let told: Told | undefined;
  const over = listen((given) => {
    told = given;
    given.live();
  });
  const readThrough = async (at?: number) => {
    vi.setSystemTime(Date.now() + 15_000);
    told?.arrived(eventId({ run: RUN.number, publisher: 1, seq: 1, publishedAt: Date.now() }), at);
    await vi.advanceTimersByTimeAsync(500);
    return Date.now() - Number(far.reports.at(-1)?.through);
  };
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await readThrough()).toBeGreaterThan(14_000);
  expect(await readThrough(Date.now() + 15_000)).toBeLessThan(1_000);
  far.isSettled = true;
  await vi.advanceTimersByTimeAsync(1_000);
  await over;
});

test.each([-30_000, 30_000])(
  "listens to the end of the load, where the clock is set by %s ms meanwhile",
  async (step) => {
    let isOver = false;
    void listen(({ live }) => live()).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(20_000);
    vi.setSystemTime(Date.now() + step);
    await vi.advanceTimersByTimeAsync(39_000);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(isOver).toBe(true);
  },
);
