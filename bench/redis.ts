import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { adopt } from "../cli/children.ts";

/** A redis-server of its own, that keeps nothing. */
export async function startRedis() {
  const port = String(20_000 + (process.pid % 20_000));
  const child = spawn("redis-server", ["--port", port, "--save", "", "--appendonly", "no"], {
    stdio: "ignore",
    detached: true,
  });
  adopt(child);
  const over = once(child, "exit");
  for (let tries = 0; command(port, "PING") !== "PONG"; tries++) {
    if (child.exitCode !== null || tries > 500) throw new Error(`redis-server did not start on port ${port}`);
  }
  const stop = async () => {
    child.kill("SIGTERM");
    await over;
  };
  return { url: `redis://127.0.0.1:${port}`, port, stop };
}

/** What a command answers, as `redis-cli` prints it. */
export function command(port: string, ...words: string[]): string {
  return spawnSync("redis-cli", ["-p", port, ...words], { encoding: "utf8" }).stdout.trim();
}

/** Throws away what the server holds. */
export function flush(port: string): void {
  command(port, "FLUSHALL");
}
