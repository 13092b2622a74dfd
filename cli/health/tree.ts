import { descriptorsOf, listenerOn, living, type Process, processes, sockets, startOf, treeOf } from "./proc.ts";
import { type HealthEvent, type HealthReading, type HealthSample, type HealthSource, MB } from "./sample.ts";
import { Throttle } from "./throttle.ts";

/** A process that ended younger than this was a short-lived helper; its end is not reported as a death. */
const ERRAND_MS = 1_000;

/** A new process of the same name within this time replaces one that died. */
const REPLACED_WITHIN_MS = 10_000;

/**
 * How often new processes and open descriptors are looked for, which reads all of /proc: with every sample it took 19 %
 * of a core.
 */
const LOOK_EVERY_MS = 1_000;
/** Each of the two scans may take this share of the time. */
const LOOK_SHARE = 0.005;
/** With a longer interval, a replacement could not be told from an unrelated new process. */
const LONGEST_PAUSE_MS = REPLACED_WITHIN_MS / 2;

/** The number of open descriptors and connections of a process tree; null without permission. */
type OpenCounts = Pick<HealthSample, "fds" | "connections">;

/** Watches a process and its descendants, found by its id or by the port it listens on. Linux only. */
export class ProcessTree implements HealthSource {
  private readonly find: () => number | null;
  private readonly search = new Throttle(LOOK_EVERY_MS, LOOK_SHARE, LONGEST_PAUSE_MS);
  private readonly inspection = new Throttle(LOOK_EVERY_MS, LOOK_SHARE);
  private root: number | null = null;
  private tree: readonly Process[] = [];
  private open: OpenCounts = { fds: null, connections: null };
  private known = new Map<string, { process: Process; since: number }>();
  private bereaved: { process: Process; at: number }[] = [];
  private last: { at: number; cpuSeconds: ReadonlyMap<string, number> } | null = null;

  constructor(watch: { pid: number } | { port: number }) {
    this.find = "pid" in watch ? () => watch.pid : () => listenerOn(watch.port);
  }

  async read(): Promise<HealthReading> {
    const same = this.again();
    const isWhole = same.length === this.tree.length;
    this.tree = same;
    if (this.search.isDue || !isWhole) this.search.run(() => this.findTree());
    if (this.inspection.isDue) {
      this.inspection.run(() => {
        this.open = openIn(this.tree);
      });
    }
    const at = Date.now();
    return { events: this.compare(this.tree, at), sample: this.measure(this.tree, at) };
  }

  /** The known processes as they are now, without those that ended. */
  private again(): Process[] {
    const now = living(this.tree.map(({ pid }) => pid));
    return this.tree.flatMap((before) => {
      const one = now.get(before.pid);
      return one?.startedAt === before.startedAt ? [one] : [];
    });
  }

  private findTree(): void {
    const all = processes();
    if (this.root === null || !all.has(this.root)) this.root = this.find();
    this.tree = this.root === null ? [] : treeOf(all, this.root);
  }

  /** The events since the last reading. */
  private compare(tree: readonly Process[], at: number): HealthEvent[] {
    const isFirst = this.last === null;
    const now = new Map(tree.map((process) => [identityOf(process), process]));
    const events: HealthEvent[] = [];
    for (const [identity, { process, since }] of this.known) {
      if (now.has(identity)) continue;
      this.known.delete(identity);
      if (at - since < ERRAND_MS) continue;
      events.push({ at, kind: "died", what: `died: pid ${process.pid} (${process.name})` });
      this.bereaved.push({ process, at });
    }
    this.bereaved = this.bereaved.filter((one) => at - one.at < REPLACED_WITHIN_MS);
    for (const [identity, process] of now) {
      if (this.known.has(identity)) continue;
      // Processes in the first reading are not new, however young they are.
      this.known.set(identity, { process, since: isFirst ? at - ERRAND_MS : startOf(process) });
      const before = this.bereaved.find((one) => one.process.name === process.name);
      if (isFirst || before === undefined) continue;
      this.bereaved = this.bereaved.filter((one) => one !== before);
      events.push({ at, kind: "restarted", what: `restarted: pid ${before.process.pid} became ${process.pid}` });
    }
    return events;
  }

  private measure(tree: readonly Process[], at: number): HealthSample {
    const cpuSeconds = new Map(tree.map((process) => [identityOf(process), process.cpuSeconds]));
    const before = this.last;
    this.last = { at, cpuSeconds };
    if (tree.length === 0) return { at, cpu: null, rssMb: null, threads: null, fds: null, connections: null };
    const sum = (of: (process: Process) => number) => tree.reduce((total, process) => total + of(process), 0);
    const used = sum((process) => process.cpuSeconds - (before?.cpuSeconds.get(identityOf(process)) ?? 0));
    return {
      at,
      cpu: before === null || at <= before.at ? null : Math.max(0, (used * 100_000) / (at - before.at)),
      rssMb: sum(({ rssBytes }) => rssBytes) / MB,
      threads: sum(({ threads }) => threads),
      ...this.open,
    };
  }
}

function openIn(tree: readonly Process[]): OpenCounts {
  const descriptors = tree.map(({ pid }) => descriptorsOf(pid));
  if (descriptors.some((one) => one === null)) return { fds: null, connections: null };
  return {
    fds: descriptors.reduce((total, one) => total + (one?.count ?? 0), 0),
    connections: connectionsOf(descriptors.flatMap((one) => one?.sockets ?? [])),
  };
}

function identityOf({ pid, startedAt }: Process): string {
  return `${pid}@${startedAt}`;
}

/** Number of established TCP connections; one that two processes share counts once. */
function connectionsOf(inodes: readonly string[]): number {
  const own = new Set(inodes);
  return sockets().filter(({ state, inode }) => state === "established" && own.has(inode)).length;
}
