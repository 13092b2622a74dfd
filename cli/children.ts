import type { ChildProcess } from "node:child_process";
import { onExit } from "signal-exit";

/** Process groups that we started and that still run. */
const running = new Set<number>();

// Also of a signal that nobody handles: it ends a process without the event "exit".
onExit(() => {
  for (const pid of running) endGroup(pid);
});

/**
 * Makes sure that neither a child nor its descendants outlive us, however we end except by SIGKILL, and that no
 * descendant outlives the child. The child must lead its own process group (`detached`): then Ctrl-C reaches only us,
 * and we stop the children in order.
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
    // The group is already empty.
  }
}
