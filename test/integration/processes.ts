import { readdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** What Linux shows of a process to every user, and what only to its owner. */
export type ProcessFile = "cmdline" | "environ";

const SAMPLE_MS = 50;

/** The command lines of all processes whose file contains a text. */
export async function processesTold(text: string, where: ProcessFile): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const lines = await Promise.all(
    pids.map(async (pid) => ((await read(pid, where)).includes(text) ? read(pid, "cmdline") : "")),
  );
  return lines.join("");
}

/** What ran before this file of tests was loaded belongs to others, and reading it every 50 ms takes a third of a core. */
const OF_OTHERS: ReadonlySet<string> = new Set(readdirSync("/proc"));

/** Watches the command lines of all later processes while `work` runs. @returns each of them once. */
export async function commandLinesDuring(work: Promise<unknown>): Promise<readonly string[]> {
  const seen = new Set<string>();
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && !OF_OTHERS.has(name))) {
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (line !== "") seen.add(line.replaceAll("\0", " ").trim());
    }
    await pause(SAMPLE_MS);
  }
  await done;
  return [...seen];
}
