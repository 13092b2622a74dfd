/** Process groups that we started and that still run. */
const running = new Set<number>();

process.once("exit", () => {
  for (const pid of running) endGroup(pid);
});

/**
 * Takes care that a process does not outlive us, however we end. It must lead a process group of its
 * own (`detached`), so that an interrupt from the keyboard reaches us alone, and we end it in order.
 */
export function adopt(child: { readonly pid?: number | undefined } & PromiseLike<unknown>): void {
  const { pid } = child;
  if (pid === undefined) return;
  running.add(pid);
  const forget = () => void running.delete(pid);
  child.then(forget, forget);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended in the meantime.
  }
}
