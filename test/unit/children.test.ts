import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished, test } from "vitest";
import { adopt } from "../../cli/children.ts";

test("what a process started ends with it, also when it was killed", async () => {
  // The grandchild holds the pipe open for as long as it lives.
  const child = spawn("sh", ["-c", "sleep 600 & echo started; wait"], { detached: true });
  onTestFinished(() => endGroup(child.pid as number));
  adopt(child);
  await once(createInterface(child.stdout), "line");
  const closed = once(child.stdout, "close");
  child.kill("SIGKILL");
  await closed;
});

/** Ends what is left of a group of processes, should the test have failed. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== "ESRCH") throw problem;
  }
}
