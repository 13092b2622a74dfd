import { cpus } from "node:os";
import pidusage from "pidusage";

/** CPU times of the machine and of this process so far, in ms. */
export interface CoreTimes {
  /** Monotonic time in ms. */
  readonly at: number;
  readonly idle: number;
  readonly busy: number;
  /** CPU time of this process. */
  readonly own: number;
}

/** Usage of a process. */
interface ProcessUsage {
  /** Percent of a core since the previous reading; at the first, since its start. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Unix ms. */
  readonly timestamp: number;
}

/** A source of readings, which tests replace. */
export interface MachineReadings {
  cores(): CoreTimes;
  /** Null when the process does not exist any more. */
  process(pid: number): Promise<ProcessUsage | null>;
  /** Forgets earlier readings. */
  clear(): void;
}

/** Readings of this machine. */
export const SYSTEM: MachineReadings = {
  cores: () => {
    const times = cpus().map((core) => core.times);
    const { user: ownUser, system: ownSystem } = process.cpuUsage();
    return {
      at: performance.now(),
      idle: times.reduce((sum, core) => sum + core.idle, 0),
      busy: times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0),
      own: (ownUser + ownSystem) / 1000,
    };
  },
  process: (pid) => pidusage(pid).catch(() => null),
  clear: () => pidusage.clear(),
};
