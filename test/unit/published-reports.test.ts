/** Reports of what was published, held for those that follow. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PublisherReportInput } from "../../core/report.ts";
import { Reports } from "../../k6/support/reports.ts";
import { batch } from "./reports.ts";

vi.mock("k6/timers", () => import("./timers.ts"));

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const firsts = (sent: readonly PublisherReportInput[]) => sent.map(({ firstSeq }) => firstSeq);

test("batches that are settled soon after each other are one request, in their order; later ones are another", async () => {
  const requests: number[][] = [];
  const reports = new Reports(async (batches) => void requests.push(firsts(batches)));
  const told = [reports.tell(batch(0, 5, 0))];
  await vi.advanceTimersByTimeAsync(100);
  told.push(reports.tell(batch(5, 5, 0)), reports.tell(batch(10, 5, 0)));
  await vi.advanceTimersByTimeAsync(10_000);
  told.push(reports.tell(batch(15, 5, 0)));
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all(told);
  expect(requests).toEqual([[0, 5, 10], [15]]);
});

test("what is told while a request is under way is in the next", async () => {
  const requests: number[][] = [];
  const reports = new Reports(async (batches) => {
    requests.push(firsts(batches));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  });
  const first = reports.tell(batch(0, 1, 0));
  await vi.advanceTimersByTimeAsync(500);
  const second = reports.tell(batch(1, 1, 0));
  await vi.advanceTimersByTimeAsync(5_000);
  await Promise.all([first, second]);
  expect(requests).toEqual([[0], [1]]);
});

test("a request that is not taken fails all that was in it, and nothing after it", async () => {
  let times = 0;
  const reports = new Reports(async () => {
    if (times++ === 0) throw new Error("status 503");
  });
  const lost = Promise.allSettled([reports.tell(batch(0, 1, 0)), reports.tell(batch(1, 1, 0))]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect((await lost).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const next = reports.tell(batch(2, 1, 0));
  await vi.advanceTimersByTimeAsync(5_000);
  await expect(next).resolves.toBeUndefined();
});

test.each([{ refused: [7] }, { unknown: [7] }, { unsent: [7] }])(
  "%j is told at once, beside what is held",
  async (changes) => {
    const requests: number[][] = [];
    const reports = new Reports(async (batches) => void requests.push(firsts(batches)));
    const told = [reports.tell(batch(0, 5, 0)), reports.tell(batch(5, 5, 0, changes))];
    expect(requests).toEqual([[5]]);
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(told);
    expect(requests).toEqual([[5], [0]]);
  },
);
