import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { freemem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import type { K6, Machine } from "./checks.ts";

/** The default ports of the addresses in variables. */
const DEFAULT_PORTS = [4222, 4800, 6379, 8080];

/**
 * Collects facts about this machine. @param root folder of the package. @param port of the receiver; 0 for any free
 * port.
 */
export async function inspectMachine(root: string, port: number): Promise<Machine> {
  const built = join(root, "bin/k6");
  const [programs, builtK6, redisServer, limit, busy] = await Promise.all([
    inspectPrograms(),
    existsSync(built) ? inspectK6(built) : null,
    outputOf("redis-server", ["--version"]),
    outputOf("sh", ["-c", "ulimit -n"]),
    Promise.all([...new Set([...DEFAULT_PORTS, port])].map(async (port) => ((await isBusy(port)) ? [port] : []))),
  ]);
  return {
    node: process.versions.node,
    ...programs,
    builtK6,
    isK6Current: await isK6Current(root),
    redisServer: redisServer === null ? null : (/v=(\S+)/.exec(redisServer)?.[1] ?? "found"),
    fds: limit === null ? null : limit.trim() === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(limit),
    freeMemoryMb: Math.round(availableMemory() / 1024 / 1024),
    busyPorts: busy.flat(),
  };
}

/** Whether bin/k6 was built of what xk6/ has now; null where nobody can tell, as in an image. */
async function isK6Current(root: string): Promise<boolean | null> {
  const file = join(root, "bootstrap.mjs");
  if (!existsSync(file)) return null;
  const bootstrap = (await import(pathToFileURL(file).href)) as { isK6Current: () => boolean | null };
  return bootstrap.isK6Current();
}

/** The versions of Go and of the k6 on the PATH. */
export async function inspectPrograms(): Promise<Pick<Machine, "go" | "pathK6">> {
  const [go, pathK6] = await Promise.all([outputOf("go", ["version"]), inspectK6("k6")]);
  return { go: (go && /go(\d\S*)/.exec(go)?.[1]) ?? null, pathK6 };
}

/** A k6; null when it cannot be run. */
export async function inspectK6(program: string): Promise<K6 | null> {
  return k6In(await outputOf(program, ["version"]));
}

/** Parses the output of `k6 version`, which lists extensions as in `github.com/… v0.3.6, k6/x/redis [js]`. */
function k6In(text: string | null): K6 | null {
  if (text === null) return null;
  const version = /v(\d+\.\d+\.\d+\S*)/.exec(text)?.[1]?.replace(/[,)]$/, "") ?? "unknown";
  return { version, extensions: [...text.matchAll(/k6\/x\/[\w/-]+/g)].map(([name]) => name) };
}

/** The output of a program; null when it cannot be run. */
async function outputOf(program: string, args: readonly string[]): Promise<string | null> {
  const { stdout, exitCode } = await execa(program, args, { reject: false, timeout: 10_000 });
  return exitCode === 0 ? stdout : null;
}

/** On Linux (MemAvailable) this includes caches that can be freed. */
function availableMemory(): number {
  const [, kilobytes] = existsSync("/proc/meminfo")
    ? (/MemAvailable:\s+(\d+) kB/.exec(readFileSync("/proc/meminfo", "utf8")) ?? [])
    : [];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

function isBusy(port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 1_000 });
    const tell = (busy: boolean) => {
      socket.destroy();
      resolve(busy);
    };
    socket
      .once("connect", () => tell(true))
      .once("error", () => tell(false))
      .once("timeout", () => tell(false));
  });
}
