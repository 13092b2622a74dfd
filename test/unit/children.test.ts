import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "vitest";
import { adopt } from "../../cli/children.ts";

test("what a process started ends with it, also when it was killed", async () => {
  // The grandchild holds the pipe open for as long as it lives.
  const child = spawn("sh", ["-c", "sleep 600 & echo started; wait"], { detached: true });
  adopt(child);
  await once(createInterface(child.stdout), "line");
  const closed = once(child.stdout, "close");
  child.kill("SIGKILL");
  await closed;
});
