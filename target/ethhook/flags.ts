import { Command, InvalidArgumentError, Option } from "commander";
import { EVENT_STREAM } from "../../workload/wire/ethhook.ts";
import { complaining, readHost } from "../commandline.ts";
import { describeFaults, ETHHOOK_FAULTS, parseFaults } from "../faults.ts";
import { type EthhookOptions, PARTS } from "./service.ts";

export type Flags = Omit<EthhookOptions, "log"> & { readonly exitWithStdin: boolean };

const USAGE_ERROR = 2;

/** Reads the command line; ends the process with a line of help when it is wrong. */
export function readFlags(): Flags {
  const command = new Command("ethhook")
    .description("Reference pipeline: log entries from a Redis stream to webhooks.")
    .option("--port <number>", "port to listen on, 0 for a free one", number(0, 65_535), 0)
    .option("--host <address>", "address to listen on", readHost, "127.0.0.1")
    .option("--redis <url>", "Redis server", url("redis", "rediss"), "redis://127.0.0.1:6379")
    .requiredOption("--database <url>", "PostgreSQL database with the endpoints", url("postgres", "postgresql"))
    .option("--stream <key>", "stream with the events", EVENT_STREAM)
    .addOption(new Option("--part <name>", "what this process runs").choices(PARTS).default("all"))
    .option("--name <name>", "name among processes of the same part", "1")
    .option("--concurrency <number>", "deliveries at the same time", number(1, 10_000), 50)
    .option("--fault <name[=value]>", "plant a fault; may be given several times", collectFault)
    .option("--exit-with-stdin", "stop when standard input closes")
    .allowExcessArguments(false)
    .addHelpText("after", `\nFaults:\n${describeFaults(ETHHOOK_FAULTS)}`)
    .configureOutput(complaining("ethhook"))
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
  const { redis, database, fault = [], exitWithStdin = false, ...rest } = command.parse().opts();
  const faults = parseFaults(fault, ETHHOOK_FAULTS);
  return { ...rest, redisUrl: redis, databaseUrl: database, exitWithStdin, faults } as Flags;
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed is a whole number from ${least} to ${most}`);
  };
}

function url(...schemes: string[]): (text: string) => string {
  return (text) => {
    if (schemes.some((scheme) => text.startsWith(`${scheme}://`))) return text;
    throw new InvalidArgumentError(`allowed is a URL that starts with ${schemes[0]}://`);
  };
}

/** Faults are read one by one, so that the message is about the one that is wrong. */
function collectFault(setting: string, before: readonly string[] = []): readonly string[] {
  const all = [...before, setting];
  try {
    parseFaults(all, ETHHOOK_FAULTS);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return all;
}
