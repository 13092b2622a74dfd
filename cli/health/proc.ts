/**
 * Processes as Linux shows them in /proc. Linux only: packages for several systems (pidusage, systeminformation) report
 * no descriptors, connections or start times, and without start times a restart cannot be told from a process that goes
 * on. Reads are synchronous: the kernel answers from memory, and a promise per file would cost five times as much as
 * the file.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { uptime } from "node:os";

/** One process. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Name of its program, truncated by the system. */
  readonly name: string;
  /** Start time in ticks since boot; tells a process from an earlier one with the same pid. */
  readonly startedAt: number;
  /** CPU time used so far, in seconds. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly threads: number;
}

/** Linux reports times in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;
/** Memory is reported in pages, whose size differs between machines. */
const PAGE_BYTES = Number(spawnSync("getconf", ["PAGESIZE"], { encoding: "utf8" }).stdout ?? "") || 4096;

/** All live processes, without zombies. */
export function processes(): Map<number, Process> {
  return living(numbersIn("/proc"));
}

/** Those of the given processes that are alive. */
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

/** The result of a read; the fallback where it fails. */
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
  // The name is in parentheses and may contain parentheses.
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

/** A process and its descendants; empty when it is not alive. */
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

/** The number of descriptors a process has open, and the inodes of its sockets; null without permission. */
export function descriptorsOf(pid: number): { count: number; sockets: string[] } | null {
  const names = attempt(() => readdirSync(`/proc/${pid}/fd`), null);
  if (names === null) return null;
  const links = names.map((name) => attempt(() => readlinkSync(`/proc/${pid}/fd/${name}`), ""));
  return { count: names.length, sockets: links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []) };
}

/** Start time of a process in Unix ms, to a hundredth of a second. */
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

/** Matches a line's local port, state and inode. */
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

/** The process that listens on a port; if several do, their common ancestor. Null for none. */
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
