import type { ChildProcess } from "node:child_process";

/** Process groups that we started and that still run. */
const running = new Set<number>();

process.once("exit", () => {
  for (const pid of running) endGroup(pid);
});

/**
 * Takes care that neither a process nor its descendants outlive us, however we end but by SIGKILL, and that
 * its descendants do not outlive it. It must lead a process group of its own (`detached`), so that an
 * interrupt from the keyboard reaches us alone, and we end it in order.
 */
export function adopt(child: Pick<ChildProcess, "pid" | "once">): void {
  const { pid } = child;
  if (pid === undefined) return;
  running.add(pid);
  child.once("exit", () => {
    running.delete(pid);
    endGroup(pid);
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
