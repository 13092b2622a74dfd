/** What the watch of a run makes of readings of the machine, a second of fake time apart. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Watch, type WatchedProcess } from "../../cli/run/health.ts";
import type { CoreTimes, MachineReadings } from "../../cli/run/machine-readings.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What happens in one second: milliseconds of two cores, and percent of a core by process id. */
interface OneSecond {
  readonly busy: number;
  readonly own?: number;
  readonly cpu?: Readonly<Record<number, number>>;
}

const MEGABYTE = 1024 * 1024;

/** A machine of two cores on which seconds go by as they are told. */
class Scripted implements MachineReadings {
  cleared = false;
  private second: OneSecond = { busy: 0 };
  private times: CoreTimes = { at: 500, idle: 90_000, busy: 70_000, own: 3_000 };

  cores(): CoreTimes {
    return this.times;
  }

  async process(pid: number) {
    const cpu = this.second.cpu?.[pid];
    return cpu === undefined ? null : { cpu, memory: 64 * MEGABYTE, timestamp: this.times.at };
  }

  clear(): void {
    this.cleared = true;
  }

  async pass(...seconds: OneSecond[]): Promise<void> {
    for (const second of seconds) {
      this.second = second;
      const { at, idle, busy, own } = this.times;
      const free = 2_000 - second.busy;
      this.times = { at: at + 1_000, idle: idle + free, busy: busy + second.busy, own: own + (second.own ?? 0) };
      await vi.advanceTimersByTimeAsync(1_000);
    }
  }
}

const watched = (pid: number | undefined, role: WatchedProcess["role"] = "target"): WatchedProcess => ({
  process: `process ${pid}`,
  role,
  pid: () => pid,
});

/** To a thousandth of a core. */
const rounded = ({ coreUse }: Watch) =>
  coreUse.map(({ others, idle }) => [others, idle].map((share) => Math.round(share * 1_000) / 1_000));

describe("the cores that others take", () => {
  test.each<[string, OneSecond, [number, number]]>([
    [
      "are what is busy, and neither the run's processes nor this one",
      { busy: 1_800, own: 100, cpu: { 7: 60, 8: 40 } },
      [0.7, 0.2],
    ],
    ["are none where the run takes all", { busy: 1_900, own: 100, cpu: { 7: 100, 8: 80 } }, [0, 0.1]],
    ["are not fewer than none, where readings do not fit", { busy: 500, cpu: { 7: 60, 8: 20 } }, [0, 1.5]],
    ["are all that is busy where the processes of the run have ended", { busy: 1_500 }, [1.5, 0.5]],
  ])("%s", async (_, second, use) => {
    const machine = new Scripted();
    const watch = new Watch([watched(7), watched(8)], machine);
    await machine.pass({ busy: 2_000, cpu: { 7: 190, 8: 10 } }, second);
    expect(rounded(watch)).toEqual([use]);
    watch.stop();
  });

  test("are not told of a second in which a process of the run is seen for the first time", async () => {
    const machine = new Scripted();
    const watch = new Watch([watched(7)], machine);
    await machine.pass({ busy: 1_000, cpu: { 7: 90 } }, { busy: 1_000, cpu: { 7: 90 } });
    watch.add(watched(9, "generator"));
    // It took a core and a half to start, of which its mean since then shows less.
    await machine.pass({ busy: 1_900, cpu: { 7: 40, 9: 20 } }, { busy: 1_200, cpu: { 7: 90, 9: 20 } });
    expect(rounded(watch)).toEqual([
      [0.1, 1],
      [0.1, 0.8],
    ]);
    watch.stop();
  });

  test("are told beside a process that is still to be started", async () => {
    const machine = new Scripted();
    const watch = new Watch([watched(undefined)], machine);
    await machine.pass({ busy: 600 });
    expect(rounded(watch)).toEqual([[0.6, 1.4]]);
    watch.stop();
  });
});

describe("what each process used", () => {
  test("is told second by second, without a share of its first, until it ends", async () => {
    const machine = new Scripted();
    const watch = new Watch([watched(7, "generator")], machine);
    await machine.pass({ busy: 900, cpu: { 7: 300 } }, { busy: 900, cpu: { 7: 80 } }, { busy: 100 });
    const [health] = watch.stop();
    expect(health).toMatchObject({ process: "process 7", role: "generator", events: [] });
    expect(health?.samples.map(({ at, cpu, rssMb }) => [at, cpu, rssMb])).toEqual([
      [1_500, null, 64],
      [2_500, 80, 64],
    ]);
  });

  test("is looked at no more once the watch has ended, and a second watch begins anew", async () => {
    const machine = new Scripted();
    const first = new Watch([watched(7)], machine);
    await machine.pass({ busy: 900, cpu: { 7: 300 } }, { busy: 900, cpu: { 7: 80 } });
    first.stop();
    expect(machine.cleared).toBe(true);
    const second = new Watch([watched(7)], machine);
    await machine.pass({ busy: 900, cpu: { 7: 300 } });
    expect(rounded(first)).toHaveLength(1);
    expect(second.stop()[0]?.samples.map(({ cpu }) => cpu)).toEqual([null]);
  });
});
