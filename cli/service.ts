import { createWriteStream } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { execa } from "execa";
import * as v from "valibot";
import { PREFIX } from "../core/ownvariables.ts";
import { OWN_WAYS_IN } from "../systems/access.ts";
import { causeIn } from "./cause.ts";
import { adopt } from "./children.ts";

/** What a service prints on one line once it can be used. */
const AnnouncementSchema = v.looseObject({ service: v.string(), url: v.string(), wsUrl: v.optional(v.string()) });

export type Announcement = v.InferOutput<typeof AnnouncementSchema>;

/** A process of ours that serves the others. */
export interface Service extends Announcement {
  /** The process that does the work; it changes when the service is started again. */
  readonly pid: () => number | undefined;
  /** Unset while it runs; why it is over once it is. */
  readonly ended: () => string | undefined;
  stop(): Promise<void>;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
}

/** A service that has not announced its address by then has failed. */
const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
/** How much of a service's log is searched for why it ended. */
const LOG_KEPT = 65_536;

/** What our environment may hold for a receiver that somebody starts by hand. */
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
 * Starts a service and waits until it says where it is.
 *
 * @param name what it is called in messages.
 * @param command program and arguments; it must know `--exit-with-stdin`, so that it ends with us.
 * @param logFile where its standard error goes.
 * @param environment what it is told beside our environment, such as what belongs on no command line.
 * @throws an error that names the service and ends with the cause that it logged.
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
    // With our prefix the shell may say the same otherwise.
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
  // On a full disk lines are lost; a service that nobody listens to would wait for us.
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
