/** What a machine needs to run the suite, one row each. Pure: it judges facts that machine.ts collects. */

import { EXTENSIONS, QUICKER } from "../../systems/kinds.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";
import type { Check } from "./check.ts";

/** Whether a version such as 20.12.1 is at least `least`, such as 20.12. */
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

/** A k6 binary, with the extensions that `k6 version` lists. */
export interface K6 {
  readonly version: string;
  readonly extensions: readonly string[];
}

/** Facts about a machine; null for what it does not have. */
export interface Machine {
  readonly node: string;
  readonly go: string | null;
  /** The k6 in bin/, and the one on the PATH. */
  readonly builtK6: K6 | null;
  /** Whether bin/k6 was built of what xk6/ has now; null where nobody can tell. */
  readonly isK6Current: boolean | null;
  readonly pathK6: K6 | null;
  readonly redisServer: string | null;
  readonly fds: number | null;
  readonly freeMemoryMb: number;
  /** Default ports that are in use. */
  readonly busyPorts: readonly number[];
}

/** What a run needs. */
export interface Need {
  /** The load as the user gave it, for messages. */
  readonly load: string;
  /** Connections open at the same time. */
  readonly connections: number;
  /** Why the run needs bin/k6; null where any k6 will do. */
  readonly ours: string | null;
  /** The reference target may have to be started. */
  readonly reference: boolean;
  /** Port of the receiver that the target sends requests to; 0 for any free port. */
  readonly port: number;
  /** Whether the target sends requests to it; it does unless told. */
  readonly sentTo?: boolean;
}

/**
 * Memory of one connection in k6 and in a target on the same machine, in MB: 10,000 connections took about 1.3 GB of
 * k6.
 */
const MB_PER_CONNECTION = 0.15;
const MB_AT_REST = 300;
/** Files that k6 has open besides its connections. */
const SPARE_FDS = 100;

/** Checks a machine against what a run needs. */
export function machineChecks(machine: Machine, need: Need): Check[] {
  const { node, go, builtK6, isK6Current, pathK6, redisServer, fds, freeMemoryMb, busyPorts } = machine;
  const wantedFds = need.connections + SPARE_FDS;
  const wantedMb = Math.ceil(MB_AT_REST + need.connections * MB_PER_CONNECTION);
  const canBuild = go !== null && isAtLeast(go, LEAST_GO);
  const hasK6 = builtK6 !== null || (need.ours === null && pathK6 !== null && isAtLeast(pathK6.version, LEAST_K6));
  return [
    row("node", node, isAtLeast(node, LEAST_NODE), `install Node ${LEAST_NODE} or later: https://nodejs.org`),
    row(
      "go",
      go ?? "not found",
      canBuild || hasK6 ? canBuild || null : false,
      `install Go ${LEAST_GO} or later, to build bin/k6: https://go.dev/dl`,
    ),
    k6Check(builtK6, isK6Current === false, pathK6, canBuild, need.ours),
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
    portCheck(busyPorts, need.port, need.sentTo ?? true),
  ];
}

/** A run takes bin/k6 if there is one, else a k6 on the PATH that can run its tests. */
function k6Check(built: K6 | null, isStale: boolean, onPath: K6 | null, canBuild: boolean, ours: string | null): Check {
  if (built !== null) {
    const lesser = [...slowerOn(built), ...(isStale ? ["of other sources than xk6/ has now"] : [])];
    const found = `bin/k6, ${built.version}: ${[abilities(built), ...lesser].join("; ")}`;
    const isWhole = isAtLeast(built.version, LEAST_K6) && unable(built).length === 0;
    const remedy = `build it again${canBuild ? "" : ` with Go ${LEAST_GO} or later`}: npm run build`;
    return row("k6", found, isWhole && lesser.length > 0 ? null : isWhole, remedy);
  }
  const found = onPath === null ? "not found" : `k6 on the PATH, ${onPath.version}: ${abilities(onPath)}`;
  const willDo = onPath !== null && isAtLeast(onPath.version, LEAST_K6);
  if (willDo && ours === null) return { what: "k6", found, ok: true };
  if (canBuild)
    return row("k6", "not built yet; Go is there", null, "the first run, or canary, that needs it builds it");
  const remedy = `${ours ?? `any k6 ${LEAST_K6} or later will do`}; with Go ${LEAST_GO} the first run builds one`;
  return row("k6", found, false, remedy);
}

const TESTS = Object.keys(VARIABLES) as RunnableTest[];

function lacking(test: RunnableTest, { extensions }: K6): string[] {
  return (EXTENSIONS[test] ?? []).filter((one) => !extensions.includes(one));
}

function unable(k6: K6): RunnableTest[] {
  return TESTS.filter((test) => lacking(test, k6).length > 0);
}

/** Which tests a k6 can run, and which extensions it lacks for the others. */
function abilities(k6: K6): string {
  if (!isAtLeast(k6.version, LEAST_K6)) return `too old, ${LEAST_K6} or later is needed`;
  const without = unable(k6);
  if (without.length === 0) return "runs every test";
  const lacks = without.flatMap((test) => lacking(test, k6)).join(" and ");
  const able = TESTS.filter((test) => !without.includes(test));
  return `runs ${able.join(", ")}; not ${without.join(" and ")}, for want of ${lacks}`;
}

/** Which tests take more of a k6 than they would of one with all extensions. */
function slowerOn({ extensions }: K6): string[] {
  return TESTS.flatMap((test) => {
    const { bundle, extension } = QUICKER[test] ?? {};
    if (extension === undefined || extensions.includes(extension)) return [];
    return [`${test} not by the quicker dist/${bundle}.js, for want of ${extension}`];
  });
}

function portCheck(busy: readonly number[], port: number, sentTo: boolean): Check {
  const found = busy.length === 0 ? "the default ports are free" : `${busy.join(", ")} in use; a run takes free ones`;
  if (port === 0) return { what: "ports", found, ok: true };
  if (!busy.includes(port))
    return {
      what: "ports",
      found: `${port} is free${sentTo ? ", where the target sends its requests" : ""}`,
      ok: true,
    };
  const remedy = "stop what listens there, or take another with --receiver-port and tell the target";
  return row("ports", `${port} is taken, and the target sends its requests there`, false, remedy);
}

function redisCheck(found: string | null): Check {
  const remedy = "reference pipelines with a Redis need one: apt-get install redis-server, or brew install redis";
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

/** The checks as text: one line each, with the remedy below a failed one. */
export function renderChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ what }) => what.length));
  const lines = checks.map(({ what, found, ok, remedy }) => {
    const line = `${(MARKS.get(ok) as string).padEnd(7)}  ${what.padEnd(width)}  ${found}`;
    return remedy === undefined ? line : `${line} -> ${remedy}`;
  });
  return `${lines.join("\n")}\n`;
}
