/**
 * Processes as Linux shows them in /proc. Linux only: the packages that also know other systems
 * (pidusage, systeminformation) tell neither descriptors nor connections nor when a process was started,
 * without which a restart cannot be told from a process that goes on. Read synchronously: the kernel answers
 * from memory, and a promise for each file would cost five times as much as the file.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { uptime } from "node:os";

/** One process. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Name of its program, as the system cuts it off. */
  readonly name: string;
  /** Ticks from the start of the machine to that of the process: a pid that is used again has another. */
  readonly startedAt: number;
  /** Seconds of CPU that it has used. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly threads: number;
}

/** Linux reports times in hundredths of a second, whatever its kernel's own tick is. */
const TICKS_PER_SECOND = 100;
/** Memory is reported in pages; their size differs between machines. */
const PAGE_BYTES = Number(spawnSync("getconf", ["PAGESIZE"], { encoding: "utf8" }).stdout ?? "") || 4096;

/** All processes that live; one that has ended and is not yet buried does not. */
export function processes(): Map<number, Process> {
  return living(numbersIn("/proc"));
}

/** Of these processes, those that live. */
export function living(pids: Iterable<number>): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const pid of pids) {
    const process = processOf(pid);
    if (process !== null) found.set(pid, process);
  }
  return found;
}

/** The entries of a folder whose names are numbers. */
function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** What a reading gives; the fallback where there is nothing to read, or we may not. */
function attempt<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}

const text = (file: string): string | null => attempt(() => readFileSync(file, "utf8"), null);

function processOf(pid: number): Process | null {
  const stat = text(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name is in parentheses and may hold anything, parentheses too.
  const end = stat.lastIndexOf(")");
  const fields = stat.slice(end + 2).split(" ");
  const field = (place: number) => Number(fields[place - 3]);
  if ("ZX".includes(fields[0] as string)) return null;
  return {
    pid,
    parent: field(4),
    name: stat.slice(stat.indexOf("(") + 1, end),
    startedAt: field(22),
    cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    rssBytes: field(24) * PAGE_BYTES,
    threads: field(20),
  };
}

/** A process and its descendants; none when it does not live. */
export function treeOf(all: ReadonlyMap<number, Process>, root: number): Process[] {
  const tree: Process[] = [];
  const first = all.get(root);
  if (first === undefined) return tree;
  tree.push(first);
  for (let at = 0; at < tree.length; at++) {
    const { pid } = tree[at] as Process;
    for (const one of all.values()) if (one.parent === pid) tree.push(one);
  }
  return tree;
}

/** How many descriptors a process has open, and the inodes of its sockets; null when we may not look. */
export function descriptorsOf(pid: number): { count: number; sockets: string[] } | null {
  const names = attempt(() => readdirSync(`/proc/${pid}/fd`), null);
  if (names === null) return null;
  const links = names.map((name) => attempt(() => readlinkSync(`/proc/${pid}/fd/${name}`), ""));
  return { count: names.length, sockets: links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []) };
}

/** When a process was started, in Unix ms, give or take a hundredth of a second. */
export function startOf({ startedAt }: Process): number {
  return Date.now() - uptime() * 1000 + (startedAt / TICKS_PER_SECOND) * 1000;
}

/** One TCP socket of this machine. */
interface Socket {
  readonly port: number;
  readonly state: "listening" | "established" | "other";
  readonly inode: string;
}

const STATES: Readonly<Record<string, Socket["state"]>> = { "0A": "listening", "01": "established" };

/** Of a line: the local port, the state, and the inode. */
const SOCKET = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+)/gm;

/** All TCP sockets of this machine. */
export function sockets(): Socket[] {
  return ["tcp", "tcp6"].flatMap((name) =>
    [...(text(`/proc/net/${name}`) ?? "").matchAll(SOCKET)].map(([, port = "", state = "", inode = ""]) => ({
      port: Number.parseInt(port, 16),
      state: STATES[state] ?? "other",
      inode,
    })),
  );
}

/** The process that listens on a port: of several the common ancestor; null for none. */
export function listenerOn(port: number): number | null {
  const inodes = new Set(
    sockets()
      .filter((one) => one.state === "listening" && one.port === port)
      .map((one) => one.inode),
  );
  if (inodes.size === 0) return null;
  const all = processes();
  const owners: number[] = [];
  for (const pid of all.keys()) {
    const open = descriptorsOf(pid);
    if (open?.sockets.some((inode) => inodes.has(inode))) owners.push(pid);
  }
  return owners.find((pid) => !owners.includes(all.get(pid)?.parent ?? 0)) ?? null;
}
