import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { causeIn } from "../cli/cause.ts";
import { freePort } from "../cli/redis-server.ts";

const START_DEADLINE_MS = 30_000;
const POLL_MS = 50;

/** A time-series database on the loopback interface. */
export interface Database {
  readonly url: string;
  /** Stops it and deletes its data. */
  stop(): Promise<void>;
}

/** Starts the influxd on the PATH, empty. @param port a free one by default. @throws when it does not answer. */
export async function startInfluxd(port?: number): Promise<Database> {
  const http = port ?? (await freePort());
  const rpc = await freePort();
  return start("influxd", `http://127.0.0.1:${http}`, "/ping", async (folder) => {
    const config = `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
`;
    await writeFile(join(folder, "influxdb.conf"), config);
    return ["-config", join(folder, "influxdb.conf")];
  });
}

/** Starts the prometheus on the PATH: it accepts remote writes and scrapes receivers each second. */
export async function startPrometheus(receivers: readonly string[]): Promise<Database> {
  const port = await freePort();
  return start("prometheus", `http://127.0.0.1:${port}`, "/-/ready", async (folder) => {
    const config = {
      global: { scrape_interval: "1s" },
      scrape_configs: [
        { job_name: "receiver", static_configs: [{ targets: receivers.map((url) => new URL(url).host) }] },
      ],
    };
    // JSON is valid YAML.
    await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
    return [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
    ];
  });
}

async function start(
  program: string,
  url: string,
  ready: string,
  configure: (folder: string) => Promise<string[]>,
): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), `throughline-${program}-`));
  const child = execa(program, await configure(folder), {
    reject: false,
    stdin: "ignore",
    stdout: "ignore",
    all: false,
  });
  let ended: string | null = null;
  const over = child.then(({ stderr, shortMessage }) => {
    ended = `${program} ended: ${causeIn(stderr) || shortMessage}`;
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await over;
    await rm(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + START_DEADLINE_MS; ; await pause(POLL_MS)) {
    const answer = await fetch(url + ready).catch(() => null);
    if (answer?.ok === true) return { url, stop };
    if (ended === null && Date.now() < deadline) continue;
    await stop();
    throw new Error(ended ?? `${program} does not answer at ${url}`);
  }
}
