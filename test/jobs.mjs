/** The programs that a check starts. None outlives it, unless it is killed by SIGKILL. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** What a program may take to end in order what it has started itself. */
const ENDING_MS = 10_000;
const POLL_MS = 50;

/** Leaders of process groups. */
const leaders = new Set();
let isEnding = false;

/**
 * Starts a program in a process group of its own, and waits for its end.
 *
 * @param output where what it prints goes: "inherit", or "pipe" to have it returned.
 */
export async function run(program, args, { output = "pipe", ...options } = {}) {
  const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", output, output] });
  const printed = { stdout: [], stderr: [] };
  for (const name of ["stdout", "stderr"]) child[name]?.on("data", (chunk) => printed[name].push(chunk));
  if (child.pid !== undefined) leaders.add(child.pid);
  const text = (name) => Buffer.concat(printed[name]).toString();
  try {
    const [status, signal] = await once(child, "close");
    return {
      status,
      problem: signal === null ? null : `it was ended by ${signal}`,
      stdout: text("stdout"),
      stderr: text("stderr"),
    };
  } catch (problem) {
    return { status: null, problem: problem.message, stdout: "", stderr: "" };
  } finally {
    // At the end of all, the members of a group may still be ending what they have started.
    if (!isEnding) end(child.pid);
  }
}

/** Ends with a signal only when what was started has ended. @param last is called before that. */
export function endOnSignals(last) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, async () => {
      await endAll();
      last();
      process.exit(128 + constants.signals[signal]);
    });
  }
}

async function endAll() {
  isEnding = true;
  for (const leader of leaders) send(leader, "SIGTERM");
  for (const deadline = Date.now() + ENDING_MS; Date.now() < deadline && [...leaders].some(isThere); )
    await pause(POLL_MS);
  for (const leader of leaders) end(leader);
}

function end(leader) {
  if (leader === undefined) return;
  send(leader, "SIGKILL");
  leaders.delete(leader);
}

function isThere(leader) {
  return send(leader, 0);
}

/** @returns whether the group has a process. */
function send(leader, signal) {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}
