import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { adopt } from "./children.ts";
import type { Service } from "./service.ts";

const START_DEADLINE_MS = 10_000;
const POLL_MS = 20;

/** A real redis-server on the loopback interface. */
export interface RedisServer extends Service {
  /**
   * Kills it as a crash would, and starts it again on the same port with the data it had stored.
   *
   * @param away ms in between.
   */
  restart(away?: number): Promise<void>;
}

/**
 * Starts the redis-server on the PATH.
 *
 * @param folder for its append-only file; null keeps nothing.
 * @throws an error when there is no redis-server, or it does not answer.
 */
export async function startRedisServer(folder: string | null): Promise<RedisServer> {
  const port = await freePort();
  let running = await launch(port, folder);
  return {
    service: "redis",
    url: `redis://127.0.0.1:${port}`,
    pid: () => running.pid,
    ended: () => running.ended(),
    stop: () => running.end("SIGTERM"),
    kill: () => running.end("SIGKILL"),
    restart: async (away = 0) => {
      await running.end("SIGKILL");
      await pause(away);
      running = await launch(port, folder);
    },
  };
}

async function launch(port: number, folder: string | null) {
  const storage = folder === null ? ["--appendonly", "no"] : ["--appendonly", "yes", "--dir", folder];
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no", ...storage];
  const quiet = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
  const child = execa("redis-server", args, { reject: false, detached: true, cleanup: false, ...quiet });
  adopt(child);
  let ended: string | undefined;
  const over = child.then(({ signal, exitCode, shortMessage }) => {
    ended = `redis-server ended: ${signal ?? (exitCode === undefined ? shortMessage : `code ${exitCode}`)}`;
  });
  for (const deadline = Date.now() + START_DEADLINE_MS; !(await answers(port)); await pause(POLL_MS)) {
    if (ended !== undefined) throw new Error(ended);
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`redis-server does not answer on port ${port}`);
    }
  }
  return {
    pid: child.pid,
    ended: () => ended,
    end: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await over;
    },
  };
}

/** Whether a server has loaded its data and takes commands. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const tell = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (data) => tell(data.toString().startsWith("+PONG"))).on("error", () => tell(false));
  });
}

/** A free port of the loopback interface. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no free port was found");
  return address.port;
}
