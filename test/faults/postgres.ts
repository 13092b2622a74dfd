import { spawn } from "node:child_process";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Service } from "../../cli/service.ts";
import { answers } from "./process.ts";

const DEADLINE_MS = 20_000;

/** A killed PostgreSQL. */
export interface CrashedPostgres {
  /** Starts it again with its data, like a machine that comes back. */
  again(): Promise<void>;
  /** Removes the rest of it with its data. */
  end(): Promise<void>;
}

/** Kills the server that a service of ours runs, but not the service. @param url of the server. */
export async function crash({ pid, url }: Service): Promise<CrashedPostgres> {
  const parent = pid() as number;
  const [server] = await childrenOf(parent);
  if (server === undefined) throw new Error(`process ${parent} runs no PostgreSQL`);
  const [program, ...args] = await listOf(server, "cmdline");
  const env = Object.fromEntries((await listOf(server, "environ")).map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  const { uid, gid } = await stat(`/proc/${server}`);
  const data = args[args.indexOf("-D") + 1];
  if (program === undefined || data === undefined) throw new Error(`process ${server} is no PostgreSQL`);
  process.kill(server, "SIGKILL");
  await until(async () => !(await answers(url)));
  let restarted: ReturnType<typeof spawn> | null = null;
  return {
    again: async () => {
      restarted = spawn(program, args, { env, uid, gid, stdio: "ignore" });
      await until(() => answers(url));
    },
    end: async () => {
      if (restarted !== null) {
        const over = new Promise((resolve) => restarted?.once("exit", resolve));
        restarted.kill("SIGINT");
        await over;
      }
      // It waits for a server that is gone.
      process.kill(parent, "SIGKILL");
      await rm(dirname(data), { recursive: true, force: true });
    },
  };
}

async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // The name in brackets may contain anything; the state and the parent follow it.
    const [, ppid] = line.slice(line.lastIndexOf(")") + 2).split(" ");
    if (Number(ppid) === parent) found.push(Number(name));
  }
  return found;
}

async function listOf(pid: number, file: "cmdline" | "environ"): Promise<string[]> {
  return (await readFile(`/proc/${pid}/${file}`, "utf8")).split("\0").filter((item) => item !== "");
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(50)) {
    if (await holds()) return;
  }
  throw new Error("PostgreSQL did not do as it was told");
}
