import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Service, startService } from "../../cli/service.ts";

/** A service that can be killed, halted and restarted at the same port. */
export class Process {
  private readonly start: (port: string) => Promise<Service>;
  private service: Service;

  private constructor(start: (port: string) => Promise<Service>, service: Service) {
    this.start = start;
    this.service = service;
  }

  /**
   * Starts a service on a free port.
   *
   * @param command program and arguments; `--port` is added.
   * @param environment added to ours.
   */
  static async begin(
    name: string,
    command: readonly string[],
    log: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Process> {
    const start = (port: string) => startService(name, [...command, "--port", port], log, environment);
    return new Process(start, await start("0"));
  }

  get url(): string {
    return this.service.url;
  }

  get wsUrl(): string {
    return this.service.wsUrl ?? "";
  }

  /** Kills it, as a crash would. */
  kill(): Promise<void> {
    return this.service.kill();
  }

  /** Starts it again on the same port. */
  async again(): Promise<void> {
    this.service = await this.start(new URL(this.url).port);
  }

  /** Halts it for `ms`, like a machine without free CPU. */
  async halt(milliseconds: number): Promise<void> {
    await halted([this.service.pid() as number], milliseconds);
  }

  async stop(): Promise<void> {
    await this.service.stop();
  }
}

/** Halts processes for `ms`. */
export async function halted(pids: readonly number[], milliseconds: number): Promise<void> {
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  try {
    await pause(milliseconds);
  } finally {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  }
}

/** Other running processes with a text in their environment. */
export async function heirsOf(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const content = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (content.includes(text)) found.push(pid);
  }
  return found;
}

/** Whether something listens at a URL of this machine. */
export function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
