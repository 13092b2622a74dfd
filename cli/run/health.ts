import { cpus } from "node:os";
import pidusage from "pidusage";
import type { Health } from "../result.ts";
import type { CoreUse } from "./competition.ts";

/** A process that is watched while the run lasts. */
export interface WatchedProcess {
  readonly process: string;
  readonly role: Health["role"];
  readonly pid: () => number | undefined;
}

const EVERY_MS = 1_000;

/** Watches processes that were started here: what each used, second by second. */
export class Watch {
  private readonly records = new Map<WatchedProcess, Health>();
  private readonly timer: NodeJS.Timeout;
  private readonly uses: CoreUse[] = [];
  private cores = coreTimes();

  constructor(processes: readonly WatchedProcess[]) {
    for (const one of processes) this.add(one);
    this.timer = setInterval(() => void this.sample(), EVERY_MS);
  }

  /** Watches one more. */
  add(watched: WatchedProcess): void {
    this.records.set(watched, { process: watched.process, role: watched.role, samples: [], events: [] });
  }

  /** Ends the watch. */
  stop(): Health[] {
    clearInterval(this.timer);
    pidusage.clear();
    return [...this.records.values()];
  }

  /** What the cores of this machine did, second by second. */
  get coreUse(): readonly CoreUse[] {
    return this.uses;
  }

  private async sample(): Promise<void> {
    const watched = await Promise.all([...this.records].map(([watched, record]) => sampleOne(watched, record)));
    const before = this.cores;
    this.cores = coreTimes();
    // What a process of ours took before it was looked at for the first time would count as somebody else's.
    if (watched.includes(undefined)) return;
    const milliseconds = this.cores.at - before.at;
    const ours =
      watched.reduce<number>((sum, cpu) => sum + (cpu ?? 0), 0) / 100 + (this.cores.own - before.own) / milliseconds;
    const busy = (this.cores.busy - before.busy) / milliseconds;
    this.uses.push({ others: Math.max(0, busy - ours), idle: (this.cores.idle - before.idle) / milliseconds });
  }
}

/** The first look at a process tells its CPU since it was started; that is no sample of this second. */
const looked = new Set<number>();

/** @returns percent of a core that it used in this second; null where it does not run, undefined at its first look. */
async function sampleOne({ pid: pidOf }: WatchedProcess, { samples }: Health): Promise<number | null | undefined> {
  const pid = pidOf();
  if (pid === undefined) return null;
  // A process that has ended has no more samples.
  const usage = await pidusage(pid).catch(() => null);
  if (usage === null) return null;
  const cpu = looked.has(pid) ? usage.cpu : null;
  looked.add(pid);
  samples.push({ at: usage.timestamp, cpu, rssMb: usage.memory / 1024 / 1024, ...UNKNOWN });
  return cpu ?? undefined;
}

/** Milliseconds that all cores together, and this process, have worked and waited so far. */
function coreTimes() {
  const times = cpus().map((core) => core.times);
  const idle = times.reduce((sum, core) => sum + core.idle, 0);
  const busy = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), idle, busy, own: (user + system) / 1000 };
}

const UNKNOWN = { threads: null, fds: null, connections: null };
