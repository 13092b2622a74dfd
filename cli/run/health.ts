import type { Health } from "../result.ts";
import type { CoreUse } from "./competition.ts";
import { type CoreTimes, type MachineReadings, SYSTEM } from "./machine-readings.ts";

/** A process that is monitored during the run. */
export interface WatchedProcess {
  readonly process: string;
  readonly role: Health["role"];
  readonly pid: () => number | undefined;
}

const EVERY_MS = 1_000;

/** Monitors processes that were started here, second by second. */
export class Watch {
  private readonly records = new Map<WatchedProcess, Health>();
  private readonly readings: MachineReadings;
  private readonly timer: NodeJS.Timeout;
  private readonly uses: CoreUse[] = [];
  /** The first reading of a process covers its CPU since its start, so it is no sample of this second. */
  private readonly looked = new Set<number>();
  private cores: CoreTimes;

  /** @param readings of this machine by default. */
  constructor(processes: readonly WatchedProcess[], readings = SYSTEM) {
    this.readings = readings;
    this.cores = readings.cores();
    for (const one of processes) this.add(one);
    this.timer = setInterval(() => void this.sample(), EVERY_MS);
  }

  /** Adds a process. */
  add(watched: WatchedProcess): void {
    this.records.set(watched, { process: watched.process, role: watched.role, samples: [], events: [] });
  }

  /** Stops monitoring. */
  stop(): Health[] {
    clearInterval(this.timer);
    this.readings.clear();
    return [...this.records.values()];
  }

  /** Use of this machine's cores, second by second. */
  get coreUse(): readonly CoreUse[] {
    return this.uses;
  }

  private async sample(): Promise<void> {
    const watched = await Promise.all([...this.records].map(([one, record]) => this.sampleOne(one, record)));
    const before = this.cores;
    this.cores = this.readings.cores();
    // Before its first reading, the CPU of one of our processes would count as another program's.
    if (watched.includes(undefined)) return;
    this.uses.push(
      useBetween(
        before,
        this.cores,
        watched.map((cpu) => cpu ?? 0),
      ),
    );
  }

  /** @returns percent of a core that it used in this second; null when it has ended, undefined at its first reading. */
  private async sampleOne({ pid: pidOf }: WatchedProcess, { samples }: Health): Promise<number | null | undefined> {
    const pid = pidOf();
    if (pid === undefined) return null;
    // A process that has ended has no more samples.
    const usage = await this.readings.process(pid);
    if (usage === null) return null;
    const cpu = this.looked.has(pid) ? usage.cpu : null;
    this.looked.add(pid);
    samples.push({ at: usage.timestamp, cpu, rssMb: usage.memory / 1024 / 1024, ...UNKNOWN });
    return cpu ?? undefined;
  }
}

/** Use of the cores between two readings. @param percents of a core that the run's processes used. */
function useBetween(before: CoreTimes, after: CoreTimes, percents: readonly number[]): CoreUse {
  const milliseconds = after.at - before.at;
  const own = (after.own - before.own) / milliseconds;
  const ours = percents.reduce((sum, percent) => sum + percent, 0) / 100 + own;
  const busy = (after.busy - before.busy) / milliseconds;
  return { others: Math.max(0, busy - ours), idle: (after.idle - before.idle) / milliseconds };
}

const UNKNOWN = { threads: null, fds: null, connections: null };
