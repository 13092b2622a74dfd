import { expect, test, vi } from "vitest";
import { growthOf } from "../../cli/health/alerts.ts";
import { MOST_SAMPLES, thinned } from "../../cli/health/history.ts";
import { findLeak } from "../../cli/health/leak.ts";
import { startMonitor } from "../../cli/health/monitor.ts";
import { processes } from "../../cli/health/proc.ts";
import { type HealthSample, highest } from "../../cli/health/sample.ts";

vi.mock("../../cli/health/proc.ts", async (original) => {
  const real = await original<typeof import("../../cli/health/proc.ts")>();
  return { ...real, processes: vi.fn(real.processes) };
});

/** A day of samples, whose memory rises like a saw's tooth, with one peak. */
const day: HealthSample[] = Array.from({ length: 24 * 3_600 }, (_, second) => ({
  at: second * 1_000,
  cpu: second === 777 ? 390 : 10,
  rssMb: second === 999 ? 5_000 : 100 + second / 600 + (second % 40),
  threads: 4,
  fds: 20,
  connections: 2,
}));

test("a history that is thinned again and again stays small, and says the same", () => {
  let history: HealthSample[] = [];
  let longest = 0;
  for (const sample of day) {
    history.push(sample);
    if (history.length > MOST_SAMPLES) history = thinned(history);
    longest = Math.max(longest, history.length);
  }
  expect(longest).toBeLessThanOrEqual(MOST_SAMPLES);
  expect(growthOf(history)).toBe(growthOf(day));
  expect(highest(history.map(({ cpu }) => cpu ?? 0))).toBe(390);
  expect(history.slice(-MOST_SAMPLES / 4)).toEqual(day.slice(-MOST_SAMPLES / 4));
  const memory = (samples: readonly HealthSample[]) => samples.map(({ at, rssMb }) => ({ at, mb: rssMb ?? 0 }));
  const [thin, whole] = [findLeak(memory(history)), findLeak(memory(day))];
  expect(thin.finding).toBe(whole.finding);
  expect(thin.slope?.low).toBeCloseTo(whole.slope?.low ?? 0, 1);
});

test.runIf(process.platform === "linux")("a moment in which nothing can be read ends no watch", async () => {
  const monitor = await startMonitor({ process: "us", role: "target", watch: { pid: process.pid }, everyMs: 5 });
  vi.mocked(processes).mockImplementationOnce(() => {
    throw new Error("EMFILE: too many open files");
  });
  const before = monitor.record().samples.length;
  await expect.poll(() => monitor.record().samples.length).toBeGreaterThan(before + 2);
  await monitor.stop();
});
