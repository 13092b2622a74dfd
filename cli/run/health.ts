import pidusage from "pidusage";
import type { Health } from "../result.ts";

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

  private async sample(): Promise<void> {
    await Promise.all([...this.records].map(([watched, record]) => sampleOne(watched, record)));
  }
}

/** The first look at a process tells its CPU since it was started; that is no sample of this second. */
const looked = new Set<number>();

async function sampleOne({ pid: pidOf }: WatchedProcess, { samples }: Health): Promise<void> {
  const pid = pidOf();
  if (pid === undefined) return;
  // A process that has ended has no more samples.
  const usage = await pidusage(pid).catch(() => null);
  if (usage === null) return;
  const cpu = looked.has(pid) ? usage.cpu : null;
  looked.add(pid);
  samples.push({ at: usage.timestamp, cpu, rssMb: usage.memory / 1024 / 1024, ...UNKNOWN });
}

const UNKNOWN = { threads: null, fds: null, connections: null };
