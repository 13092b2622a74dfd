import { availableParallelism, loadavg, release, totalmem, type } from "node:os";
import { execa } from "execa";
import { k6Program } from "../k6.ts";
import type { Result } from "../result.ts";
import { ownVersion } from "../version.ts";

/** The machine before the load. */
export function machineNow(): Result["machine"] {
  return {
    system: `${type()} ${release()} ${process.arch}`,
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** The versions of all programs that took part. @param target name of the tested system, if known. */
export async function versionsOf(root: string, target: string): Promise<Record<string, string>> {
  const throughline = await ownVersion(root);
  return { throughline, node: process.version, k6: (await k6Version(k6Program(root))) ?? "unknown", target };
}

/** The version of a k6; null when it cannot be run. */
export async function k6Version(program: string): Promise<string | null> {
  const { stdout, exitCode } = await execa(program, ["version"], { reject: false });
  return exitCode === 0 ? (/v\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null) : null;
}
