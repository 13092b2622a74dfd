import { createWriteStream } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { execa } from "execa";
import * as v from "valibot";
import { PREFIX } from "../core/ownvariables.ts";
import { OWN_WAYS_IN } from "../systems/access.ts";
import { causeIn } from "./cause.ts";
import { adopt } from "./children.ts";

/** The line that a service prints once it is ready. */
const AnnouncementSchema = v.looseObject({ service: v.string(), url: v.string(), wsUrl: v.optional(v.string()) });

type Announcement = v.InferOutput<typeof AnnouncementSchema>;

/** A child process that serves the others. */
export interface Service extends Announcement {
  /** Its process id, which changes when the service is restarted. */
  readonly pid: () => number | undefined;
  /** Undefined while it runs; afterwards the reason why it ended. */
  readonly ended: () => string | undefined;
  stop(): Promise<void>;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
}

/** A service that has not announced its address by then has failed. */
const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
/** How much of a log is searched for the cause of its end. */
const LOG_KEPT = 65_536;

/** Variables that users set for receivers they start by hand; ours must not see them. */
const ELSEWHERE = {
  RECEIVER_SECRET: undefined,
  RECEIVER_SIGNATURE: undefined,
  RECEIVER_DATABASE: undefined,
  RECEIVER_TABLE: undefined,
  RECEIVER_COLUMNS: undefined,
  RECEIVER_REDIS: undefined,
  RECEIVER_INFLUXDB: undefined,
  ...Object.fromEntries(
    Object.keys(OWN_WAYS_IN).flatMap((name) => [name, PREFIX + name].map((one) => [one, undefined])),
  ),
};

/**
 * Starts a service and waits for its announcement.
 *
 * @param name for messages.
 * @param command program and arguments; it must support `--exit-with-stdin`, so that it ends with us.
 * @param logFile for its standard error.
 * @param environment added to ours, such as secrets that belong on no command line.
 * @throws an error that names the service and ends with the cause from its log.
 */
export async function startService(
  name: string,
  command: readonly string[],
  logFile: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const [program, ...args] = command as [string, ...string[]];
  const child = execa(program, [...args, "--exit-with-stdin"], {
    stdin: "pipe",
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    forceKillAfterDelay: STOP_DEADLINE_MS,
    // Prefixed variables of the shell would set the same options.
    env: {
      ...ELSEWHERE,
      ...Object.fromEntries(Object.keys(environment).map((name) => [PREFIX + name, undefined])),
      ...environment,
    },
  });
  adopt(child);
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-LOG_KEPT);
  });
  // On a full disk log lines are lost, but the pipe must be read or the service would block.
  child.stderr.pipe(createWriteStream(logFile)).on("error", () => child.stderr.resume());
  let ended: string | undefined;
  const over = child.then(({ exitCode, signal, originalMessage }) => {
    const how = signal ?? (exitCode === undefined ? originalMessage : `code ${exitCode}`);
    ended = `${name} ended (${how}): ${causeIn(log) || "it logged nothing"}`;
  });
  const deadline = setTimeout(() => child.kill("SIGTERM"), START_DEADLINE_MS);
  const announcement = await Promise.race([announced(createInterface(child.stdout)), over]);
  clearTimeout(deadline);
  if (announcement === undefined) throw new Error(`cannot start ${name}: ${ended}`);
  return {
    ...announcement,
    pid: () => child.pid,
    ended: () => ended,
    stop: async () => {
      child.kill("SIGTERM");
      await over;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await over;
    },
  };
}

/** The first line that is an announcement. */
function announced(lines: Interface): Promise<Announcement> {
  return new Promise((resolve) => {
    lines.on("line", (line) => {
      const parsed = v.safeParse(AnnouncementSchema, asJson(line));
      if (parsed.success) resolve(parsed.output);
    });
  });
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
