import { cpus } from "node:os";
import pidusage from "pidusage";

/** What the cores and this process have done so far, in milliseconds of a core. */
export interface CoreTimes {
  /** By a clock that nobody sets, in ms. */
  readonly at: number;
  readonly idle: number;
  readonly busy: number;
  /** What this process worked. */
  readonly own: number;
}

/** What a process used. */
export interface ProcessUsage {
  /** Percent of a core since it was read before; the first time, since it was started. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Unix ms. */
  readonly timestamp: number;
}

/** Where readings of this machine come from. */
export interface MachineReadings {
  cores(): CoreTimes;
  /** Null when there is no such process any more. */
  process(pid: number): Promise<ProcessUsage | null>;
  /** Forgets what was read before. */
  clear(): void;
}

/** Those of the system. */
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
