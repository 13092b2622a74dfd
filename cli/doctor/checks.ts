/** What a machine must have for the suite, one row each. Pure: what was found comes from elsewhere. */

/** The answer to one question. */
export interface Check {
  readonly what: string;
  readonly found: string;
  /** Whether it will do; null when it is only worth knowing. */
  readonly ok: boolean | null;
  /** How to get it, where it will not do. */
  readonly remedy?: string | undefined;
}

/** A version such as 20.12.1 against the least that is needed, such as 20.12. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string) => (/\d+(?:\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);
  const [have, want] = [numbers(version), numbers(least)];
  for (let place = 0; place < want.length; place++) {
    const difference = (have[place] ?? 0) - (want[place] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const LEAST_NODE = "20.12";
export const LEAST_GO = "1.26";
export const LEAST_K6 = "1.8";

/** What was found on a machine; null where there is nothing. */
export interface Machine {
  readonly node: string;
  readonly go: string | null;
  /** Ours, with what `k6 version` lists of its extensions; and the one on the PATH. */
  readonly builtK6: { readonly version: string; readonly extensions: readonly string[] } | null;
  readonly pathK6: string | null;
  readonly redisServer: string | null;
  readonly fds: number | null;
  readonly freeMemoryMb: number;
  /** Ports of the defaults that somebody listens on. */
  readonly busyPorts: readonly number[];
}

/** What the load needs. */
export interface Need {
  /** As asked for, to be shown. */
  readonly load: string;
  /** Connections open at the same time. */
  readonly connections: number;
  /** Why it needs bin/k6; null where any k6 will do. */
  readonly ours: string | null;
  /** The suite's own target may have to be started. */
  readonly reference: boolean;
}

/** Memory of one connection in k6 and the target beside it, in MB; ten thousand took about 1.3 GB of k6. */
const MB_PER_CONNECTION = 0.15;
const MB_AT_REST = 300;
/** Files that k6 has open beside its connections. */
const SPARE_FDS = 100;

/** Judges a machine. */
export function machineChecks(machine: Machine, need: Need): Check[] {
  const { node, go, builtK6, pathK6, redisServer, fds, freeMemoryMb, busyPorts } = machine;
  const wantedFds = need.connections + SPARE_FDS;
  const wantedMb = Math.ceil(MB_AT_REST + need.connections * MB_PER_CONNECTION);
  const canBuild = go !== null && isAtLeast(go, LEAST_GO);
  const hasK6 = builtK6 !== null || (need.ours === null && pathK6 !== null && isAtLeast(pathK6, LEAST_K6));
  return [
    row("node", node, isAtLeast(node, LEAST_NODE), `install Node ${LEAST_NODE} or later: https://nodejs.org`),
    row(
      "go",
      go ?? "not found",
      canBuild || hasK6 ? canBuild || null : false,
      `install Go ${LEAST_GO} or later, to build bin/k6: https://go.dev/dl`,
    ),
    k6Check(builtK6, pathK6, canBuild, need.ours),
    ...(need.reference ? [redisCheck(redisServer)] : []),
    row(
      "open files",
      `${fds ?? "unknown"}, ${wantedFds} are needed for ${need.load}`,
      fds === null ? null : fds >= wantedFds,
      `raise the limit in this shell: ulimit -n ${Math.max(65_536, wantedFds)}`,
    ),
    row(
      "free memory",
      `${freeMemoryMb} MB, about ${wantedMb} MB are needed for ${need.load}`,
      freeMemoryMb >= wantedMb,
      "fewer VUS or SOCKETS (LOAD_SCALE shrinks a profile), or a larger machine",
    ),
    row(
      "ports",
      busyPorts.length === 0 ? "the defaults are free" : `in use: ${busyPorts.join(", ")}`,
      null,
      "a receiver that webhooks are sent to listens on 4800; everything else takes ports that are free",
    ),
  ];
}

function k6Check(built: Machine["builtK6"], onPath: string | null, canBuild: boolean, ours: string | null): Check {
  if (built !== null) {
    const missing = ["k6/x/nats", "k6/x/redis", "k6/x/redis-streams"].filter(
      (name) => !built.extensions.includes(name),
    );
    const ok = missing.length === 0 && isAtLeast(built.version, LEAST_K6);
    const found = `bin/k6 ${built.version} with ${built.extensions.join(", ")}`;
    return row("k6", found, ok, "build it again: npm run build");
  }
  const willDo = onPath !== null && isAtLeast(onPath, LEAST_K6);
  if (willDo && ours === null) return row("k6", `${onPath} on the PATH`, true, "");
  if (canBuild) return row("k6", "not built yet; Go is there", null, "the first run that needs it builds it");
  const remedy = `${ours ?? `any k6 ${LEAST_K6} or later will do`}; with Go ${LEAST_GO} the first run builds one`;
  if (onPath === null) return row("k6", "not found", false, remedy);
  return row("k6", willDo ? `${onPath} on the PATH, without our extensions` : `${onPath} on the PATH`, false, remedy);
}

function redisCheck(found: string | null): Check {
  const remedy = "the reference pipeline of ethhook needs one: apt-get install redis-server, or brew install redis";
  return row("redis-server", found ?? "not found", found === null ? null : true, remedy);
}

function row(what: string, found: string, ok: boolean | null, remedy: string): Check {
  return ok === true ? { what, found, ok } : { what, found, ok, remedy };
}

const MARKS = new Map<boolean | null, string>([
  [true, "ok"],
  [false, "MISSING"],
  [null, "note"],
]);

/** The answers as text, with what to do about each that will not do. */
export function renderChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ what }) => what.length));
  const lines = checks.flatMap(({ what, found, ok, remedy }) => {
    const line = `${(MARKS.get(ok) as string).padEnd(7)}  ${what.padEnd(width)}  ${found}`;
    return remedy === undefined ? [line] : [line, `${" ".repeat(width + 11)}${remedy}`];
  });
  return `${lines.join("\n")}\n`;
}
