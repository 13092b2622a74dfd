import { descriptorsOf, listenerOn, type Process, processes, sockets, treeOf } from "./proc.ts";
import { type HealthEvent, type HealthSample, MB, type Reading, type Source } from "./sample.ts";

/** A process that ended before it was this old was an errand of another, and its end no death. */
const ERRAND_MS = 1_000;

/** A process of the same name that comes within so long takes the place of one that died. */
const REPLACED_WITHIN_MS = 10_000;

/** Watches a process and its descendants, found by its id or by the port it listens on. Linux only. */
export class ProcessTree implements Source {
  private readonly find: () => Promise<number | null>;
  private root: number | null = null;
  private known = new Map<string, { process: Process; since: number }>();
  private bereaved: { process: Process; at: number }[] = [];
  private last: { at: number; cpuSeconds: ReadonlyMap<string, number> } | null = null;

  constructor(watch: { pid: number } | { port: number }) {
    this.find = "pid" in watch ? async () => watch.pid : () => listenerOn(watch.port);
  }

  async read(): Promise<Reading> {
    const all = await processes();
    if (this.root === null || !all.has(this.root)) this.root = await this.find();
    const tree = this.root === null ? [] : treeOf(all, this.root);
    const at = Date.now();
    return { events: this.compare(tree, at), sample: await this.measure(tree, at) };
  }

  /** What happened since the last reading. */
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
      // Those of the first reading are not new, however young they are.
      this.known.set(identity, { process, since: isFirst ? at - ERRAND_MS : at });
      const before = this.bereaved.find((one) => one.process.name === process.name);
      if (isFirst || before === undefined) continue;
      this.bereaved = this.bereaved.filter((one) => one !== before);
      events.push({ at, kind: "restarted", what: `restarted: pid ${before.process.pid} became ${process.pid}` });
    }
    return events;
  }

  private async measure(tree: readonly Process[], at: number): Promise<HealthSample> {
    const cpuSeconds = new Map(tree.map((process) => [identityOf(process), process.cpuSeconds]));
    const before = this.last;
    this.last = { at, cpuSeconds };
    if (tree.length === 0) return { at, cpu: null, rssMb: null, threads: null, fds: null, connections: null };
    const sum = (of: (process: Process) => number) => tree.reduce((total, process) => total + of(process), 0);
    const used = sum((process) => process.cpuSeconds - (before?.cpuSeconds.get(identityOf(process)) ?? 0));
    const descriptors = await Promise.all(tree.map(({ pid }) => descriptorsOf(pid)));
    const readable = descriptors.every((one) => one !== null);
    return {
      at,
      cpu: before === null || at <= before.at ? null : Math.max(0, (used * 100_000) / (at - before.at)),
      rssMb: sum(({ rssBytes }) => rssBytes) / MB,
      threads: sum(({ threads }) => threads),
      fds: readable ? descriptors.reduce((total, one) => total + (one?.count ?? 0), 0) : null,
      connections: readable ? await connectionsOf(descriptors.flatMap((one) => one?.sockets ?? [])) : null,
    };
  }
}

function identityOf({ pid, startedAt }: Process): string {
  return `${pid}@${startedAt}`;
}

/** Established TCP connections; one that two processes share is one. */
async function connectionsOf(inodes: readonly string[]): Promise<number> {
  const own = new Set(inodes);
  return (await sockets()).filter(({ state, inode }) => state === "established" && own.has(inode)).length;
}
